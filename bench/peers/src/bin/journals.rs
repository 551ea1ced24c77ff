//! `journals [--folder DIR] [--rounds N]`: the journal, its rivals and the least that could be done, at the same work in
//! the same run, in turns: records of 64 bytes, 256 per batch. In Markdown; `scripts/bench-journals` calls it.
//!
//! | column | work |
//! |---|---|
//! | durable | each batch appended and synced; the time of each goes into an HDR histogram |
//! | not synced | appended and handed to the system |
//! | read | all records read again and their checksums compared |
//!
//! `raw` is a loop of one `pwrite` (and `fdatasync`) per batch into a file zeroed before, and a loop of reads that sums
//! each batch. Medians over the rounds, of records per second, and of the ratio to `raw` of the same round.

use hdrhistogram::Histogram;
use pitlane::event::Slot;
use pitlane_persistence::{Disk, From, JournalOptions, JournalReader, JournalWriter, SyncPolicy};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

type Fallible<T> = Result<T, Box<dyn Error>>;

const BATCH: usize = 256;
const BYTES: usize = BATCH * 64;

/// Batches per round: synced, and not.
const DURABLE: usize = 200;
const UNSYNCED: usize = 6_000;

/// Batches that one contestant has before the next one's turn.
const TURN: usize = 10;

/// A log under test.
trait Log {
    /// Appends a batch; with `sync` returns when it is on the disk, else when the system has it. False where it has no
    /// such way.
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool>;

    /// Reads all there is, checked; gives how many records.
    fn read(&mut self) -> Fallible<usize>;
}

struct Raw {
    file: File,
    at: u64,
}

