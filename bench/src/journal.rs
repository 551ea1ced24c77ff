//! The journal beside the least that could be done, at the same work in the same run, in turns: records of 64 bytes, 256
//! per batch.
//!
//! | figure | work |
//! |---|---|
//! | durable | each batch appended and synced; the time of each goes into an HDR histogram |
//! | written | appended and handed to the system, never synced |
//! | read | all records read again and their checksums compared; twice, and the second time counts |
//!
//! *raw* is a loop of one `pwrite` (and `fdatasync`) per batch into a file zeroed before, and a loop of reads that sums each
//! batch. The journal is as it comes: segments of 64 MiB, the next one zeroed meanwhile. Rivals join as further [`Contestant`]s
//! (`bench/peers`). What is told are medians over rounds, and medians of the ratio to raw *in the same round*.

use hdrhistogram::Histogram;
use pitlane::event::Slot;
use pitlane_persistence::{Disk, From, JournalOptions, JournalReader, JournalWriter, SyncPolicy};
use std::error::Error;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// What goes wrong is the disk's, or a rival's.
pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// Records of a batch.
pub const BATCH: usize = 256;
const BYTES: usize = BATCH * 64;

/// Batches per round: synced, and not.
const DURABLE: usize = 200;
const WRITTEN: usize = 6_000;

/// Batches that one contestant has before the next one's turn.
const TURN: usize = 10;

/// A log under test.
pub trait Log {
    /// Appends a batch; with `sync` returns when it is on the disk, else when the system has it. False where it has no
    /// such way.
    ///
    /// # Errors
    /// The disk's or the log's.
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool>;

    /// Reads all there is, checked; gives how many records.
    ///
    /// # Errors
    /// The disk's or the log's.
    fn read(&mut self) -> Fallible<usize>;
}

/// Makes a log in a folder, for so many batches; `true`: each will be synced.
pub type Open = fn(&Path, usize, bool) -> Fallible<Box<dyn Log>>;

/// Who takes part.
pub struct Contestant {
    /// Its name in tables.
    pub name: &'static str,
    /// Makes a new one for each round.
    pub open: Open,
}

/// The raw loop, which comes first since the others are compared with it, and the journal.
#[must_use]
pub fn own() -> Vec<Contestant> {
    vec![
        Contestant { name: "raw", open: Raw::open },
        Contestant { name: "pitlane", open: Pitlane::open },
    ]
}

struct Raw {
    file: File,
    at: u64,
}

impl Raw {
    fn open(folder: &Path, batches: usize, _sync: bool) -> Fallible<Box<dyn Log>> {
        let mut options = OpenOptions::new();
        let file =
            options.create(true).truncate(true).read(true).write(true).open(folder.join("raw"))?;
        // In pieces as large as the journal's: the system keeps a file in pages by how it was written.
        let zeros = vec![0; 64 * 1024];
        for at in 0..(batches * BYTES).div_ceil(zeros.len()) {
            file.write_all_at(&zeros, (at * zeros.len()) as u64)?;
        }
        file.sync_all()?;
        Ok(Box::new(Self { file, at: 0 }))
    }
}

impl Log for Raw {
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool> {
        self.file.write_all_at(bytemuck::cast_slice(batch), self.at)?;
        self.at += BYTES as u64;
        if sync {
            self.file.sync_data()?;
        }
        Ok(true)
    }

    fn read(&mut self) -> Fallible<usize> {
        // Aligned as the journal's chunks are.
        let mut slots: Vec<Slot> = vec![bytemuck::Zeroable::zeroed(); 4096];
        let chunk: &mut [u8] = bytemuck::cast_slice_mut(&mut slots);
        let (mut at, mut sum) = (0, 0_u64);
        while at < self.at {
            let wanted = chunk.len().min((self.at - at) as usize);
            let read = self.file.read_at(&mut chunk[..wanted], at)?;
            sum += chunk[..read].chunks(BYTES).map(|b| u64::from(crc32fast::hash(b))).sum::<u64>();
            at += read as u64;
        }
        std::hint::black_box(sum);
        Ok(self.at as usize / 64)
    }
}

