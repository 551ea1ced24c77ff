//! From text to what can run.

use super::journal::{self, JournalSetup, RecordedTopic};
use super::{Checked, Desk, Info, Places, Ready, Setup};
use super::{
    components, formats, inputs, problems, prune, resolved, routes, settings, sources, topics,
};
use crate::codes;
use crate::mistake::{Mistake, Mistakes};
use crate::options::LoadOptions;
use crate::raw;
use crate::tree::{Node, Texts, parse};
use pitlane::event::MarketData;
use pitlane::registry::{Registry, Services};
use pitlane::source::Source;
use pitlane::stage::Component;
use pitlane::topology::{Lanes, Latency, Plan};
use pitlane::{Instruments, Tier};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

/// Reads the text of a config file.
///
/// # Errors
/// Where there is no such file, or it is not text.
pub fn read(path: &Path) -> Result<String, Mistakes> {
    std::fs::read_to_string(path).map_err(|error| {
        let (message, help) = match error.kind() {
            std::io::ErrorKind::NotFound => (
                "there is no such file".to_owned(),
                "check the path; `pitlane init DIR` writes a config to begin with",
            ),
            std::io::ErrorKind::InvalidData => (
                "the file is not text in UTF-8".to_owned(),
                "a config is a YAML file; save it as UTF-8",
            ),
            _ => (
                format!("the file cannot be read: {error}"),
                "check that it is a file and that you may read it",
            ),
        };
        Mistakes::placeless(codes::UNREADABLE, path.display().to_string(), message, help.into())
    })
}

/// Makes a plan of the text of a config. `origin` is the file it came from: messages name it, and
/// relative paths count from its folder.
///
/// # Errors
/// All mistakes of the config and of what the command line changes in it, warnings included. Those
/// of the topology come after these, see [`check`], which finds both at once.
pub fn load(
    text: &str,
    origin: &Path,
    registry: &Registry,
    options: &LoadOptions,
) -> Result<Checked, Mistakes> {
    let Examined { assembly, mistakes, places } = examine(text, origin, registry, options);
    match (assembly, places) {
        (Some(assembly), Some(root)) if !mistakes.has_errors() => {
            let (plan, setup) = assembly.split(registry, mistakes);
            Ok(Checked { plan, setup, places: root })
        }
        _ => Err(mistakes),
    }
}

/// Makes what can run of the text of a config: [`load`], then the check of the topology.
///
/// # Errors
/// All mistakes there are: those of the config, and those of the topology as far as it is known.
pub fn check(
    text: &str,
    origin: &Path,
    registry: &Registry,
    options: &LoadOptions,
) -> Result<Ready, Mistakes> {
    let Examined { assembly, mistakes, places } = examine(text, origin, registry, options);
    let (Some(assembly), Some(places)) = (assembly, places) else { return Err(mistakes) };
    if !mistakes.has_errors() {
        let (plan, setup) = assembly.split(registry, mistakes);
        return Checked { plan, setup, places }.check();
    }
    // What is left of the topology is looked at too, for mistakes of its own.
    let is_whole = assembly.is_whole;
    let (plan, _) = assembly.split(registry, Mistakes::default());
    let mut all = mistakes.list().to_vec();
    if let Err(problems) = plan.check() {
        problems::add_of_a_part(&problems, &places, is_whole, &mut all);
    }
    Err(Mistakes::new(all, places.texts))
}

impl Checked {
    /// Checks the topology.
    ///
    /// # Errors
    /// All its mistakes, at their places in the config.
    pub fn check(self) -> Result<Ready, Mistakes> {
        let Self { plan, mut setup, places } = self;
        let mut all = setup.warnings.list().to_vec();
        match plan.check() {
            Ok(topology) => {
                problems::add(topology.warnings(), &places, &mut all);
                setup.warnings = Mistakes::new(all, places.texts);
                Ok(Ready { topology, setup })
            }
            Err(found) => {
                problems::add(&found, &places, &mut all);
                Err(Mistakes::new(all, places.texts))
            }
        }
    }
}

/// What a config says, as far as it can be understood.
struct Examined {
    assembly: Option<Assembly>,
    mistakes: Mistakes,
    places: Option<Places>,
}

/// All that a plan is made of.
pub(super) struct Assembly {
    /// Whether no component is stood in for.
    pub(super) is_whole: bool,
    pub(super) components: Vec<(String, Component)>,
    pub(super) component_infos: Vec<Info>,
    pub(super) sources: Vec<(String, Box<dyn Source>)>,
    pub(super) source_infos: Vec<Info>,
    pub(super) routes: Vec<routes::Entry>,
    pub(super) recorded: Vec<RecordedTopic>,
    pub(super) journal: JournalSetup,
    pub(super) subscriptions: Vec<topics::Subscription>,
    /// Sources that only subscriptions take.
    pub(super) subscribed: Vec<String>,
    pub(super) unfed: Vec<String>,
    pub(super) instruments: Instruments,
    pub(super) lanes: Lanes,
    pub(super) rings: raw::Rings,
    pub(super) latency: Latency,
    pub(super) watchdog: Option<Duration>,
    pub(super) digests: bool,
    pub(super) trace: bool,
    pub(super) session: u16,
    pub(super) config: serde_json::Value,
}

