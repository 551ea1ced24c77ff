//! What attempts have found so far.

use super::fail::Fail;
use super::reader::Reader;
use crate::codes;
use crate::mistake::Mistake;
use crate::nearest::{did_you_mean, nearest};
use crate::tree::{Entry, Node};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

/// More mistakes than this in one value are not looked for.
const MAX_MISTAKES: usize = 50;

/// What attempts to read a node have found so far.
#[derive(Default)]
pub(crate) struct Ledger {
    mistakes: RefCell<Vec<Mistake>>,
    /// Failed nodes in which there is nothing more to be found.
    spent: RefCell<HashSet<usize>>,
    /// Keys that are missing, by the node they are missing in.
    missing: RefCell<HashMap<usize, Vec<&'static str>>>,
    /// Missing keys that an unknown key is very like, by the node they are missing in.
    misspelled: RefCell<HashSet<(usize, &'static str)>>,
    /// Failures of this attempt and earlier ones, known ones included.
    failures: Cell<usize>,
    /// See [`What::complete`].
    complete: bool,
}

impl Ledger {
    pub(crate) fn failures(&self) -> usize {
        self.failures.get()
    }

    /// Says that something failed that needs no mistake of its own.
    pub(crate) fn fail(&self) -> Fail {
        self.failures.set(self.failures.get() + 1);
        Fail::Known
    }

    /// Grows with each piece of news.
    pub(crate) fn news(&self) -> usize {
        let missing: usize = self.missing.borrow().values().map(Vec::len).sum();
        self.mistakes.borrow().len() + self.spent.borrow().len() + missing
    }

    /// Whether a value that was read is what was written.
    pub(crate) fn may_hand_out(&self) -> bool {
        self.failures.get() == 0 && (!self.complete || self.mistakes.borrow().is_empty())
    }

    /// Whether there is nothing more to be found in a node that failed.
    pub(crate) fn is_spent(&self, node: &Node) -> bool {
        self.spent.borrow().contains(&node.id)
    }

    /// Keys known to be missing in a node.
    pub(crate) fn missing(&self, node: &Node) -> Vec<&'static str> {
        self.missing.borrow().get(&node.id).cloned().unwrap_or_default()
    }

    /// After reading a node failed: notes it where nothing in it has noted it, `before` being the
    /// failures and news before.
    pub(crate) fn failed(
        &self,
        node: &Node,
        name: Option<&str>,
        before: (usize, usize),
        fail: Fail,
    ) -> Fail {
        // A missing key is always this node's own.
        if self.failures() == before.0 || matches!(fail, Fail::Missing(_)) {
            self.record(node, name, fail);
        }
        if self.news() == before.1 || node.as_text().is_some() {
            self.spent.borrow_mut().insert(node.id);
        }
        Fail::Known
    }

    fn record(&self, node: &Node, name: Option<&str>, fail: Fail) {
        self.failures.set(self.failures.get() + 1);
        let subject = name.map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
        let (code, message, help) = match fail {
            Fail::Known => return,
            Fail::Type { found, wanted } => (
                codes::WRONG_TYPE,
                format!("{subject} wants {wanted}, found {found}"),
                remedy(&found, &wanted),
            ),
            Fail::Value { message, help } => (codes::BAD_VALUE, with_subject(name, &message), help),
            Fail::Word { found, known } => (
                codes::BAD_VALUE,
                format!("{subject} does not know `{found}`"),
                did_you_mean(&found, "word", known.iter().copied()),
            ),
            Fail::Missing(key) => {
                self.note_missing(node, key);
                if self.misspelled.borrow().contains(&(node.id, key)) {
                    return;
                }
                (
                    codes::MISSING_KEY,
                    format!("`{key}` is missing in {subject}"),
                    format!("it has no default: write `{key}: ...`"),
                )
            }
        };
        self.push(Mistake::new(code, node.mark, message, help));
    }

    fn note_missing(&self, node: &Node, key: &'static str) {
        let mut missing = self.missing.borrow_mut();
        let keys = missing.entry(node.id).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    /// Notes a key of a node that nobody knows; reading goes on without it.
    pub(crate) fn unknown_key(
        &self,
        node: &Node,
        entry: &Entry,
        name: Option<&str>,
        known: &[&'static str],
        reserved: &[&str],
    ) {
        if let Some(near) = nearest(entry.name(), known.iter().copied()) {
            let near = known.iter().find(|key| **key == near);
            self.misspelled.borrow_mut().extend(near.map(|key| (node.id, *key)));
        }
        let all: Vec<&str> = known.iter().chain(reserved).copied().collect();
        let place = name.map_or_else(String::new, |name| format!(" in `{name}`"));
        self.push(Mistake::new(
            codes::UNKNOWN_KEY,
            entry.key.span,
            format!("`{}` is not a key{place}", entry.name()),
            did_you_mean(entry.name(), "key", all.iter().copied()),
        ));
    }

    fn push(&self, mistake: Mistake) {
        let mut mistakes = self.mistakes.borrow_mut();
        if mistakes.len() < MAX_MISTAKES && !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
}

fn remedy(found: &str, wanted: &str) -> String {
    if found.starts_with("the quoted text") {
        return "leave out the quotes".into();
    }
    match wanted {
        "a list" => "write `[first, second]`, or a line with `- ` for each item".into(),
        "a mapping" => "write `key: value`, each on a line of its own and indented".into(),
        "a text" if found == "nothing" => "write the text, or `\"\"` for an empty one".into(),
        "a whole number" => "write digits alone, `_` between them at will".into(),
        "a number" => "write digits with a point: `0.5`".into(),
        _ => format!("write {wanted}"),
    }
}

fn with_subject(name: Option<&str>, message: &str) -> String {
    match name {
        Some(name) if !message.contains(&format!("`{name}`")) => format!("`{name}`: {message}"),
        _ => message.to_owned(),
    }
}

/// What is to be read.
#[derive(Clone, Copy)]
pub(crate) struct What<'t> {
    /// The node.
    pub(crate) node: &'t Node,
    /// What messages call it.
    pub(crate) name: Option<&'t str>,
    /// Keys of it that belong to somebody else.
    pub(crate) reserved: &'t [&'t str],
    /// Whether a value may be handed out only if there are no mistakes at all; otherwise unknown
    /// keys do not hold it back.
    pub(crate) complete: bool,
}

/// Reads a node in attempts, see the module's page.
///
/// # Errors
/// `Some` error where the attempt failed although the node is in order, `None` where the node had
/// mistakes; they are added to `mistakes`.
pub(crate) fn attempts<T, E>(
    what: What<'_>,
    mistakes: &mut Vec<Mistake>,
    mut attempt: impl FnMut(Reader<'_>) -> Result<T, E>,
) -> Result<T, Option<E>> {
    let ledger = Ledger { complete: what.complete, ..Ledger::default() };
    let result = loop {
        let news = ledger.news();
        match attempt(Reader::root(what, &ledger)) {
            Ok(value) if ledger.may_hand_out() => break Ok(value),
            Err(error) if ledger.may_hand_out() => break Err(Some(error)),
            _ => {}
        }
        if ledger.news() == news || ledger.mistakes.borrow().len() >= MAX_MISTAKES {
            break Err(None);
        }
    };
    mistakes.append(&mut ledger.mistakes.borrow_mut());
    result
}
