//! The memory of a ring: one contiguous, prefaulted, position-independent block.
//!
//! ```text
//!     0  capacity u64, readers u64, lossy u64    (128 bytes; lossy is 1 where there are lossy readers)
//!   128  cursor u64, bound u64, announced u64    (128 bytes, written by the producer)
//!   256  done u64, gate u64                      (128 bytes per gated reader, written by it)
//!   ...  slots, 64 bytes each
//! ```

use super::cursor::Cursor;

const _: () = assert!(usize::BITS == 64, "sizes of blocks and sequences are counted in 64 bits");

/// Two cache lines: x86 prefetches lines in pairs.
#[cfg(not(any(loom, shuttle)))]
const LINE: usize = 128;

/// The words of the producer.
#[derive(Debug)]
#[repr(C, align(128))]
pub(super) struct WriterLine {
    pub(super) cursor: Cursor,
    pub(super) bound: Cursor,
    /// One past the last sequence that may be being written; kept where there are lossy readers.
    pub(super) announced: Cursor,
}

/// The words of a reader.
#[derive(Debug)]
#[repr(C, align(128))]
pub(super) struct ReaderLine {
    pub(super) done: Cursor,
    pub(super) gate: Cursor,
}

#[cfg(not(any(loom, shuttle)))]
pub(super) use block::{Storage, View};
#[cfg(any(loom, shuttle))]
pub(super) use cells::{Storage, View};

#[cfg(not(any(loom, shuttle)))]
#[allow(unsafe_code, reason = "the block is raw memory that producer and readers share")]
mod block {
    use super::super::cursor::Words;
    use super::{LINE, ReaderLine, WriterLine};
    use crate::event::{SLOT_BYTES, Slot};
    use crate::sync::Arc;
    use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
    use std::ops::Deref;
    use std::ptr::NonNull;

    const PAGE: usize = 4096;

    const _: () = assert!(size_of::<WriterLine>() == LINE && size_of::<ReaderLine>() == LINE);

    /// The block and how it is divided.
    #[derive(Debug)]
    pub(in crate::ring) struct Storage {
        block: NonNull<u8>,
        layout: Layout,
        readers: usize,
        lossy: bool,
        view: View,
    }

    /// What is needed of the block for each event, at hand in whoever keeps it: no way to it leads through memory.
    #[derive(Clone, Debug)]
    pub(in crate::ring) struct View {
        writer: NonNull<WriterLine>,
        slots: NonNull<Slot>,
        mask: u64,
    }

    // SAFETY: the block is owned (R4); its words are atomics and its slots are shared by the rules
    // R1 to R3 and R5, which hold across threads.
    unsafe impl Send for Storage {}
    // SAFETY: as above.
    unsafe impl Sync for Storage {}
    // SAFETY: as above; whoever keeps it keeps the block.
    unsafe impl Send for View {}
    // SAFETY: as above.
    unsafe impl Sync for View {}

    impl Deref for Storage {
        type Target = View;

        #[inline]
        fn deref(&self) -> &View {
            &self.view
        }
    }

    impl Storage {
        pub(in crate::ring) fn new(capacity: usize, readers: usize, lossy: bool) -> Self {
            assert!(capacity.is_power_of_two());
            let head = LINE * (2 + readers);
            let bytes = head + capacity * SLOT_BYTES;
            let layout = Layout::from_size_align(bytes, PAGE).expect("a size below isize::MAX");
            // SAFETY: the size is not zero.
            let Some(block) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
                handle_alloc_error(layout)
            };
            for page in (0..bytes).step_by(PAGE) {
                // SAFETY: inside the block, which nobody else has seen yet. Touching each page now
                // keeps page faults from the hot path; volatile, or the compiler drops it.
                unsafe { block.add(page).write_volatile(0) };
            }
            // SAFETY: inside the block, aligned to 64, unshared.
            unsafe {
                block.cast::<u64>().write(capacity as u64);
                block.cast::<u64>().add(1).write(readers as u64);
                block.cast::<u64>().add(2).write(u64::from(lossy));
            }
            // SAFETY: inside the block; LINE is a multiple of a slot's alignment.
            let (writer, slots) = unsafe { (block.add(LINE).cast(), block.add(head).cast()) };
            let view = View { writer, slots, mask: capacity as u64 - 1 };
            Self { block, layout, readers, lossy, view }
        }

