//! The journal against the least that could be done: one `pwrite` of zeroed file and one `fdatasync` for
//! each batch, and a loop that reads and sums. Both in the same run, in turns, on the same folder.
//!
//! ```text
//! cargo run --release -p pitlane-persistence --example journal_bench -- [FOLDER] [ROUNDS]
//! ```
//!
//! Batches of 256 events. The raw loop's file is zeroed before the clock starts, and so is the journal's
//! segment, which takes all batches. The line `rolling` has the journal as it comes, with segments of
//! 64 MiB that it makes, zeroes and syncs while it appends; the raw loop has nothing like it.

use hdrhistogram::Histogram;
use pitlane::event::{Header, Slot};
use pitlane_persistence::{
    Disk, From, JournalOptions, JournalReader, JournalWriter, SyncPolicy, Verified,
};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const BATCH: usize = 256;
const DURABLE_BATCHES: usize = 300;
const BATCHES: usize = 8_000;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn event(n: u64) -> Slot {
    let header = Header { ts_event: n, ..Header::default() };
    Slot { header, words: [n; 4] }
}

fn batch() -> Vec<Slot> {
    (0..BATCH as u64).map(event).collect()
}

/// Events per second of `batches` that took so long.
fn rate(batches: usize, since: Instant) -> f64 {
    (batches * BATCH) as f64 / since.elapsed().as_secs_f64()
}

fn raw_file(folder: &Path, batches: usize) -> Fallible<File> {
    let path = folder.join("raw");
    let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
    // In pieces as large as the journal's: the system keeps a file in pages by how it was written.
    let zeros = vec![0u8; 64 * 1024];
    for at in 0..(batches * BATCH * 64).div_ceil(zeros.len()) {
        file.write_all_at(&zeros, (at * zeros.len()) as u64)?;
    }
    file.sync_all()?;
    Ok(file)
}

fn writer(folder: &Path, batches: usize, sync: SyncPolicy) -> Fallible<JournalWriter> {
    let folder = folder.join("journal");
    let _ = std::fs::remove_dir_all(&folder);
    let segment_bytes = ((batches + 1) * (BATCH + 1) * 64) as u64;
    let options =
        JournalOptions { sync, segment_bytes, prepare_ahead: false, ..JournalOptions::default() };
    Ok(JournalWriter::open(Arc::new(Disk::new(&folder)?), options)?.0)
}

/// Appends until durable, the raw loop and the journal in turns of a few batches, so that both meet the
/// same neighbours on the machine.
fn durable(folder: &Path, times: &mut [Histogram<u64>; 2]) -> Fallible<[f64; 2]> {
    const TURN: usize = 10;
    let file = raw_file(folder, DURABLE_BATCHES)?;
    let mut writer = writer(folder, DURABLE_BATCHES, SyncPolicy::Batch)?;
    let events = batch();
    let bytes: &[u8] = bytemuck::cast_slice(&events);
    let mut spent = [0f64; 2];
    for turn in 0..DURABLE_BATCHES / TURN {
        for at in turn * TURN..(turn + 1) * TURN {
            let begun = Instant::now();
            file.write_all_at(bytes, (at * bytes.len()) as u64)?;
            file.sync_data()?;
            times[0].record(begun.elapsed().as_nanos() as u64)?;
            spent[0] += begun.elapsed().as_secs_f64();
        }
        for _ in 0..TURN {
            let begun = Instant::now();
            writer.append(&events)?;
            writer.commit()?;
            times[1].record(begun.elapsed().as_nanos() as u64)?;
            spent[1] += begun.elapsed().as_secs_f64();
        }
    }
    Ok(spent.map(|seconds| (DURABLE_BATCHES * BATCH) as f64 / seconds))
}

fn raw_append(folder: &Path) -> Fallible<f64> {
    let file = raw_file(folder, BATCHES)?;
    let events = batch();
    let bytes: &[u8] = bytemuck::cast_slice(&events);
    let start = Instant::now();
    for at in 0..BATCHES {
        file.write_all_at(bytes, (at * bytes.len()) as u64)?;
    }
    Ok(rate(BATCHES, start))
}

