//! Where the fields and rows of a text end.
//!
//! ```text
//!  text    1000,1815200,283\n2000,"a",7\n30
//!  marks       ^       ^   ^    ^ ^ ^^ ^        delimiters, quotes, returns, ends of lines
//!  rows                    1           2 odd    one past the last mark of each; odd: it has a quote
//! ```
//!
//! The text is looked at 64 bytes at a time, one bit each, so that nothing branches on how long a field
//! is; whoever reads a row knows its fields without looking for them, and those that are not read
//! cost nothing. The idea is that of the first stage of simdjson (Langdale and Lemire, "Parsing
//! gigabytes of JSON per second", 2019).

use wide::u8x16;

/// Bytes looked at in one step.
const BLOCK: usize = 64;

/// Marks that are held; a row with more is left to others.
const MOST: usize = 2048;

/// In the place of a row's end: the row has a quote in it, or a return elsewhere than at its end.
const ODD: u32 = 1 << 31;

/// Marks of a part of a text: those of whole rows, and of the beginning of one more.
#[derive(Debug)]
pub(crate) struct Marks {
    /// Places in the text; before the first row's marks stands one before its begin.
    places: Box<[u32]>,
    count: usize,
    /// One past the last mark of each row.
    rows: Box<[u32]>,
    row_count: usize,
    /// The next row to hand out.
    next: usize,
    /// Its first mark.
    first: usize,
    /// Up to where the text was looked at.
    scanned: usize,
    /// [`ODD`], where the row that is not whole yet is odd.
    odd: u32,
}

/// Rows that may be read by their marks.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// One past the last mark of each; see [`Rows::next`].
    ends: &'a [u32],
    /// Begins one before the first mark of the first.
    places: &'a [u32],
    /// What of the places comes before that.
    passed: usize,
}

impl<'a> Rows<'a> {
    /// How many there are.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// One before the next row's begin (wrapping where that is 0), then the end of each of its fields;
    /// with `\r\n` that of the last one is followed by one more, the end of the line. And whether the
    /// row is odd: then its marks may be something else than ends of fields.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<(&'a [u32], bool)> {
        let (end, ends) = self.ends.split_first()?;
        let count = (end & !ODD) as usize - self.passed;
        let marks = self.places.get(..count)?;
        self.ends = ends;
        self.places = self.places.get(count - 1..)?;
        self.passed += count - 1;
        Some((marks, end & ODD != 0))
    }
}

impl Marks {
    pub(crate) fn new() -> Self {
        let mut marks = Self {
            places: vec![0; MOST + BLOCK].into(),
            count: 0,
            rows: vec![0; MOST].into(),
            row_count: 0,
            next: 0,
            first: 1,
            scanned: 0,
            odd: 0,
        };
        marks.begin(0);
        marks
    }

    /// Forgets all marks: the next row begins at a place of another text, or is a later one.
    pub(crate) fn begin(&mut self, start: usize) {
        self.places[0] = (start as u32).wrapping_sub(1);
        (self.count, self.row_count, self.next, self.first) = (1, 0, 0, 1);
        (self.scanned, self.odd) = (start, 0);
    }

    /// The whole rows that are marked.
    #[inline]
    pub(crate) fn rows(&self) -> Rows<'_> {
        let passed = self.first - 1;
        let ends = self.rows.get(self.next..self.row_count).unwrap_or_default();
        Rows { ends, places: &self.places[passed..self.count], passed }
    }

    /// So many rows were taken.
    pub(crate) fn take_rows(&mut self, count: usize) {
        if count > 0 {
            self.next += count;
            self.first = (self.rows[self.next - 1] & !ODD) as usize;
        }
    }

    /// Whether a row is marked.
    pub(crate) fn has_row(&self) -> bool {
        self.next < self.row_count
    }

    /// Marks more rows of the text; `false` where there is none that is whole, or it has too many
    /// marks.
    #[cold]
    pub(crate) fn scan(&mut self, text: &[u8], delimiter: u8) -> bool {
        // The marks of the row that is not whole move to the front, and the end of the row before.
        self.places.copy_within(self.first - 1..self.count, 0);
        self.count -= self.first - 1;
        (self.row_count, self.next, self.first) = (0, 0, 1);
        while self.row_count < MOST - BLOCK && self.count < MOST - BLOCK {
            let rest = text.get(self.scanned..).unwrap_or_default();
            if let Some(block) = rest.first_chunk() {
                let found = find(block, delimiter);
                self.add(found);
                self.scanned += BLOCK;
            } else if rest.is_empty() {
                break;
            } else {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                let there = !(!0 << rest.len());
                let found = find(&block, delimiter);
                self.add(Found { all: found.all & there, ..found });
                self.scanned += rest.len();
            }
        }
        self.row_count > 0
    }

    /// Notes what was found in the block that begins where it was scanned up to.
    #[inline(always)]
    fn add(&mut self, found: Found) {
        let base = self.scanned as u32;
        let (mut bits, mut at) = (found.all, self.count);
        let count = self.count as u32;
        // Eight at a time, more than there are: how many there are is hard to foretell.
        while bits != 0 {
            let Some(places) = self.places[at..].first_chunk_mut::<8>() else { break };
            for place in places {
                *place = base.wrapping_add(bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
            at += 8;
        }
        self.count += found.all.count_ones() as usize;
        let (mut ends, mut before) = (found.ends & found.all, 0);
        while ends != 0 {
            let upto = ends ^ ends.wrapping_sub(1);
            if found.odd & upto & !before != 0 {
                self.odd = ODD;
            }
            self.rows[self.row_count] = (count + (found.all & upto).count_ones()) | self.odd;
            self.row_count += 1;
            (self.odd, before) = (0, upto);
            ends &= ends.wrapping_sub(1);
        }
        if found.odd & found.all & !before != 0 {
            self.odd = ODD;
        }
    }
}

/// What 64 bytes hold; the lowest bit stands for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    /// Delimiters, quotes, returns and ends of lines.
    all: u64,
    /// Ends of lines.
    ends: u64,
    /// Quotes, and returns that end no line; one at the end of the block is taken for such.
    odd: u64,
}