impl Assembly {
    fn split(self, registry: &Registry, warnings: Mistakes) -> (Plan, Setup) {
        let mut plan = Plan::new();
        plan.instruments(self.instruments.clone());
        plan.predicates(registry.predicates().clone());
        for (name, component) in self.components {
            plan.component(&name, component);
        }
        for source in &self.subscribed {
            plan.source::<MarketData>(source);
        }
        for routes::Entry { source, event, tier, terms, route } in self.routes {
            match tier {
                Tier::Reliable => plan.reliable_fields(&source, event, terms, route),
                _ => plan.route_fields(&source, event, tier, route),
            };
        }
        for (source, event, sync) in self.recorded {
            plan.record_fields(&source, event, sync);
        }
        for topics::Subscription { topics, tier, routes } in self.subscriptions {
            plan.subscribe_all(topics, tier, routes);
        }
        plan.lanes(self.lanes).capacity(self.rings.capacity).batch_limit(self.rings.batch);
        for (stream, slots) in &self.rings.streams {
            plan.stream_capacity(stream, *slots);
        }
        plan.latency(self.latency).watchdog(self.watchdog).digests(self.digests);
        plan.trace(self.trace);
        let setup = Setup {
            sources: self.sources,
            unfed: self.unfed,
            instruments: self.instruments,
            source_infos: self.source_infos,
            components: self.component_infos,
            journal: self.journal,
            session: self.session,
            config: self.config,
            warnings,
        };
        (plan, setup)
    }
}

fn examine(text: &str, origin: &Path, registry: &Registry, options: &LoadOptions) -> Examined {
    let mut texts = Texts::default();
    let file = texts.add(origin.display().to_string(), text);
    let (root, mut mistakes) = parse(&texts, file);
    let Some(mut root) = root else {
        if mistakes.is_empty() {
            let span = texts.span(file, 0, 0);
            let help =
                "write at least `routing:`; `pitlane init DIR` writes a config to begin with";
            mistakes.push(Mistake::new(codes::MISSING_KEY, span, "the config is empty", help));
        }
        return Examined { assembly: None, mistakes: Mistakes::new(mistakes, texts), places: None };
    };
    inputs::apply(&mut root, &mut texts, registry, options, &mut mistakes);
    formats::complete(&mut root, registry);
    root.number();
    let Some(config) = prune::read_what_can_be_read(&root, &mut mistakes) else {
        return Examined { assembly: None, mistakes: Mistakes::new(mistakes, texts), places: None };
    };
    let base = origin.parent().unwrap_or(Path::new("")).to_owned();
    let (assembly, mistakes) = assemble(&config, &root, base, registry, options, mistakes);
    Examined {
        assembly: Some(assembly),
        mistakes: Mistakes::new(mistakes, texts.clone()),
        places: Some(Places { texts, root }),
    }
}

/// Puts stand-ins where components could not be built; gives whether there are none.
fn fill_gaps(components: &mut Vec<(String, Component)>, desk: &Desk<'_>) -> bool {
    let built = components.len();
    for name in desk.names("components") {
        if !components.iter().any(|(other, _)| *other == name) {
            components.push((name, routes::anything()));
        }
    }
    components.len() == built
}

fn assemble(
    config: &raw::Config,
    root: &Node,
    base: std::path::PathBuf,
    registry: &Registry,
    options: &LoadOptions,
    mistakes: Vec<Mistake>,
) -> (Assembly, Vec<Mistake>) {
    let mut desk = Desk {
        registry,
        options,
        root,
        instruments: Instruments::new(),
        base,
        session: config.session,
        component_names: HashSet::new(),
        services: Services::default(),
        mistakes,
    };
    desk.component_names = desk.names("components").into_iter().collect();
    settings::check_version(config.pitlane, &mut desk);
    settings::check_names(&mut desk);
    for symbol in &options.instruments {
        let _ = desk.instruments.intern(symbol);
    }
    let base = desk.base.clone();
    let journal = journal::setup(config, &base, &mut desk);
    let recorded = journal::recorded(config, &desk);
    if !recorded.is_empty() || journal.persists && journal.is_needed {
        journal::know(&journal.path, journal.is_needed, &mut desk);
    }
    let (sources, source_infos) = sources::open(&config.sources, &mut desk);
    let (mut components, component_infos) = components::build(&config.components, &mut desk);
    let is_whole = fill_gaps(&mut components, &desk);
    let routes = routes::convert(config, &mut desk);
    let subscriptions = topics::convert(config, &mut desk);
    let assembly = Assembly {
        subscriptions,
        subscribed: topics::sources(config),
        unfed: routes::unfed(config, &mut desk),
        recorded,
        journal,
        is_whole,
        components,
        component_infos,
        sources,
        source_infos,
        routes,
        instruments: desk.instruments.clone(),
        lanes: settings::lanes(&config.lanes),
        rings: config.rings.clone(),
        latency: settings::latency(config.latency),
        watchdog: config.watchdog.0,
        digests: config.digests,
        trace: config.trace.is_on(),
        session: desk.session,
        config: resolved::json(root),
    };
    routes::warn_of_unused_sources(config, &mut desk);
    (assembly, desk.mistakes)
}
