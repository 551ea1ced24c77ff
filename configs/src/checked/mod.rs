//! What can run.
//!
//! ```text
//!  text -> tree -> --input, --set -> raw -> sources, components, routes -> Plan -> topology
//!            |           |            |                 |                    |
//!            +-----------+------------+---- mistakes ---+--------------------+
//! ```
//!
//! | file | does |
//! |---|---|
//! | `load` | the way above, from end to end |
//! | `inputs` | what the command line changes in the tree |
//! | `formats` | what sources leave to the extension of their files and to `presets:` |
//! | `prune` | leaves out what cannot be read, so that the rest can be looked at |
//! | `sources`, `components`, `routes`, `topics`, `journal`, `reliable`, `settings` | one section of the config each |
//! | `resolved` | parameters with their defaults, as JSON |
//! | `problems` | where in the file a problem of the plan stands |

mod components;
mod formats;
mod inputs;
mod journal;
mod load;
mod middleware;
mod problems;
mod prune;
mod reliable;
mod resolved;
mod routes;
mod settings;
mod sources;
mod topics;

pub use journal::{JournalSetup, KnownNumbers};
pub use load::{check, load, read};
pub use middleware::shipped;
#[cfg(test)]
pub(crate) use resolved::json;

use crate::mistake::{Mistake, Mistakes};
use crate::options::LoadOptions;
use crate::tree::{Node, Texts, find, find_within};
use pitlane::Instruments;
use pitlane::error::Coded;
use pitlane::registry::{BuildError, Context, Registry, Services};
use pitlane::source::Source;
use pitlane::topology::{self, Plan};
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

/// A config whose own text is in order: names resolved, sources open, components built. The plan
/// made of it is yet to be checked.
#[derive(Debug)]
pub struct Checked {
    /// The topology as it is to be.
    pub plan: Plan,
    /// What belongs to it.
    pub setup: Setup,
    pub(crate) places: Places,
}

/// A config that can run.
#[derive(Debug)]
pub struct Ready {
    /// The topology.
    pub topology: topology::Checked,
    /// What belongs to it.
    pub setup: Setup,
}

/// What belongs to a topology but is not part of it.
pub struct Setup {
    /// Open sources in the order of the config; those that only the command line names come last.
    pub sources: Vec<(String, Box<dyn Source>)>,
    /// Sources that are routed, but that nothing feeds: no component emits under them, and neither
    /// the config nor an input opens them.
    pub unfed: Vec<String>,
    /// Symbols and their numbers, shared by sources, stages and conditions.
    pub instruments: Instruments,
    /// What the sources are.
    pub source_infos: Vec<Info>,
    /// What the components are, in the order of the config.
    pub components: Vec<Info>,
    /// Where recorded streams go.
    pub journal: JournalSetup,
    /// Number of this run of the engine.
    pub session: u16,
    /// The config as it was understood, command line included.
    pub config: serde_json::Value,
    /// What is odd, but does not keep it from running.
    pub warnings: Mistakes,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.sources.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Setup")
            .field("sources", &names)
            .field("unfed", &self.unfed)
            .field("components", &self.components)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// A source or component, for manifests and graphs.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Info {
    /// Its name.
    pub name: String,
    /// Its format or component type.
    pub r#type: String,
    /// The source name it emits under; a source's is its own.
    pub emits: String,
    /// Options or parameters: those written, and defaults for the others.
    pub parameters: serde_json::Value,
}

/// The texts of a config and the tree made of them: where things stand.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) texts: Texts,
    pub(crate) root: Node,
}

/// What all parts of a check work with.
pub(crate) struct Desk<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) options: &'a LoadOptions,
    /// The tree with all that was written.
    pub(crate) root: &'a Node,
    pub(crate) instruments: Instruments,
    /// The config's folder.
    pub(crate) base: PathBuf,
    pub(crate) session: u16,
    /// Names under `components`, to be looked up.
    pub(crate) component_names: HashSet<String>,
    /// Those that what is being made may ask for.
    pub(crate) services: Services,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Desk<'_> {
    /// The node at a path of the config.
    pub(crate) fn at(&self, path: &str) -> &Node {
        find(self.root, path)
    }

    /// Notes a mistake at a path of the config.
    pub(crate) fn blame(
        &mut self,
        code: crate::codes::Code,
        path: &str,
        message: String,
        help: String,
    ) {
        let mark = find(self.root, path).mark;
        self.mistakes.push(Mistake::new(code, mark, message, help));
    }

    /// What a factory may know.
    pub(crate) fn context(&self, name: &str, instance: usize) -> Context {
        Context {
            name: name.to_owned(),
            instance: u16::try_from(instance).unwrap_or(u16::MAX),
            session: self.session,
            instruments: self.instruments.clone(),
            base: self.base.clone(),
            services: self.services.clone(),
        }
    }

    /// Notes that a factory refused what a node says, unless the mistakes of the node are noted
    /// already.
    pub(crate) fn refused(
        &mut self,
        code: crate::codes::Code,
        node: &Node,
        name: &str,
        error: Option<BuildError>,
        help: String,
    ) {
        let Some(error) = error else { return };
        let parameter = error.parameter.as_deref();
        let at = parameter.and_then(|parameter| find_within(node, parameter));
        let mark = at.map_or(node.mark, |at| at.mark);
        let subject = parameter.unwrap_or(name);
        let (message, help) = match error.message.split_once("; ") {
            Some((message, way_out)) => (message, way_out.to_owned()),
            None => (error.message.as_str(), help),
        };
        let message = if message.contains(subject) {
            message.to_owned()
        } else {
            format!("`{subject}`: {message}")
        };
        let details = error.details().with("cause", error.code);
        self.mistakes.push(Mistake::new(code, mark, message, help).with(details));
    }

    /// Names written in a top-level section.
    pub(crate) fn names(&self, section: &str) -> Vec<String> {
        let entries = self.root.get(section).map_or(&[][..], Node::entries);
        entries.iter().map(|entry| entry.name().to_owned()).collect()
    }
}
