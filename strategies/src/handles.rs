//! What can be read of components that a config built.

use crate::Counts;
use crate::sinks::Tap;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts and taps of the components that a registry built, by component name. Clones are handles
/// to the same table.
///
/// ```
/// use pitlane::registry::Registry;
/// use pitlane_strategies::{Handles, register_with};
///
/// let handles = Handles::default();
/// let mut registry = Registry::new();
/// register_with(&mut registry, &handles);
/// // ... build a topology from a config, run it, then:
/// let denied_for_rate = handles.counts("gate").map(|gate| gate.of("max_orders_per_second"));
/// assert_eq!(denied_for_rate, None, "nothing named `gate` was built here");
/// ```
///
/// A component built later under the same name takes the earlier one's place: use one table per
/// topology.
#[derive(Clone, Debug, Default)]
pub struct Handles(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    counts: BTreeMap<String, Counts>,
    taps: BTreeMap<String, Tap>,
}

impl Handles {
    /// Counts of a component, where it has any.
    #[must_use]
    pub fn counts(&self, component: &str) -> Option<Counts> {
        self.table(|table| table.counts.get(component).cloned())
    }

    /// All components with counts, by name.
    #[must_use]
    pub fn all_counts(&self) -> Vec<(String, Counts)> {
        self.table(|table| table.counts.iter().map(|(n, c)| (n.clone(), c.clone())).collect())
    }

    /// A component of type `tap`.
    #[must_use]
    pub fn tap(&self, component: &str) -> Option<Tap> {
        self.table(|table| table.taps.get(component).cloned())
    }

    pub(crate) fn add_counts(&self, component: &str, counts: Counts) {
        self.table(|table| table.counts.insert(component.into(), counts));
    }

    pub(crate) fn add_tap(&self, component: &str, tap: Tap) {
        self.table(|table| table.taps.insert(component.into(), tap));
    }

    fn table<T>(&self, f: impl FnOnce(&mut Table) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