struct Pitlane {
    storage: Arc<Disk>,
    writer: JournalWriter,
}

impl Pitlane {
    fn open(folder: &Path, _batches: usize, sync: bool) -> Fallible<Box<dyn Log>> {
        let storage = Arc::new(Disk::new(folder.join("pitlane"))?);
        let sync = if sync { SyncPolicy::Batch } else { SyncPolicy::Os };
        let options = JournalOptions { sync, ..JournalOptions::default() };
        let (writer, _) = JournalWriter::open(storage.clone(), options)?;
        Ok(Box::new(Self { storage, writer }))
    }
}

impl Log for Pitlane {
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool> {
        self.writer.append(batch)?;
        if sync {
            self.writer.commit()?;
        }
        Ok(true)
    }

    fn read(&mut self) -> Fallible<usize> {
        let mut reader = JournalReader::open(self.storage.clone(), From::Oldest)?;
        let mut read = 0;
        while (read as u64) < self.writer.written() {
            read += reader.next()?.map_or(0, |batch| batch.events.len());
        }
        Ok(read)
    }
}

/// Records per second, by round; empty where a contestant cannot do that.
type Rates = Vec<f64>;

/// What one contestant did.
pub struct Measured {
    /// Its name.
    pub name: &'static str,
    /// Appended and synced.
    pub durable: Rates,
    /// Appended, not synced.
    pub written: Rates,
    /// Read and checked.
    pub read: Rates,
    /// From the append of a batch to its return from the sync, ns.
    pub to_durable: Histogram<u64>,
}

/// A median over rounds, and the ratio to raw: least, median, most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Records per second.
    pub rate: f64,
    /// Against raw in the same round.
    pub ratio: [f64; 3],
}

impl Figure {
    /// Of rates and those of raw in the same rounds; `None` where there are none.
    #[must_use]
    pub fn of(rates: &[f64], raw: &[f64]) -> Option<Self> {
        let mut sorted = rates.to_vec();
        let mut ratios: Vec<_> = rates.iter().zip(raw).map(|(rate, raw)| rate / raw).collect();
        sorted.sort_by(f64::total_cmp);
        ratios.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        let ratio = [*ratios.first()?, ratios[middle], ratios[rates.len() - 1]];
        Some(Self { rate: sorted[middle], ratio })
    }
}

/// Lets them take turns in folders of their own below `within`, which should be on the disk that is meant. `go_on` is given
/// the round before it begins; the rounds until it said no count.
///
/// # Errors
/// Of the disk, or a contestant's.
pub fn measure(
    contestants: &[Contestant],
    within: &Path,
    rounds: usize,
    mut go_on: impl FnMut(usize) -> bool,
) -> Fallible<Vec<Measured>> {
    let batch: Vec<Slot> = (0..BATCH as u64)
        .map(|n| Slot { words: [n, !n, n * 31, 7], ..bytemuck::Zeroable::zeroed() })
        .collect();
    let mut measured = Vec::new();
    for Contestant { name, .. } in contestants {
        let [durable, written, read] = [const { Rates::new() }; 3];
        let to_durable = Histogram::new(3)?;
        measured.push(Measured { name, durable, written, read, to_durable });
    }
    for _ in (1..=rounds).take_while(|round| go_on(*round)) {
        durable(contestants, within, &batch, &mut measured)?;
        written(contestants, within, &batch, &mut measured)?;
    }
    Ok(measured)
}

type Logs = Vec<Box<dyn Log>>;

fn open(contestants: &[Contestant], folder: &Path, batches: usize, sync: bool) -> Fallible<Logs> {
    contestants.iter().map(|contestant| (contestant.open)(folder, batches, sync)).collect()
}

fn durable(
    contestants: &[Contestant],
    within: &Path,
    batch: &[Slot],
    measured: &mut [Measured],
) -> Fallible<()> {
    let folder = tempfile::tempdir_in(within)?;
    let mut logs = open(contestants, folder.path(), DURABLE, true)?;
    let mut spent = vec![0.0; logs.len()];
    for _ in 0..DURABLE / TURN {
        for ((log, own), spent) in logs.iter_mut().zip(&mut *measured).zip(&mut spent) {
            for _ in 0..TURN {
                let begun = Instant::now();
                log.append(batch, true)?;
                let took = begun.elapsed();
                own.to_durable.record(took.as_nanos() as u64)?;
                *spent += took.as_secs_f64();
            }
        }
    }
    let rates = spent.iter().map(|spent| (DURABLE * BATCH) as f64 / spent);
    measured.iter_mut().zip(rates).for_each(|(own, rate)| own.durable.push(rate));
    Ok(())
}

