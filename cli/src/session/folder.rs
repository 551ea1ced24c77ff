//! Where results go.

use super::manifest::MARK;
use crate::console;
use crate::failure::{FOLDER_REFUSED, Failure};
use jiff::Timestamp;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files that runs and sweeps write, the manifest first; whatever else lies in a folder is never touched.
const FILES: &[&str] = &[
    "manifest.json",
    "summary.json",
    "latency.hgrm",
    "positions.csv",
    "dead_letters.csv",
    "signals.csv",
    "orders.csv",
    super::TRACE_FILE,
    "sweep.csv",
];

/// Where runs go by default.
const RUNS: &str = "runs";

/// The folder of a run or sweep.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// A link that is to lead to it.
    latest: Option<PathBuf>,
}

/// What a folder is chosen by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewFolder<'a> {
    /// `--out`.
    pub(crate) out: Option<&'a Path>,
    /// What its name begins with, by default.
    pub(crate) name: &'a str,
}

impl Folder {
    /// Chooses a folder; touches nothing.
    ///
    /// # Errors
    /// Where `--out` names something that is neither empty nor an earlier run.
    pub(crate) fn choose(new: NewFolder<'_>) -> Result<Self, Failure> {
        if let Some(out) = new.out {
            may_replace(out)?;
            return Ok(Self { path: out.to_owned(), latest: None });
        }
        let base = Path::new(RUNS);
        let path = base.join(format!("{}-{}", new.name, stamp(Timestamp::now())));
        Ok(Self { path, latest: Some(base.join("latest")) })
    }

    /// A folder inside this one.
    pub(crate) fn inner(&self, name: &str) -> Self {
        Self { path: self.path.join(name), latest: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, empty of what an earlier run wrote. Where no folder was asked for, one is made that
    /// nobody else has, even where several runs begin in the same second.
    pub(crate) fn create(&mut self) -> Result<(), Failure> {
        let made = match self.latest {
            None => {
                if manifest(&self.path).is_some() {
                    crate::journal::clear_own(&self.path)?;
                }
                fs::create_dir_all(&self.path).and_then(|()| clear(&self.path, Keep::Manifest))
            }
            Some(_) => self.create_own(),
        };
        made.map_err(|error| Failure::write(&self.path, &error))
    }

    fn create_own(&mut self) -> io::Result<()> {
        self.path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let first = self.path.clone();
        for number in 2_u32.. {
            match fs::create_dir(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let mut name = first.clone().into_os_string();
                    name.push(format!("-{number}"));
                    self.path = name.into();
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// Has the link `latest` lead to it. Where that cannot be, a note says so.
    pub(crate) fn point_latest(&self) {
        let (Some(link), Some(name)) = (&self.latest, self.path.file_name()) else { return };
        let is_link = fs::symlink_metadata(link).map(|found| found.is_symlink());
        if matches!(is_link, Ok(false)) {
            console::note(&format!("note: {} is no link and was left alone", link.display()));
            return;
        }
        let fresh = link.with_file_name(format!(".latest-{}", std::process::id()));
        let linked =
            std::os::unix::fs::symlink(name, &fresh).and_then(|()| fs::rename(&fresh, link));
        if let Err(error) = linked {
            console::note(&format!("note: {} cannot be made: {error}", link.display()));
        }
    }
}

/// A moment as it stands in folders' names.
fn stamp(moment: Timestamp) -> String {
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether a folder may become that of a new run: it is not there, empty, or an earlier run's.
fn may_replace(path: &Path) -> Result<(), Failure> {
    let refused = |why: &str| {
        let message = format!("{}: {why}", path.display());
        let help = "name a new or empty folder, or one that an earlier run made";
        Err(Failure::usage(FOLDER_REFUSED, message, help))
    };
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    if !metadata.is_dir() {
        return refused("this is a file, not a folder");
    }
    let is_empty = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => return refused(&format!("the folder cannot be read: {error}")),
    };
    if is_empty || manifest(path).is_some() {
        return Ok(());
    }
    refused("the folder holds something else than an earlier run, and would be replaced")
}

/// The manifest of an earlier run or sweep.
fn manifest(folder: &Path) -> Option<Value> {
    let text = fs::read_to_string(folder.join("manifest.json")).ok()?;
    let manifest: Value = serde_json::from_str(&text).ok()?;
    manifest.get(MARK)?.is_u64().then_some(manifest)
}

/// Whether the manifest stays until another takes its place: without one, a run that is killed before it
/// has written its own would leave a folder that nobody may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Manifest,
    Nothing,
}

/// Removes what an earlier run or sweep wrote, and nothing else.
fn clear(folder: &Path, keep: Keep) -> io::Result<()> {
    let Some(manifest) = manifest(folder) else { return Ok(()) };
    let runs = manifest.get("runs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for name in runs.iter().filter_map(Value::as_str) {
        let is_plain = !name.is_empty() && !name.contains(['/', '\\']) && name != "..";
        if is_plain && folder.join(name).is_dir() {
            clear(&folder.join(name), Keep::Nothing)?;
            // It stays where something else lies in it.
            let _ = fs::remove_dir(folder.join(name));
        }
    }
    let kept = usize::from(keep == Keep::Manifest);
    // The manifest, if at all, last: while it is there, the folder may be replaced.
    for name in FILES[kept..].iter().rev() {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_an_earlier_run_and_leaves_other_files_alone() {
        let base = tempfile::tempdir().unwrap();
        let out = base.path().join("run");
        fs::create_dir_all(out.join("001")).unwrap();
        fs::write(out.join("manifest.json"), r#"{"pitlane_run": 1, "runs": ["001", "../x"]}"#)
            .unwrap();
        fs::write(out.join("orders.csv"), "old").unwrap();
        fs::write(out.join("notes.txt"), "mine").unwrap();
        fs::write(out.join("001/manifest.json"), r#"{"pitlane_run": 1}"#).unwrap();
        let mut folder = Folder::choose(NewFolder { out: Some(&out), name: "x" }).unwrap();
        folder.create().unwrap();
        assert!(!out.join("orders.csv").exists() && !out.join("001").exists());
        assert!(out.join("notes.txt").exists());
    }

    #[test]
    fn refuses_what_is_no_earlier_run() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("thesis.tex"), "").unwrap();
        for (content, name) in
            [("{}", "manifest.json"), ("{\"pitlane_run\": \"1\"}", "manifest.json")]
        {
            fs::write(base.path().join(name), content).unwrap();
            let refused = Folder::choose(NewFolder { out: Some(base.path()), name: "x" });
            assert!(refused.unwrap_err().sentence().contains("something else"), "{content}");
        }
        let file = base.path().join("thesis.tex");
        assert!(Folder::choose(NewFolder { out: Some(&file), name: "x" }).is_err());
    }
}
