//! All counters of a topology, in one block.
//!
//! ```text
//!  line 0             header: magic, version, lines of lanes, stages, links, rings
//!  line 1 ...         a line per lane      LaneWord
//!                     a line per stage     StageWord, in topological order
//!                     a line per link      LinkWord, the links of the first stage first
//!                     a line per ring      RingWord, ingresses first
//! ```
//!
//! A line is 128 bytes, 16 words of 64 bits, and is written by one thread; any may read. The words
//! of a line are listed in `words.rs` and, for users, in docs/counters.md. The block is contiguous
//! and position independent, so that another process may read it one day.

use super::{Counter, LaneWord, LinkWord, RingWord, StageWord, Word};
use std::marker::PhantomData;
use std::sync::Arc;

/// Words of a line.
const WORDS: usize = 16;

/// `PLCOUNT1` in ASCII, least byte first.
const MAGIC: u64 = u64::from_le_bytes(*b"PLCOUNT1");
const VERSION: u64 = 1;

/// Two cache lines: x86 prefetches lines in pairs.
#[derive(Debug, Default)]
#[repr(C, align(128))]
struct Line([Counter; WORDS]);

const _: () = assert!(cfg!(any(loom, shuttle)) || size_of::<Line>() == 128);

/// How many lines of each kind a block has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) lanes: usize,
    pub(crate) stages: usize,
    pub(crate) links: usize,
    pub(crate) rings: usize,
}

/// All counters of a topology. Clones are handles to the same block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    lines: Arc<[Line]>,
    shape: Shape,
}

impl Default for Block {
    fn default() -> Self {
        Self::new(Shape::default())
    }
}

impl Block {
    pub(crate) fn new(shape: Shape) -> Self {
        let Shape { lanes, stages, links, rings } = shape;
        let lines = 1 + lanes + stages + links + rings;
        let lines: Arc<[Line]> = (0..lines).map(|_| Line::default()).collect();
        let header = [MAGIC, VERSION, lanes as u64, stages as u64, links as u64, rings as u64];
        for (word, value) in lines[0].0.iter().zip(header) {
            word.set(value);
        }
        Self { lines, shape }
    }

    pub(crate) fn lane(&self, lane: usize) -> Words<LaneWord> {
        assert!(lane < self.shape.lanes);
        self.words(1 + lane)
    }

    pub(crate) fn stage(&self, stage: usize) -> Words<StageWord> {
        assert!(stage < self.shape.stages);
        self.words(1 + self.shape.lanes + stage)
    }

    pub(crate) fn link(&self, link: usize) -> Words<LinkWord> {
        assert!(link < self.shape.links);
        self.words(1 + self.shape.lanes + self.shape.stages + link)
    }

    pub(crate) fn ring(&self, ring: usize) -> Words<RingWord> {
        assert!(ring < self.shape.rings);
        self.words(1 + self.shape.lanes + self.shape.stages + self.shape.links + ring)
    }

    fn words<W: Word>(&self, line: usize) -> Words<W> {
        const { assert!(W::TABLE.len() <= WORDS, "a line has room for them") }
        Words { lines: self.lines.clone(), line, kind: PhantomData }
    }
}

/// The words of one line of a block.
#[derive(Clone, Debug)]
pub(crate) struct Words<W> {
    lines: Arc<[Line]>,
    line: usize,
    kind: PhantomData<W>,
}

impl<W: Word> Words<W> {
    #[inline]
    pub(crate) fn of(&self, word: W) -> &Counter {
        &self.lines[self.line].0[word.index()]
    }

    /// Reads a word.
    #[inline]
    pub(crate) fn get(&self, word: W) -> u64 {
        self.of(word).get()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_words_of_its_own_behind_a_header() {
        let block = Block::new(Shape { lanes: 2, stages: 3, links: 4, rings: 5 });
        let header: Vec<_> = block.lines[0].0[..6].iter().map(Counter::get).collect();
        assert_eq!(header, [MAGIC, VERSION, 2, 3, 4, 5]);
        block.lane(1).of(LaneWord::Cycles).set(1);
        block.stage(0).of(StageWord::EventsIn).set(2);
        block.link(3).of(LinkWord::Done).set(3);
        block.ring(4).of(RingWord::Published).set(4);
        let first: Vec<_> = block.lines.iter().map(|line| line.0[0].get()).collect();
        assert_eq!(first[1..], [0, 1, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4]);
    }

    #[test]
    fn the_guide_lists_every_word_as_the_code_has_it() {
        let guide = include_str!("../../../docs/counters.md");
        let kinds: [(&str, &[_]); 4] = [
            ("lane", LaneWord::TABLE),
            ("stage", StageWord::TABLE),
            ("link", LinkWord::TABLE),
            ("ring", RingWord::TABLE),
        ];
        for (kind, table) in kinds {
            for (index, (name, meaning)) in table.iter().enumerate() {
                let row = format!("| {kind} | {index} | `{name}` | {meaning} |");
                assert!(guide.contains(&row), "docs/counters.md lacks the row\n{row}");
            }
        }
    }
}