/// Appends, then reads what was appended.
fn written(
    contestants: &[Contestant],
    within: &Path,
    batch: &[Slot],
    measured: &mut [Measured],
) -> Fallible<()> {
    let folder = tempfile::tempdir_in(within)?;
    let mut logs = open(contestants, folder.path(), WRITTEN, false)?;
    for (log, own) in logs.iter_mut().zip(&mut *measured) {
        let begun = Instant::now();
        let mut can = true;
        for _ in 0..WRITTEN {
            can = log.append(batch, false)?;
            if !can {
                break;
            }
        }
        let rate = (WRITTEN * BATCH) as f64 / begun.elapsed().as_secs_f64();
        if can {
            own.written.push(rate);
        } else {
            for at in 0..WRITTEN {
                log.append(batch, at % 64 == 63 || at + 1 == WRITTEN)?;
            }
        }
    }
    for (log, own) in logs.iter_mut().zip(measured) {
        log.read()?;
        let begun = Instant::now();
        let records = log.read()?;
        own.read.push(records as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The results as a page of Markdown.
pub struct Page<'r>(pub &'r [Measured]);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(raw) = self.0.first() else { return Ok(()) };
        let rounds = raw.durable.len();
        writeln!(
            f,
            "Millions of 64-byte records per second, {BATCH} per batch, medians of {rounds} rounds; in parentheses the \
             ratio to raw in the same round (least to most).\n"
        )?;
        writeln!(f, "| | durable | written | read |\n|---|---|---|---|")?;
        for own in self.0 {
            let cells = [
                (&own.durable, &raw.durable),
                (&own.written, &raw.written),
                (&own.read, &raw.read),
            ];
            let [durable, written, read] = cells.map(|(own, raw)| cell(Figure::of(own, raw)));
            writeln!(f, "| {} | {durable} | {written} | {read} |", own.name)?;
        }
        writeln!(f, "\nAppend to durable, us.\n")?;
        writeln!(f, "| | p50 | p90 | p99 | p99.9 | max |\n|---|---|---|---|---|---|")?;
        for own in self.0 {
            let at = |quantile| own.to_durable.value_at_quantile(quantile) as f64 / 1e3;
            let [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map(at);
            let max = own.to_durable.max() as f64 / 1e3;
            writeln!(
                f,
                "| {} | {p50:.1} | {p90:.1} | {p99:.1} | {p999:.1} | {max:.1} |",
                own.name
            )?;
        }
        Ok(())
    }
}

fn cell(figure: Option<Figure>) -> String {
    figure.map_or("-".into(), |Figure { rate, ratio: [least, median, most] }| {
        format!("{:.2} ({median:.2}; {least:.2} to {most:.2})", rate / 1e6)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round() {
        // The disk is ten times slower in the second round.
        let figure = Figure::of(&[50.0, 6.0, 70.0], &[100.0, 10.0, 100.0]);
        assert_eq!(figure, Some(Figure { rate: 50.0, ratio: [0.5, 0.6, 0.7] }));
        assert_eq!(Figure::of(&[], &[1.0]), None);
    }

    #[test]
    fn each_contestant_writes_and_reads_the_same_records() {
        let folder = tempfile::tempdir().expect("a folder");
        let batch = vec![bytemuck::Zeroable::zeroed(); BATCH];
        for sync in [true, false] {
            let folder = tempfile::tempdir_in(&folder).expect("a folder");
            for mut log in open(&own(), folder.path(), 5, sync).expect("logs") {
                for _ in 0..5 {
                    assert!(log.append(&batch, sync).expect("an append"));
                }
                assert_eq!(log.read().expect("a read"), 5 * BATCH);
            }
        }
    }
}
