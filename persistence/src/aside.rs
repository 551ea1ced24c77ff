//! Moves what lies behind the journal's end to files of its own. Nothing is ever thrown away here.

use crate::error::Error;
use crate::format::segment_name;
use crate::storage::{Storage, StorageFile, read_full, write_all, write_zeros};
use crate::survey::Survey;

/// What was moved aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetAside {
    /// Bytes moved.
    pub bytes: u64,
    /// The files they are in now, in the journal's folder.
    pub files: Vec<String>,
}

/// Moves everything behind the end, so that nothing stands there but zeros. First the copy, synced,
/// then the zeros: a crash in between leaves one copy too many, never one too few.
pub(crate) fn set_aside(storage: &dyn Storage, survey: &Survey) -> Result<SetAside, Error> {
    let mut aside = SetAside::default();
    let Some(first) = survey.segments.get(survey.index) else { return Ok(aside) };
    let whole = if survey.offset == 0 { survey.index } else { survey.index + 1 };
    for later in survey.segments[whole..].iter().rev() {
        let name = segment_name(*later);
        let file = storage.open(&name).map_err(Error::io("open", &name))?;
        let bytes = file.bytes().map_err(Error::io("read", &name))?;
        let to = free_name(storage, &format!("{name}.aside"))?;
        storage.rename(&name, &to).map_err(Error::io("rename", &name))?;
        aside.bytes += bytes;
        aside.files.push(to);
    }
    if survey.offset > 0 && survey.trailing > survey.offset {
        let name = segment_name(*first);
        let to = free_name(storage, &format!("{name}.from-{}.aside", survey.offset))?;
        move_bytes(storage, &name, &to, survey.offset, survey.trailing)?;
        aside.bytes += survey.trailing - survey.offset;
        aside.files.push(to);
    }
    storage.sync_names().map_err(Error::io("sync", "the folder"))?;
    Ok(aside)
}

fn move_bytes(
    storage: &dyn Storage,
    name: &str,
    to: &str,
    start: u64,
    end: u64,
) -> Result<(), Error> {
    let file = storage.open(name).map_err(Error::io("open", name))?;
    let copy = storage.create(to).map_err(Error::io("create", to))?;
    copy_bytes(file.as_ref(), name, copy.as_ref(), to, start, end)?;
    copy.sync().map_err(Error::io("sync", to))?;
    storage.sync_names().map_err(Error::io("sync", "the folder"))?;
    write_zeros(file.as_ref(), start, end).map_err(Error::io("write", name))?;
    file.sync().map_err(Error::io("sync", name))
}

fn copy_bytes(
    file: &dyn StorageFile,
    name: &str,
    copy: &dyn StorageFile,
    to: &str,
    start: u64,
    end: u64,
) -> Result<(), Error> {
    let mut buffer = vec![0; 256 * 1024];
    let mut at = start;
    while at < end {
        let wanted = buffer.len().min((end - at) as usize);
        let read = read_full(file, &mut buffer[..wanted], at).map_err(Error::io("read", name))?;
        if read == 0 {
            break;
        }
        write_all(copy, &buffer[..read], at - start).map_err(Error::io("write", to))?;
        at += read as u64;
    }
    Ok(())
}

fn free_name(storage: &dyn Storage, wanted: &str) -> Result<String, Error> {
    let taken = storage.list().map_err(Error::io("list", "the folder"))?;
    let mut names = (1..).map(|n| if n == 1 { wanted.to_owned() } else { format!("{wanted}.{n}") });
    Ok(names.find(|name| !taken.contains(name)).expect("there is always another number"))
}