fn journal_append(folder: &Path, rolling: bool) -> Fallible<f64> {
    let mut writer = match rolling {
        false => writer(folder, BATCHES, SyncPolicy::Os)?,
        true => {
            let folder = folder.join("journal");
            let _ = std::fs::remove_dir_all(&folder);
            let options = JournalOptions { sync: SyncPolicy::Os, ..JournalOptions::default() };
            JournalWriter::open(Arc::new(Disk::new(&folder)?), options)?.0
        }
    };
    let events = batch();
    let start = Instant::now();
    for _ in 0..BATCHES {
        writer.append(&events)?;
    }
    let rate = rate(BATCHES, start);
    writer.close()?;
    Ok(rate)
}

/// Reads what `raw_append` wrote in chunks as large as the journal's, and sums each batch. Twice, and the
/// second time counts, since the journal's, too, was read once (by `verify`) before its clock starts.
fn raw_read(folder: &Path) -> Fallible<f64> {
    raw_read_once(folder)?;
    raw_read_once(folder)
}

fn raw_read_once(folder: &Path) -> Fallible<f64> {
    let file = File::open(folder.join("raw"))?;
    // Aligned as the journal's chunks are.
    let mut slots = vec![event(0); 4096];
    let chunk: &mut [u8] = bytemuck::cast_slice_mut(&mut slots);
    let (mut at, mut sum) = (0, 0u64);
    let start = Instant::now();
    loop {
        let read = file.read_at(chunk, at)?;
        if read == 0 {
            break;
        }
        for batch in chunk[..read].chunks(BATCH * 64) {
            sum += u64::from(crc32fast::hash(batch));
        }
        at += read as u64;
    }
    let rate = rate(at as usize / (BATCH * 64), start);
    std::hint::black_box(sum);
    Ok(rate)
}

fn journal_read(folder: &Path) -> Fallible<f64> {
    let storage = Arc::new(Disk::new(folder.join("journal"))?);
    let Verified { events, .. } = pitlane_persistence::verify(storage.as_ref())?;
    let mut reader = JournalReader::open(storage, From::Oldest)?;
    let mut seen = 0;
    let start = Instant::now();
    while seen < events {
        seen += reader.next()?.map_or(0, |batch| batch.events.len() as u64);
    }
    Ok(rate(seen as usize / BATCH, start))
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn tell(what: &str, raw: &mut [f64], ours: &mut [f64], goal: f64) {
    let mut ratios: Vec<f64> = ours.iter().zip(raw.iter()).map(|(ours, raw)| ours / raw).collect();
    let (least, most) =
        ratios.iter().fold((f64::MAX, 0f64), |(low, high), r| (low.min(*r), high.max(*r)));
    println!(
        "{what:<14} raw {:>6.2} M/s   journal {:>6.2} M/s   ratio {:.2} ({least:.2} to {most:.2})   goal {goal}",
        median(raw) / 1e6,
        median(ours) / 1e6,
        median(&mut ratios),
    );
}

fn main() -> Fallible<()> {
    let mut arguments = std::env::args().skip(1);
    let within = arguments.next().unwrap_or_else(|| ".".to_owned());
    let rounds: usize = arguments.next().map_or(Ok(7), |text| text.parse())?;
    let folder = tempfile::tempdir_in(within)?;
    let folder = folder.path();
    let mut times = [Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?];
    let mut rates: [Vec<f64>; 7] = Default::default();
    for _ in 0..rounds {
        let [raw, ours] = durable(folder, &mut times)?;
        rates[0].push(raw);
        rates[1].push(ours);
        rates[2].push(raw_append(folder)?);
        rates[4].push(raw_read(folder)?);
        rates[6].push(journal_append(folder, true)?);
        rates[3].push(journal_append(folder, false)?);
        rates[5].push(journal_read(folder)?);
    }
    let [raw_durable, durable, raw, ours, raw_read, read, rolling] = &mut rates;
    tell("durable", raw_durable, durable, 0.9);
    tell("without sync", &mut raw.clone(), ours, 0.7);
    tell("rolling", raw, rolling, 0.0);
    tell("read", raw_read, read, 0.7);
    for (name, times) in ["raw", "journal"].into_iter().zip(&times) {
        let at = |quantile| times.value_at_quantile(quantile) as f64 / 1e3;
        println!(
            "append to durable, {name:<8} p50 {:>7.1} us   p90 {:>7.1}   p99 {:>7.1}   p99.9 {:>7.1}   max {:>8.1}",
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            times.max() as f64 / 1e3,
        );
    }
    Ok(())
}