        /// To be kept by the caller.
        ///
        /// # Safety
        /// The caller keeps this storage for as long (R4).
        #[inline]
        pub(in crate::ring) unsafe fn view(this: &Arc<Self>) -> View {
            this.view.clone()
        }

        pub(in crate::ring) fn readers(&self) -> usize {
            self.readers
        }

        /// Whether there are lossy readers.
        #[inline]
        pub(in crate::ring) fn is_lossy(&self) -> bool {
            self.lossy
        }

        #[inline]
        pub(in crate::ring) fn reader(&self, index: usize) -> &ReaderLine {
            assert!(index < self.readers);
            // SAFETY: line 2 + index of the block, zeroed, which is a valid ReaderLine (R4).
            unsafe { self.block.add(LINE * (2 + index)).cast::<ReaderLine>().as_ref() }
        }
    }

    impl View {
        #[inline]
        pub(in crate::ring) fn capacity(&self) -> u64 {
            self.mask + 1
        }

        #[inline]
        pub(in crate::ring) fn writer(&self) -> &WriterLine {
            // SAFETY: the second line of the block, zeroed, which is a valid WriterLine (R4).
            unsafe { self.writer.as_ref() }
        }

        #[inline]
        fn slot(&self, sequence: u64) -> NonNull<Slot> {
            // SAFETY: masked, so inside the block (R4).
            unsafe { self.slots.add((sequence & self.mask) as usize) }
        }

        /// Slots from `sequence` on that lie side by side, at most `count`.
        #[inline]
        pub(in crate::ring) fn contiguous(&self, sequence: u64, count: usize) -> usize {
            count.min((self.capacity() - (sequence & self.mask)) as usize)
        }

        /// Lets `fill` write a slot, in place.
        ///
        /// # Safety
        /// The caller is the producer and the slot is free (R2).
        #[inline]
        pub(in crate::ring) unsafe fn write(&self, sequence: u64, fill: impl FnOnce(&mut Slot)) {
            // SAFETY: by the caller's promise nobody reads or writes this slot now.
            fill(unsafe { self.slot(sequence).as_mut() })
        }

        /// Copies an event in, word by word, while lossy readers may be copying what was there.
        ///
        /// # Safety
        /// The caller is the producer, the slot is free (R2), and there are lossy readers, so that
        /// nothing else ever writes it (R5).
        #[inline]
        pub(in crate::ring) unsafe fn store(&self, sequence: u64, event: &Slot) {
            // SAFETY: inside the block, of the size and alignment of a slot (R4); by the caller's
            // promise nobody reads or writes it but by atomic words (R5).
            unsafe { self.slot(sequence).cast::<Words>().as_ref() }.store(event);
        }

        /// Copies a slot out, word by word, whatever is being written there.
        ///
        /// # Safety
        /// There are lossy readers (R5).
        #[inline]
        pub(in crate::ring) unsafe fn load(&self, sequence: u64, event: &mut Slot) {
            // SAFETY: inside the block, of the size and alignment of a slot (R4); whoever writes it
            // does so by atomic words (R5).
            unsafe { self.slot(sequence).cast::<Words>().as_ref() }.load(event);
        }

        /// Reads a slot.
        ///
        /// # Safety
        /// The slot is published and held by a gate of the caller (R3), or the caller is the
        /// producer.
        #[inline]
        pub(in crate::ring) unsafe fn read(&self, sequence: u64) -> &Slot {
            // SAFETY: by the caller's promise nobody writes this slot while the borrow lives.
            unsafe { self.slot(sequence).as_ref() }
        }

        /// Asks for the line of a slot, which may be being written: a hint that reads nothing.
        #[inline]
        pub(in crate::ring) fn prefetch(&self, sequence: u64) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: inside the block (R4), and only a hint, which reads nothing as far as the language goes.
            unsafe {
                use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                _mm_prefetch::<_MM_HINT_T0>(self.slot(sequence).as_ptr().cast());
            }
            #[cfg(not(target_arch = "x86_64"))]
            let _ = sequence;
        }

        /// Asks for the lines of `COUNT` slots from `sequence` on that are soon to be written: a hint that changes
        /// nothing. They end where the ring ends.
        ///
        /// Stores leave a core in order, so without it each line waits for the one before it.
        #[inline]
        pub(in crate::ring) fn prefetch_to_write<const COUNT: usize>(&self, sequence: u64) {
            let run = self.contiguous(sequence, COUNT);
            let ask = |at: usize| {
                #[cfg(all(target_arch = "x86_64", not(miri)))]
                // SAFETY: inside the block (R4), as `at` is below `run`; and only a hint. In assembler, since the
                // compiler has it only for processors that are known to have it; others take it for nothing.
                unsafe {
                    let line = self.slot(sequence).add(at).as_ptr();
                    std::arch::asm!("prefetchw [{}]", in(reg) line, options(readonly, nostack, preserves_flags));
                }
                #[cfg(not(all(target_arch = "x86_64", not(miri))))]
                let _ = at;
            };
            // The usual way is apart, so that the compiler knows the number.
            if run == COUNT { (0..COUNT).for_each(ask) } else { (0..run).for_each(ask) }
        }

        /// Copies events to slots that lie side by side, past the caches: other cores are not asked for these lines,
        /// and find them in memory.
        ///
        /// # Safety
        /// The caller is the producer, the slots are free (R2), and as many as [`Self::contiguous`] says. It calls
        /// [`Self::end_streaming`] before it touches or publishes them.
        #[inline]
        pub(in crate::ring) unsafe fn stream(&self, sequence: u64, events: &[Slot]) {
            #[cfg(all(target_arch = "x86_64", not(miri)))]
            for (at, event) in events.iter().enumerate() {
                use std::arch::x86_64::{__m128i, _mm_load_si128, _mm_stream_si128};
                // SAFETY: by the caller's promise inside the block, and nobody reads or writes it now; both sides are
                // aligned to 64, and every x86-64 has these instructions.
                unsafe {
                    let from = std::ptr::from_ref(event).cast::<__m128i>();
                    let to = self.slot(sequence).add(at).as_ptr().cast::<__m128i>();
                    for part in 0..SLOT_BYTES / size_of::<__m128i>() {
                        _mm_stream_si128(to.add(part), _mm_load_si128(from.add(part)));
                    }
                }
            }
            #[cfg(not(all(target_arch = "x86_64", not(miri))))]
            for (event, sequence) in events.iter().zip(sequence..) {
                // SAFETY: by the caller's promise.
                unsafe { self.write(sequence, |slot| *slot = *event) }
            }
        }

        /// What was streamed is written before what is stored after this.
        #[inline]
        pub(in crate::ring) fn end_streaming(&self) {
            #[cfg(all(target_arch = "x86_64", not(miri)))]
            // SAFETY: every x86-64 has it.
            unsafe {
                std::arch::x86_64::_mm_sfence();
            }
        }

        /// `count` slots side by side, to read.
        ///
        /// # Safety
        /// As [`Self::read`] for all of them; `count` is at most what [`Self::contiguous`] says.
        #[inline]
        pub(in crate::ring) unsafe fn slice(&self, sequence: u64, count: usize) -> &[Slot] {
            // SAFETY: by the caller's promise they are inside the block and not written meanwhile.
            unsafe { NonNull::slice_from_raw_parts(self.slot(sequence), count).as_ref() }
        }

        /// `count` slots side by side, to write.
        ///
        /// # Safety
        /// As [`Self::write`] for all of them, and no other borrow of them is alive.
        #[allow(clippy::mut_from_ref, reason = "exclusive by R2, which the caller promises")]
        pub(in crate::ring) unsafe fn slice_mut(&self, sequence: u64, count: usize) -> &mut [Slot] {
            // SAFETY: by the caller's promise.
            unsafe { NonNull::slice_from_raw_parts(self.slot(sequence), count).as_mut() }
        }
    }

    impl Drop for Storage {
        fn drop(&mut self) {
            // SAFETY: allocated in `new` with this layout, and no handle is left (R4).
            unsafe { dealloc(self.block.as_ptr(), self.layout) }
        }
    }
}

