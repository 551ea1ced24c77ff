//! Panics of user code, caught where the stage is called and turned into faults.

use super::{Fault, FaultKind};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls user code; a panic becomes a fault. What the code borrowed may be half done: its owner
/// takes back or throws away what it cannot trust.
#[inline]
pub(crate) fn guard<T>(f: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| Err(fault_of_panic(panic)))
}

/// A panic as a fault.
#[cold]
pub(crate) fn fault_of_panic(panic: Box<dyn Any + Send>) -> Fault {
    let fault =
        Fault::of_kind(FaultKind::Panic, format!("panicked: {}", message_of_panic(&*panic)));
    discard(panic);
    fault
}

/// What a panic says.
pub(crate) fn message_of_panic(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no message",
    }
}

/// Drops what is the user's, even where its `Drop` panics, and the panic's payload panics in turn.
pub(crate) fn discard<T>(value: T) {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(value)));
    if let Err(panic) = dropped
        && let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic)))
    {
        // It may go on like this for ever: what is left of it leaks.
        std::mem::forget(again);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    struct Bomb(u32);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                std::panic::panic_any(Bomb(self.0 - 1));
            }
        }
    }

    #[test]
    fn a_panic_whose_payload_panics_when_dropped_is_a_fault_like_any_other() {
        for depth in 0..4 {
            let fault = guard::<()>(|| std::panic::panic_any(Bomb(depth))).expect_err("it panics");
            assert_eq!(fault.kind(), FaultKind::Panic);
            assert_eq!(fault.to_string(), "panicked: no message");
        }
    }

    #[test]
    fn a_panic_says_what_it_said() {
        let says = |f: fn() -> u8| guard(|| Ok(f())).expect_err("it panics").to_string();
        assert_eq!(says(|| panic!("plain")), "panicked: plain");
        assert_eq!(says(|| panic!("{}", 3)), "panicked: 3");
        assert_eq!(says(|| std::panic::panic_any(3)), "panicked: no message");
    }
}
