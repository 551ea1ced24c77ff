//! Asking for memory before it is needed.

/// Asks for the lines of a value that is soon to be used: a hint that reads nothing. It is in this
/// folder because `unsafe` is.
#[inline]
#[allow(unsafe_code, reason = "the processor's hint is an unsafe function")]
pub(crate) fn prefetch<T: ?Sized>(value: &T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    for line in (0..size_of_val(value)).step_by(64) {
        let start = std::ptr::from_ref(value).cast::<i8>();
        // SAFETY: a hint, for which any address would do; this one is within the value.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line));
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = value;
}
