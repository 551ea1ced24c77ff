//! `journals [--folder DIR] [--rounds N]`: rivals of the journal, beside it and the raw loops of `pitlane bench journal`, at the
//! same work in the same run, in turns. In Markdown; `scripts/bench-journals` calls it.

use pitlane::event::Slot;
use pitlane_bench::journal::{Contestant, Fallible, Log, Page, measure, own};
use std::path::{Path, PathBuf};

struct OpenWal(open_wal::Wal);

impl OpenWal {
    fn open(folder: &Path, _batches: usize, _sync: bool) -> Fallible<Box<dyn Log>> {
        let config = open_wal::WalConfig { segment_size: 64 << 20, ..Default::default() };
        Ok(Box::new(Self(open_wal::Wal::open(&folder.join("open-wal"), config)?.0)))
    }
}

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

impl WalDb {
    fn open(folder: &Path, _batches: usize, _sync: bool) -> Fallible<Box<dyn Log>> {
        Ok(Box::new(Self(wal_db::Wal::open(folder.join("wal.db"))?)))
    }
}

impl Log for WalDb {
    fn append(&mut self, batch: &[Slot], sync: bool) -> Fallible<bool> {
        for record in batch {
            let _ = self.0.append(bytemuck::bytes_of(record))?;
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

impl CommitLog {
    fn open(folder: &Path, _batches: usize, _sync: bool) -> Fallible<Box<dyn Log>> {
        let folder = folder.join("commitlog");
        std::fs::create_dir_all(&folder)?;
        let mut options = commitlog::LogOptions::new(folder);
        options.segment_max_bytes(64 << 20).index_max_items(10_000_000).message_max_bytes(1 << 20);
        Ok(Box::new(Self(commitlog::CommitLog::new(options)?)))
    }
}

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
    let mut contestants = own();
    contestants.extend([
        Contestant { name: "open-wal 0.2", open: OpenWal::open },
        Contestant { name: "wal-db 1.1", open: WalDb::open },
        Contestant { name: "commitlog 0.2", open: CommitLog::open },
    ]);
    let machine = pitlane_bench::Machine::look();
    let measured = measure(&contestants, &within, rounds, |_| true)?;
    print!("{machine}\n{}", Page(&measured));
    Ok(())
}
