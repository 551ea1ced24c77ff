//! Context switches by thread: how often the system took a thread off its core.

use std::fs;

/// What one thread had until some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadSwitches {
    /// The system's number for it.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Times it was taken off its core though it would have gone on.
    pub involuntary: u64,
    /// Times it gave its core away.
    pub voluntary: u64,
}

/// All threads of this process; empty where the system does not say.
pub type Switches = Vec<ThreadSwitches>;

/// The threads there are now.
#[must_use]
pub fn switches() -> Switches {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let status = |task: fs::DirEntry| {
        let id = task.file_name().to_str()?.parse().ok()?;
        parse(id, &fs::read_to_string(task.path().join("status")).ok()?)
    };
    tasks.filter_map(|task| status(task.ok()?)).collect()
}

fn parse(id: u64, status: &str) -> Option<ThreadSwitches> {
    let value = |key: &str| {
        let mut lines = status.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| *name == key).map(|(_, value)| value.trim())
    };
    Some(ThreadSwitches {
        id,
        name: value("Name")?.into(),
        involuntary: value("nonvoluntary_ctxt_switches")?.parse().ok()?,
        voluntary: value("voluntary_ctxt_switches")?.parse().ok()?,
    })
}

/// What happened between two looks, by thread; threads that came later count in full.
#[must_use]
pub fn between(before: &[ThreadSwitches], after: &[ThreadSwitches]) -> Switches {
    let since = |now: &ThreadSwitches| {
        let then = before.iter().find(|then| then.id == now.id);
        let (involuntary, voluntary) =
            then.map_or((0, 0), |then| (then.involuntary, then.voluntary));
        ThreadSwitches {
            involuntary: now.involuntary.saturating_sub(involuntary),
            voluntary: now.voluntary.saturating_sub(voluntary),
            ..now.clone()
        }
    };
    after.iter().map(since).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_and_two_looks_differ_by_what_happened() {
        let status = "Name:\tlane-1\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t7\n";
        let before = parse(3, status).expect("all is there");
        assert_eq!((before.name.as_str(), before.involuntary, before.voluntary), ("lane-1", 7, 5));
        let after = ThreadSwitches { involuntary: 9, ..before.clone() };
        let new = ThreadSwitches { id: 4, ..before.clone() };
        let between = between(&[before], &[after, new]);
        assert_eq!((between[0].involuntary, between[0].voluntary), (2, 0));
        assert_eq!(between[1].involuntary, 7);
        assert_eq!(parse(1, "Name: x\n"), None);
    }

    #[test]
    fn giving_the_core_away_is_counted() {
        if switches().is_empty() {
            eprintln!("skipped: this system does not tell");
            return;
        }
        let before = switches();
        std::thread::sleep(std::time::Duration::from_millis(2));
        let total: u64 = between(&before, &switches()).iter().map(|one| one.voluntary).sum();
        assert!(total > 0);
    }
}
