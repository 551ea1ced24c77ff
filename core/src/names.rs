//! Names of sources and components, interned to small numbers when a topology is built.

use std::collections::HashMap;
use std::sync::Arc;

/// Names interned to numbers from 1 up, in the order in which they came. 0 means no name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, u16>,
}

impl Names {
    /// The number of a name, given now where it had none. `None` when all 65,535 are taken.
    pub fn intern(&mut self, name: &str) -> Option<u16> {
        if let Some(&id) = self.ids.get(name) {
            return Some(id);
        }
        let id = u16::try_from(self.names.len() + 1).ok()?;
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.ids.insert(name, id);
        Some(id)
    }

    /// The number of a name that has one.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<u16> {
        self.ids.get(name).copied()
    }

    /// The name of a number; `None` for 0 and for numbers never given.
    #[must_use]
    pub fn name(&self, id: u16) -> Option<&str> {
        self.names.get(usize::from(id).checked_sub(1)?).map(|name| &**name)
    }

    /// All names, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}
