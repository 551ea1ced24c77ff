//! Which cores threads may run on, and pinning them, with a report of what was really done.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::marker::PhantomData;

/// The cores the calling thread may run on, as the system says now; empty where it does not say.
#[must_use]
pub fn allowed_cores() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(None) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect()
}

/// Why a thread was not pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// The process may not use that core, or there is none such.
    #[error("core {core} is not among the cores this process may use ({allowed})")]
    NotAllowed {
        /// The core asked for.
        core: usize,
        /// The cores allowed, as ranges.
        allowed: String,
    },
    /// The system refused, or did not do what it said.
    #[error("the system did not pin the thread to core {0}")]
    Refused(usize),
}

/// Pins the calling thread to a core and checks with the system that it is.
///
/// # Errors
/// Where the core is not allowed, or the system does not do it.
pub fn pin_to(core: usize) -> Result<(), PinError> {
    let allowed = allowed_cores();
    if !allowed.contains(&core) {
        return Err(PinError::NotAllowed { core, allowed: ranges(&allowed) });
    }
    let pinned = core_affinity::set_for_current(core_affinity::CoreId { id: core });
    if !pinned || allowed_cores() != [core] {
        return Err(PinError::Refused(core));
    }
    Ok(())
}

/// Keeps the calling thread off cores as long as it lives; then the thread may run where it could before.
#[derive(Debug)]
#[must_use = "dropping it lets the thread back at once"]
pub(crate) struct KeptOff {
    before: Option<CpuSet>,
    /// Affinity is a thread's own: it must end on the thread on which it began.
    thread: PhantomData<*const ()>,
}

/// Keeps the calling thread off `cores`. Nothing is done where no others are left to it, or the system
/// refuses.
pub(crate) fn keep_off(cores: &[usize]) -> KeptOff {
    KeptOff { before: set_without(cores), thread: PhantomData }
}

/// Gives what the thread was allowed before.
fn set_without(cores: &[usize]) -> Option<CpuSet> {
    let before = sched_getaffinity(None).ok()?;
    let mut others = before;
    cores.iter().filter(|&&core| core < CpuSet::MAX_CPU).for_each(|&core| others.unset(core));
    if others.count() == 0 || others == before {
        return None;
    }
    sched_setaffinity(None, &others).ok()?;
    Some(before)
}

impl Drop for KeptOff {
    fn drop(&mut self) {
        if let Some(before) = &self.before
            && let Err(error) = sched_setaffinity(None, before)
        {
            tracing::warn!(%error, "the thread's cores were not restored");
        }
    }
}

/// Cores as ranges: `0-3,7`; `none` where there are none.
#[must_use]
pub fn ranges(cores: &[usize]) -> String {
    let mut text = String::new();
    let mut rest = cores;
    while let Some(&first) = rest.first() {
        let run = rest.iter().zip(first..).take_while(|&(&core, want)| core == want).count();
        let comma = if text.is_empty() { "" } else { "," };
        text += &match run {
            1 => format!("{comma}{first}"),
            _ => format!("{comma}{first}-{}", rest[run - 1]),
        };
        rest = &rest[run..];
    }
    if text.is_empty() { "none".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_read_as_ranges() {
        assert_eq!(ranges(&[]), "none");
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
    }

    #[test]
    fn a_core_that_is_not_there_is_refused_with_those_that_are() {
        for core in [900, 1024, usize::MAX] {
            let Err(PinError::NotAllowed { allowed, .. }) = pin_to(core) else {
                panic!("core {core} was accepted");
            };
            assert_ne!(allowed, "none");
        }
    }

    #[test]
    fn a_thread_is_kept_off_cores_for_a_while_unless_it_has_no_others() {
        std::thread::spawn(|| {
            let before = allowed_cores();
            let (last, others) = before.split_last().expect("this test runs somewhere");
            let kept = keep_off(&[*last, usize::MAX]);
            let left = if others.is_empty() { &before } else { others };
            assert_eq!(allowed_cores(), left);
            drop(kept);
            assert_eq!(allowed_cores(), before);
            let _kept = keep_off(&before);
            assert_eq!(allowed_cores(), before, "a thread must run somewhere");
        })
        .join()
        .expect("no panic");
    }

    #[test]
    fn a_pinned_thread_is_allowed_on_that_core_only() {
        let last = *allowed_cores().last().expect("this test runs somewhere");
        std::thread::spawn(move || {
            pin_to(last).expect("it is allowed");
            assert_eq!(allowed_cores(), [last]);
            pin_to(last).expect("pinning again is no mistake");
        })
        .join()
        .expect("no panic");
    }
}