#[cfg(any(loom, shuttle))]
#[allow(unsafe_code, reason = "loom's cells check at run time what R2 and R3 promise")]
mod cells {
    use super::super::cursor::{Cursor, Words};
    use super::{ReaderLine, WriterLine};
    use crate::event::Slot;
    use crate::sync::{Arc, UnsafeCell};
    use bytemuck::Zeroable;

    /// The same words and slots, as loom's cells. Where there are lossy readers each slot is there
    /// twice: as a cell, in which loom sees that the writer and the gated readers keep apart, and as
    /// the atomic words that lossy readers copy.
    #[derive(Debug)]
    pub(in crate::ring) struct Storage {
        writer: WriterLine,
        readers: Vec<ReaderLine>,
        slots: Vec<UnsafeCell<Slot>>,
        words: Vec<Words>,
    }

    /// No shorter way than the storage itself.
    pub(in crate::ring) type View = Arc<Storage>;

    // SAFETY: the slots are shared by the rules R1 to R3, which loom's cells check.
    unsafe impl Sync for Storage {}

    impl Storage {
        pub(in crate::ring) fn new(capacity: usize, readers: usize, lossy: bool) -> Self {
            let [cursor, bound, announced] = [(); 3].map(|()| Cursor::new());
            let reader = |_| ReaderLine { done: Cursor::new(), gate: Cursor::new() };
            let shared = if lossy { capacity } else { 0 };
            Self {
                writer: WriterLine { cursor, bound, announced },
                readers: (0..readers).map(reader).collect(),
                slots: (0..capacity).map(|_| UnsafeCell::new(Slot::zeroed())).collect(),
                words: (0..shared).map(|_| Words::new()).collect(),
            }
        }

