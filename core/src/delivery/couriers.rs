//! What a topology with reliable routes needs from outside.

use super::{Deliveries, Terms};
use crate::durable::{LogError, LogReader};

/// What a topology with reliable routes needs from outside: readers of its journal, and what decides
/// over deliveries.
pub struct Couriers {
    pub(crate) read: Box<Read>,
    pub(crate) decide: Box<Decide>,
}

/// Opens a reader of the journal.
type Read = dyn Fn(u64) -> Result<Box<dyn LogReader>, LogError> + Send;

/// Makes the deliveries of a route.
type Decide = dyn Fn(&Terms, usize) -> Box<dyn Deliveries> + Send;

impl std::fmt::Debug for Couriers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Couriers").finish_non_exhaustive()
    }
}

impl Couriers {
    /// `read` opens a reader that begins at a position or before it; where retention has removed that, at
    /// the oldest event there is. `decide` makes the deliveries of a route of so many steps, on its terms.
    pub fn new(
        read: impl Fn(u64) -> Result<Box<dyn LogReader>, LogError> + Send + 'static,
        decide: impl Fn(&Terms, usize) -> Box<dyn Deliveries> + Send + 'static,
    ) -> Self {
        Self { read: Box::new(read), decide: Box::new(decide) }
    }
}
