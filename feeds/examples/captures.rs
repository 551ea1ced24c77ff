//! Measures the reader of raw captures against readers of JSON, in one run.
//!
//! `cargo run --release -p pitlane-feeds --example captures -- FILE`, FILE a capture, packed or not
//!
//! * `sonic-rs`, `serde_json`: each message to a value of theirs, numbers left as texts, nothing made of
//!   them; the lines lie in memory;
//! * inflating: the packed file to text, nothing else;
//! * ours: lines to events, from the packed file and from an unpacked copy of it, on one thread.
//!
//! Rounds are interleaved; what is printed are medians, in bytes of text. Times are those that the thread
//! was on its core, reading the file included.

use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane_feeds::{OpenOptions, Preset, open_file};
use std::error::Error;
use std::hint::black_box;
use std::io::{Read, Write};
use std::path::Path;

const ROUNDS: usize = 7;

/// What is measured: gives how many events or messages there were.
type Run<'a> = Box<dyn Fn() -> u64 + 'a>;

fn messages(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| &line[line.iter().position(|byte| *byte == b'{').unwrap_or(0)..])
}

fn values(text: &[u8], read: impl Fn(&[u8]) -> bool) -> u64 {
    messages(text).filter(|json| read(json)).count() as u64
}

fn ours(path: &Path) -> u64 {
    let options = OpenOptions { preset: Some(Preset::BinanceRaw), ..OpenOptions::default() };
    let mut source = open_file(path, &options, &Instruments::new()).expect("it opens");
    let (mut batch, mut events) = (Vec::<MarketData>::with_capacity(1024), 0);
    loop {
        let more = source.read(&mut batch).expect("it is good");
        events += black_box(&batch).len() as u64;
        batch.clear();
        if !more {
            return events;
        }
    }
}

/// Time that this thread was on a core, s.
fn on_core() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The text of a capture that may be packed with gzip.
fn unpack(path: &Path) -> std::io::Result<Vec<u8>> {
    let (mut text, mut file) = (Vec::new(), std::fs::File::open(path)?);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut text)?,
        _ => file.read_to_end(&mut text)?,
    };
    Ok(text)
}

/// As `unpack`, through a buffer, without keeping the text.
fn inflate(path: &Path) -> u64 {
    let file = std::fs::File::open(path).expect("it was read");
    let mut buffer = vec![0; 64 << 10];
    let mut text: Box<dyn Read> = match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut bytes = 0;
    loop {
        match text.read(&mut buffer).expect("it was read") {
            0 => return bytes,
            read => bytes += read as u64,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(path) = std::env::args_os().nth(1) else {
        return Err("name a capture: cargo run --release ... --example captures -- FILE".into());
    };
    let path = Path::new(&path);
    let text = unpack(path)?;
    let mut plain = tempfile::NamedTempFile::new()?;
    plain.write_all(&text)?;
    println!("{} lines, {} bytes, {} events", messages(&text).count(), text.len(), ours(path));
    let sonic = |json: &[u8]| sonic_rs::from_slice::<sonic_rs::Value>(json).is_ok();
    let serde = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).is_ok();
    let runs: [(&str, Run<'_>); 5] = [
        ("sonic-rs, values", Box::new(|| values(&text, sonic))),
        ("serde_json, values", Box::new(|| values(&text, serde))),
        ("reading and inflating", Box::new(|| inflate(path))),
        ("ours, events, unpacked", Box::new(|| ours(plain.path()))),
        ("ours, events, as it is", Box::new(|| ours(path))),
    ];
    let mut times = vec![Vec::new(); runs.len()];
    for _ in 0..ROUNDS {
        for (times, (_, run)) in times.iter_mut().zip(&runs) {
            let start = on_core();
            black_box(run());
            times.push(on_core() - start);
        }
    }
    for (mut times, (name, _)) in times.into_iter().zip(&runs) {
        times.sort_by(f64::total_cmp);
        println!("{name:<26} {:>8.0} MB/s", text.len() as f64 / times[ROUNDS / 2] / 1e6);
    }
    Ok(())
}