        pub(in crate::ring) unsafe fn view(this: &Arc<Self>) -> View {
            this.clone()
        }

        pub(in crate::ring) fn capacity(&self) -> u64 {
            self.slots.len() as u64
        }

        pub(in crate::ring) fn readers(&self) -> usize {
            self.readers.len()
        }

        pub(in crate::ring) fn is_lossy(&self) -> bool {
            !self.words.is_empty()
        }

        pub(in crate::ring) fn writer(&self) -> &WriterLine {
            &self.writer
        }

        pub(in crate::ring) fn reader(&self, index: usize) -> &ReaderLine {
            &self.readers[index]
        }

        fn slot(&self, sequence: u64) -> &UnsafeCell<Slot> {
            &self.slots[sequence as usize % self.slots.len()]
        }

        pub(in crate::ring) fn contiguous(&self, sequence: u64, count: usize) -> usize {
            count.min(self.slots.len() - sequence as usize % self.slots.len())
        }

        pub(in crate::ring) unsafe fn write(&self, sequence: u64, fill: impl FnOnce(&mut Slot)) {
            // SAFETY: R2, checked by loom.
            self.slot(sequence).with_mut(|cell| fill(unsafe { &mut *cell }))
        }

        pub(in crate::ring) unsafe fn store(&self, sequence: u64, event: &Slot) {
            self.words[sequence as usize % self.slots.len()].store(event);
            // SAFETY: R2, checked by loom.
            unsafe { self.write(sequence, |slot| *slot = *event) }
        }

        pub(in crate::ring) unsafe fn load(&self, sequence: u64, event: &mut Slot) {
            self.words[sequence as usize % self.slots.len()].load(event);
        }

        pub(in crate::ring) unsafe fn read(&self, sequence: u64) -> &Slot {
            // SAFETY: R3; loom checks that nobody writes it at this moment.
            self.slot(sequence).with(|cell| unsafe { &*cell })
        }

        pub(in crate::ring) unsafe fn stream(&self, sequence: u64, events: &[Slot]) {
            for (event, sequence) in events.iter().zip(sequence..) {
                // SAFETY: R2, checked by loom.
                unsafe { self.write(sequence, |slot| *slot = *event) }
            }
        }

        pub(in crate::ring) fn end_streaming(&self) {}

        pub(in crate::ring) fn prefetch(&self, _sequence: u64) {}

        pub(in crate::ring) fn prefetch_to_write<const COUNT: usize>(&self, _sequence: u64) {}

        pub(in crate::ring) unsafe fn slice(&self, sequence: u64, count: usize) -> &[Slot] {
            assert!(count <= 1 || cfg!(shuttle), "loom's cells do not lie side by side: poll one");
            if count == 0 {
                return &[];
            }
            // SAFETY: the caller's promise; shuttle's cells lie side by side, as slots do.
            unsafe { std::slice::from_raw_parts(self.read(sequence), count) }
        }

        #[allow(clippy::mut_from_ref, reason = "exclusive by R2, which the caller promises")]
        pub(in crate::ring) unsafe fn slice_mut(&self, sequence: u64, count: usize) -> &mut [Slot] {
            assert!(count == 1 || cfg!(shuttle), "loom's cells do not lie side by side: claim one");
            // SAFETY: R2, checked by loom; shuttle's cells lie side by side, as slots do.
            self.slot(sequence)
                .with_mut(|cell| unsafe { std::slice::from_raw_parts_mut(cell, count) })
        }
    }
}