#[inline(always)]
fn find(block: &[u8; BLOCK], delimiter: u8) -> Found {
    let (parts, _) = block.as_chunks::<16>();
    let mut found = Found { all: 0, ends: 0, odd: 0 };
    let mut rare = u8x16::ZERO;
    for (at, part) in parts.iter().enumerate() {
        let part = u8x16::new(*part);
        let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
        let ends = is(b'\n');
        found.all |= u64::from((is(delimiter) | ends).to_bitmask()) << (16 * at);
        found.ends |= u64::from(ends.to_bitmask()) << (16 * at);
        rare |= is(b'"') | is(b'\r');
    }
    if rare.to_bitmask() != 0 {
        let bits = |byte: u8| {
            let bit = |at: usize| u64::from(block[at] == byte) << at;
            (0..BLOCK).fold(0, |bits, at| bits | bit(at))
        };
        let (quotes, returns) = (bits(b'"'), bits(b'\r'));
        found.all |= quotes | returns;
        found.odd = quotes | (returns & !(found.ends >> 1));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows as (begin, ends of fields, odd), by looking at each byte.
    fn plainly(text: &[u8]) -> Vec<(usize, Vec<usize>, bool)> {
        let (mut rows, mut begin, mut ends, mut odd) = (Vec::new(), 0, Vec::new(), false);
        for (at, byte) in text.iter().enumerate() {
            let ends_line = text.get(at + 1) == Some(&b'\n') && at % BLOCK != BLOCK - 1;
            odd |= *byte == b'"' || (*byte == b'\r' && !ends_line);
            if matches!(byte, b',' | b'"' | b'\r' | b'\n') {
                ends.push(at);
            }
            if *byte == b'\n' {
                rows.push((begin, std::mem::take(&mut ends), std::mem::take(&mut odd)));
                begin = at + 1;
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn every_row_is_marked_as_it_is(
            text in prop::collection::vec(
                prop_oneof![4 => Just(b','), 1 => Just(b'\n'), 1 => Just(b'"'), 1 => Just(b'\r'), 20 => any::<u8>()],
                0..600,
            ),
            at_once in 1_usize..10,
        ) {
            let mut marks = Marks::new();
            let mut rows = Vec::new();
            while marks.has_row() || marks.scan(&text, b',') {
                let mut some = marks.rows();
                let taken = some.count().min(at_once);
                for _ in 0..taken {
                    let (row, is_odd) = some.next().unwrap();
                    let begin = row[0].wrapping_add(1) as usize;
                    let ends = row[1..].iter().map(|place| *place as usize).collect();
                    rows.push((begin, ends, is_odd));
                }
                marks.take_rows(taken);
            }
            prop_assert_eq!(rows, plainly(&text));
        }
    }

    #[test]
    fn many_rows_are_marked_in_several_goes_and_too_long_ones_not_at_all() {
        let text = b"1,2\n".repeat(5000);
        let (mut marks, mut rows, mut scans) = (Marks::new(), 0, 0);
        while marks.has_row() || marks.scan(&text, b',') {
            scans += u32::from(marks.next == 0);
            rows += 1;
            marks.take_rows(1);
        }
        assert_eq!(rows, 5000);
        assert!(scans > 2, "{scans}");
        let mut marks = Marks::new();
        assert!(!marks.scan(&[b",".repeat(MOST), b"\n".to_vec()].concat(), b','));
    }
}
