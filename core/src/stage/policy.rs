//! What happens when a stage fails.
//!
//! ```text
//!  fault, panic --> attempts left? --yes--> the event waits, and is handled again     (Retry)
//!                        | no
//!                        +-- Halt ------> the topology stops; the event is left, and named
//!                        +-- Skip ------> the event is a dead letter; the stage goes on after it
//!                        `-- Restart ---> the same, with a fresh stage; too often: Halt
//! ```

use super::{Builder, Component, Fault, guard};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens with a stage that fails on an event.
///
/// Whatever it is: events before the failing one were handled, what the failing one had emitted is
/// taken back, and later steps of a pipeline never see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// The topology stops, and its report names the stage and the event.
    #[default]
    Halt,
    /// The event becomes a dead letter and the stage goes on after it, in the state in which it failed.
    /// After a panic that may be a state that its author never thought of.
    Skip,
    /// The event becomes a dead letter and a fresh stage goes on after it.
    Restart {
        /// Most restarts of the stage in a run; the next failure stops the topology.
        limit: u32,
    },
}

impl OnError {
    /// Restarts where nobody says how many.
    pub const DEFAULT_RESTARTS: u32 = 3;

    /// The word in configs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OnError::Halt => "halt",
            OnError::Skip => "skip",
            OnError::Restart { .. } => "restart",
        }
    }

    /// Whether the topology goes on without the failed event.
    pub(crate) fn leaves_events_out(self) -> bool {
        self != OnError::Halt
    }
}

/// How often and when a failed event is handled again, before [`OnError`] decides. On the standard
/// tier only: what comes after the event waits with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often an event is tried, the first time counted: 1 to [`Retry::MOST_ATTEMPTS`].
    pub attempts: u32,
    /// Time between the first and the second attempt; it doubles with each further one.
    pub delay: Duration,
}

impl Retry {
    /// Most attempts: each is kept in the event's history.
    pub const MOST_ATTEMPTS: u32 = 1000;

    /// Time to wait after so many attempts, ns.
    pub(crate) fn delay_after(self, attempts: usize) -> u64 {
        let first = u64::try_from(self.delay.as_nanos()).unwrap_or(u64::MAX);
        let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        first.saturating_mul(2_u64.saturating_pow(doublings))
    }
}

/// Makes a component again, of which the stage is taken.
#[derive(Clone)]
pub(crate) struct Rebuild(Arc<Mutex<dyn Fn() -> Result<Component, Fault> + Send>>);

impl Rebuild {
    pub(crate) fn make(&self) -> Result<Component, Fault> {
        // What a factory left half done when it panicked is not looked at here.
        (self.0.lock().unwrap_or_else(PoisonError::into_inner))()
    }
}

/// What a component says about failures.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) on_error: OnError,
    pub(crate) retry: Option<Retry>,
    pub(crate) rebuild: Option<Rebuild>,
    /// Why a fresh stage would do harm.
    pub(crate) never_restarted: Option<&'static str>,
}

/// A component that can be made again, as [`OnError::Restart`] needs it; `make` is called once now.
///
/// ```
/// use pitlane::event::MarketData;
/// use pitlane::stage::{OnError, Outbox, each, restartable};
///
/// let counter = restartable(|| {
///     let mut seen = 0_u64;
///     each(move |_: &MarketData, _: &mut Outbox| {
///         seen += 1;
///         Ok(())
///     })
/// })
/// .on_error(OnError::Restart { limit: 3 });
/// ```
pub fn restartable<C: Into<Component>>(make: impl Fn() -> C + Send + 'static) -> Component {
    let component: Component = make().into();
    component.rebuilt_by(move || Ok(make().into()))
}

impl Component {
    /// What happens when it fails; the topology stops by default.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.policy.on_error = on_error;
        self
    }

    /// How often a failed event is tried again; by default it is not.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.policy.retry = Some(retry);
        self
    }

    /// A fresh stage in its place would do harm, for a reason that begins in lower case: one that gives
    /// numbers would give them twice, one that writes a file would begin it anew.
    #[must_use]
    pub fn never_restarted(mut self, why: &'static str) -> Self {
        self.policy.never_restarted = Some(why);
        self
    }

    /// Another of the same kind, with the same policy.
    pub(crate) fn copy(&self) -> Result<Component, Fault> {
        let Some(rebuild) = &self.policy.rebuild else {
            return Err(Fault::new("there is no way to make it again"));
        };
        let fresh = guard(|| rebuild.make())?;
        if fresh.inputs != self.inputs || !fresh.outputs().eq(self.outputs()) {
            return Err(Fault::new("what is made in its place takes or emits other events"));
        }
        let Policy { on_error, retry, never_restarted, .. } = self.policy;
        let rebuild = Some(rebuild.clone());
        let policy = Policy { on_error, retry, rebuild, never_restarted };
        let (consumer, may_stop) = (self.consumer.clone(), self.may_stop);
        Ok(Component { policy, consumer, may_stop, ..fresh })
    }

    /// How it is made again, for [`OnError::Restart`]; see also [`restartable`].
    #[must_use]
    pub fn rebuilt_by(
        mut self,
        rebuild: impl Fn() -> Result<Component, Fault> + Send + 'static,
    ) -> Self {
        self.policy.rebuild = Some(Rebuild(Arc::new(Mutex::new(rebuild))));
        self
    }
}

impl<S> Builder<S> {
    /// See [`Component::never_restarted`].
    pub fn never_restarted(mut self, why: &'static str) -> Self {
        self.policy.never_restarted = Some(why);
        self
    }

    /// What happens when it fails; the topology stops by default.
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.policy.on_error = on_error;
        self
    }

    /// How often a failed event is tried again; by default it is not.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.policy.retry = Some(retry);
        self
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_never_overflow() {
        let retry = Retry { attempts: 3, delay: Duration::from_millis(10) };
        let after = |attempts| retry.delay_after(attempts) / 1_000_000;
        assert_eq!([after(1), after(2), after(3)], [10, 20, 40]);
        assert_eq!(retry.delay_after(1000), u64::MAX);
        assert_eq!(Retry { delay: Duration::ZERO, ..retry }.delay_after(1000), 0);
    }
}