impl Raw {
    fn open(folder: &Path, batches: usize) -> Fallible<Self> {
        let mut options = OpenOptions::new();
        let file =
            options.create(true).truncate(true).read(true).write(true).open(folder.join("raw"))?;
        let zeros = vec![0; 64 * 1024];
        for at in 0..(batches * BYTES).div_ceil(zeros.len()) {
            file.write_all_at(&zeros, (at * zeros.len()) as u64)?;
        }
        file.sync_all()?;
        Ok(Self { file, at: 0 })
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
        let mut slots = vec![bytemuck::Zeroable::zeroed(); 4096];
        let chunk: &mut [u8] = bytemuck::cast_slice_mut::<Slot, u8>(&mut slots);
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

/// As it comes: segments of 64 MiB, the next one made meanwhile.
struct Pitlane {
    storage: Arc<Disk>,
    writer: JournalWriter,
}

impl Pitlane {
    fn open(folder: &Path, sync: bool) -> Fallible<Self> {
        let storage = Arc::new(Disk::new(folder.join("pitlane"))?);
        let sync = if sync { SyncPolicy::Batch } else { SyncPolicy::Os };
        let options = JournalOptions { sync, ..JournalOptions::default() };
        let (writer, _) = JournalWriter::open(storage.clone(), options)?;
        Ok(Self { storage, writer })
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
        while let Some(batch) = reader.next()? {
            read += batch.events.len();
        }
        Ok(read)
    }
}

struct OpenWal(open_wal::Wal);

impl Log for OpenWal {
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool> {
        if !sync {
            // What it has not synced it has not written either.
            return Ok(false);
        }
        for record in batch {
            self.0.append(bytemuck::bytes_of(record))?;
        }
        self.0.commit()?;
        Ok(true)
    }

    fn read(&mut self) -> Fallible<usize> {
        let mut reader = self.0.reader_from(open_wal::Lsn(0))?;
        let mut read = 0;
        while let Some(record) = reader.next() {
            read += record?.1.len() / 64;
        }
        Ok(read)
    }
}

struct WalDb(wal_db::Wal);

impl Log for WalDb {
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool> {
        for record in batch {
            self.0.append(bytemuck::bytes_of(record))?;
        }
        if sync {
            self.0.sync()?;
        }
        Ok(true)
    }

    fn read(&mut self) -> Fallible<usize> {
        let mut read = 0;
        for record in self.0.iter()? {
            read += record?.data().len() / 64;
        }
        Ok(read)
    }
}

struct CommitLog(commitlog::CommitLog);

impl Log for CommitLog {
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool> {
        let mut messages = commitlog::message::MessageBuf::default();
        for record in batch {
            messages.push(bytemuck::bytes_of(record)).map_err(|error| format!("{error:?}"))?;
        }
        self.0.append(&mut messages)?;
        if sync {
            self.0.flush()?;
        }
        Ok(true)
    }

    fn read(&mut self) -> Fallible<usize> {
        use commitlog::message::MessageSet;
        let (mut read, mut next) = (0, 0);
        while next < self.0.next_offset() {
            let messages = self.0.read(next, commitlog::ReadLimit::max_bytes(256 * 1024))?;
            for message in messages.iter() {
                if !message.verify_hash() {
                    return Err("a record is not what was written".into());
                }
                read += 1;
                next = message.offset() + 1;
            }
        }
        Ok(read)
    }
}

const NAMES: [&str; 5] = ["raw", "pitlane", "open-wal 0.2", "wal-db 1.1", "commitlog 0.2"];

fn contestants(folder: &Path, sync: bool, batches: usize) -> Fallible<Vec<Box<dyn Log>>> {
    let config = open_wal::WalConfig { segment_size: 64 << 20, ..Default::default() };
    let (open_wal, _) = open_wal::Wal::open(&folder.join("open-wal"), config)?;
    let mut options = commitlog::LogOptions::new(folder.join("commitlog"));
    options.segment_max_bytes(64 << 20).index_max_items(10_000_000).message_max_bytes(1 << 20);
    std::fs::create_dir_all(folder.join("commitlog"))?;
    Ok(vec![
        Box::new(Raw::open(folder, batches)?),
        Box::new(Pitlane::open(folder, sync)?),
        Box::new(OpenWal(open_wal)),
        Box::new(WalDb(wal_db::Wal::open(folder.join("wal.db"))?)),
        Box::new(CommitLog(commitlog::CommitLog::new(options)?)),
    ])
}

/// Records per second of a round, by contestant; none where it cannot do that.
type Rates = Vec<Option<f64>>;

fn durable(folder: &Path, batch: &[Slot], times: &mut [Histogram<u64>]) -> Fallible<Rates> {
    let mut logs = contestants(folder, true, DURABLE)?;
    let mut spent = vec![0.0; logs.len()];
    for _ in 0..DURABLE / TURN {
        for (who, log) in logs.iter_mut().enumerate() {
            for _ in 0..TURN {
                let begun = Instant::now();
                log.append(batch, true)?;
                let took = begun.elapsed();
                times[who].saturating_record(took.as_nanos() as u64);
                spent[who] += took.as_secs_f64();
            }
        }
    }
    Ok(spent.iter().map(|spent| Some((DURABLE * BATCH) as f64 / spent)).collect())
}

/// Rates of appending, then of reading what was appended; each reads twice, and the second time counts.
fn unsynced(folder: &Path, batch: &[Slot]) -> Fallible<[Rates; 2]> {
    let mut logs = contestants(folder, false, UNSYNCED)?;
    let mut appended = Rates::new();
    for log in &mut logs {
        let begun = Instant::now();
        let mut can = true;
        for _ in 0..UNSYNCED {
            can = log.append(batch, false)?;
            if !can {
                break;
            }
        }
        let rate = (UNSYNCED * BATCH) as f64 / begun.elapsed().as_secs_f64();
        if !can {
            for at in 0..UNSYNCED {
                log.append(batch, at % 64 == 63 || at + 1 == UNSYNCED)?;
            }
        }
        appended.push(can.then_some(rate));
    }
    let mut read = Rates::new();
    for log in &mut logs {
        log.read()?;
        let begun = Instant::now();
        let records = log.read()?;
        read.push((records > 0).then(|| records as f64 / begun.elapsed().as_secs_f64()));
    }
    Ok([appended, read])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn cell(rounds: &[Rates], who: usize) -> String {
    let rates: Vec<f64> = rounds.iter().filter_map(|round| round[who]).collect();
    if rates.is_empty() {
        return "-".into();
    }
    let ratios = rounds.iter().filter_map(|round| Some(round[who]? / round[0]?));
    format!("{:.2} ({:.2})", median(rates) / 1e6, median(ratios.collect()))
}

fn arguments() -> Fallible<(PathBuf, usize)> {
    let (mut folder, mut rounds) = (PathBuf::from("."), 7);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} takes a value"))?;
        match word.as_str() {
            "--folder" => folder = value.into(),
            "--rounds" => rounds = value.parse()?,
            _ => return Err(format!("there is no {word}; there are --folder and --rounds").into()),
        }
    }
    Ok((folder, rounds))
}

fn main() -> Fallible<()> {
    let (within, rounds) = arguments()?;
    let batch: Vec<Slot> = (0..BATCH as u64)
        .map(|n| Slot { words: [n, !n, n * 31, 7], ..bytemuck::Zeroable::zeroed() })
        .collect();
    let mut times = vec![Histogram::<u64>::new(3)?; NAMES.len()];
    let (mut synced, mut written, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let folder = tempfile::tempdir_in(&within)?;
        synced.push(durable(folder.path(), &batch, &mut times)?);
        let folder = tempfile::tempdir_in(&within)?;
        let [appends, reads] = unsynced(folder.path(), &batch)?;
        written.push(appends);
        read.push(reads);
    }
    print!("{}", pitlane_bench::Machine::look());
    println!(
        "\nMillions of 64-byte records per second, {BATCH} per batch, medians of {rounds} rounds; in parentheses the ratio to raw.\n"
    );
    println!("| | durable | not synced | read |\n|---|---|---|---|");
    for (who, name) in NAMES.iter().enumerate() {
        println!(
            "| {name} | {} | {} | {} |",
            cell(&synced, who),
            cell(&written, who),
            cell(&read, who)
        );
    }
    println!(
        "\nAppend to durable, us.\n\n| | p50 | p90 | p99 | p99.9 | max |\n|---|---|---|---|---|---|"
    );
    for (name, times) in NAMES.iter().zip(&times) {
        let at = |quantile| times.value_at_quantile(quantile) as f64 / 1e3;
        let max = times.max() as f64 / 1e3;
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {max:.1} |",
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999)
        );
    }
    Ok(())
}
