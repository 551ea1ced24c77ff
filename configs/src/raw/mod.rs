//! What was written: the shape of a config file, before anything is known of what its names mean.
//!
//! These types are read by this crate's own deserializer alone: it gives meaning to their names
//! (see [`mod@crate::read`]) and refuses unknown keys for all of them but the open ones, whose other
//! keys are parameters for the registered type.

mod consumer;
mod journal;
mod reliable;
mod shapes;
mod words;

pub(crate) use consumer::{ByWord, Consumer, LongConsumer, Middleware, RunsWord};
pub(crate) use journal::{Journal, OnJournalFullWord, Record, RecordOptions, Retention, SyncWord};
pub(crate) use reliable::{Breaker, DeliveryRetry, FailureWord, JitterWord, OrderingWord};
pub(crate) use words::{Duration, LaneWord, Sampling, Switch, Watchdog};

use indexmap::IndexMap;
use pitlane::route::OnFull;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Pitlane config: which market data enters, which components there are, and where events go.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Version of the format.
    #[serde(default = "version")]
    #[schemars(range(min = 1, max = 1))]
    pub(crate) pitlane: u32,
    /// Number of this run of the engine: the upper 16 bits of order ids.
    #[serde(default)]
    pub(crate) session: u16,
    /// Where market data comes from, by name. A source that is routed but neither stands here nor
    /// is what a component emits under is an ingress, which `replay` fills by `--input`.
    #[serde(default)]
    pub(crate) sources: IndexMap<String, Source>,
    /// Forms of CSV files by names of one's own, for `preset` of sources: keys as sources have them.
    #[serde(default)]
    #[schemars(
        with = "std::collections::BTreeMap<String, serde_json::Map<String, serde_json::Value>>"
    )]
    #[expect(dead_code, reason = "sources have taken theirs before this is read")]
    pub(crate) presets: IndexMap<String, serde::de::IgnoredAny>,
    /// Strategies, risk gates, sinks and all else that takes events, by name.
    #[serde(default)]
    pub(crate) components: IndexMap<String, Component>,
    /// Where events go: source, then event type, then routes.
    #[serde(default)]
    pub(crate) routing: IndexMap<String, IndexMap<String, Topic>>,
    /// Where recorded streams go: those with `record: true`.
    #[serde(default)]
    pub(crate) journal: Journal,
    /// Where events go by their topics: patterns, then routes.
    #[serde(default)]
    pub(crate) topics: Vec<Subscription>,
    /// Where stages run: `auto` (as many lanes as there are free cores), `fused` (all on one
    /// thread), a number of lanes, or a list of lanes.
    #[serde(default)]
    #[schemars(extend("default" = "auto"))]
    pub(crate) lanes: Lanes,
    /// Sizes of rings and batches.
    #[serde(default)]
    pub(crate) rings: Rings,
    /// For how many events latency is measured: `off`, `every`, or `1/N` with N a power of two.
    #[serde(default)]
    pub(crate) latency: Sampling,
    /// How long a stage may hold its lane with one event, or the up to sixteen it is handed at a time, before it
    /// is reported as stuck; or `off`.
    #[serde(default)]
    pub(crate) watchdog: Watchdog,
    /// Whether the bytes of each stream are hashed, to compare runs.
    #[serde(default)]
    pub(crate) digests: bool,
    /// Whether it is kept which event came of which, for `pitlane trace`: `on` or `off`.
    #[serde(default)]
    pub(crate) trace: Switch,
}

fn version() -> u32 {
    1
}

/// A source; all other keys are options of the format.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename = "$open:Source")]
#[schemars(rename = "Source")]
pub(crate) struct Source {
    /// A registered format: `csv`, `dbn`, `generate`; may be left out where the extension of the
    /// files tells it.
    pub(crate) format: String,
}

/// A component: its type alone, or with parameters.
#[derive(Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Component {
    #[serde(rename = "scalar")]
    Short(String),
    #[serde(rename = "map")]
    Long(LongComponent),
}

/// A component; all other keys are parameters of the type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename = "$open:Component")]
#[schemars(rename = "Component")]
pub(crate) struct LongComponent {
    /// A registered component type.
    pub(crate) r#type: String,
    /// The source name it emits under; by default its own name.
    #[serde(default)]
    pub(crate) emits: Option<String>,
    /// What happens when it fails on an event: `halt`, `skip`, `restart`.
    #[serde(default)]
    pub(crate) on_error: OnErrorWord,
    /// Most restarts in a run, with `on_error: restart`; by default 3.
    #[serde(default)]
    pub(crate) restarts: Option<u32>,
    /// Standard tier: how often an event is tried before `on_error` decides; by default once.
    #[serde(default)]
    pub(crate) retry: Option<Retry>,
    /// How it takes events: `inline`, `worker`, or more.
    #[serde(default)]
    pub(crate) consumer: Option<Consumer>,
    /// What stands around it, the first outermost.
    #[serde(default)]
    pub(crate) middleware: Vec<Middleware>,
}

/// What happens when a component fails on an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OnError")]
pub(crate) enum OnErrorWord {
    /// The topology stops.
    #[default]
    Halt,
    /// The event is left out and kept as a dead letter.
    Skip,
    /// The same, and a fresh component goes on.
    Restart,
}

/// How often and when a failed event is tried again.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    /// How often an event is tried, the first time counted.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) attempts: u32,
    /// Time between the first two attempts; it doubles with each further one.
    pub(crate) delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, delay: Duration(std::time::Duration::from_millis(10)) }
    }
}

impl Component {
    pub(crate) fn kind(&self) -> &str {
        match self {
            Component::Short(kind) => kind,
            Component::Long(long) => &long.r#type,
        }
    }

    /// What it says beside its parameters.
    pub(crate) fn long(&self) -> Option<&LongComponent> {
        match self {
            Component::Short(_) => None,
            Component::Long(long) => Some(long),
        }
    }

    pub(crate) fn emits(&self) -> Option<&str> {
        match self {
            Component::Short(_) => None,
            Component::Long(long) => long.emits.as_deref(),
        }
    }
}

/// Where the events of one source and type go: a list of routes on the standard tier, or more.
#[derive(Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Topic {
    #[serde(rename = "list")]
    Short(Vec<Route>),
    #[serde(rename = "map")]
    Long(Box<LongTopic>),
}

/// Where the events of one source and type go, and how.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Topic")]
pub(crate) struct LongTopic {
    /// How carefully and how fast events are carried.
    #[serde(default)]
    pub(crate) tier: TierWord,
    /// Fast tier: most events gathered before they become visible; by default 1000.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) batch: Option<usize>,
    /// Fast tier: longest time they are gathered, 0 publishes each at once; by default 1ms.
    #[serde(default)]
    pub(crate) max_wait: Option<Duration>,
    /// What the links of these routes do when their readers are too slow, where a route does not say.
    #[serde(default)]
    pub(crate) on_full: OnFullWord,
    /// Reliable tier: when what is recorded becomes durable, and with it may be delivered; by default as
    /// `journal` says.
    #[serde(default)]
    pub(crate) sync: Option<SyncWord>,
    /// Reliable tier: how often and when a failed delivery is tried again.
    #[serde(default)]
    pub(crate) retry: Option<DeliveryRetry>,
    /// Reliable tier: when a component that keeps failing is left alone.
    #[serde(default)]
    pub(crate) breaker: Option<Breaker>,
    /// Reliable tier: what is older when its turn comes is a dead letter; by default nothing is too old.
    #[serde(default)]
    pub(crate) expire_after: Option<Duration>,
    /// Reliable tier: which deliveries wait for which: `instrument`, `none`; by default `instrument`.
    #[serde(default)]
    pub(crate) ordering: Option<OrderingWord>,
    /// Reliable tier: what happens when the journal has no room, in place of what `journal` says.
    #[serde(default)]
    pub(crate) on_journal_full: Option<OnJournalFullWord>,
    /// Reliable tier: most deliveries in memory, by default 65536; the rest stays in the journal.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) window: Option<usize>,
    /// Whether these streams are kept in the journal: `true`, or options.
    #[serde(default)]
    #[schemars(extend("default" = false))]
    pub(crate) record: Record,
    /// Each route gets every event. What is recorded may go nowhere else.
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
}

/// Where the events go whose topics match, and how.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    /// A pattern, or several: `md.*.trade.AAPL.XNAS`, `order.>`. `*` is one level, `>` the rest.
    pub(crate) subscribe: Patterns,
    /// How carefully and how fast events are carried.
    #[serde(default)]
    pub(crate) tier: TierWord,
    /// Fast tier: most events gathered before they become visible; by default 1000.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) batch: Option<usize>,
    /// Fast tier: longest time they are gathered, 0 publishes each at once; by default 1ms.
    #[serde(default)]
    pub(crate) max_wait: Option<Duration>,
    /// What the links of these routes do when their readers are too slow, where a route does not say.
    #[serde(default)]
    pub(crate) on_full: OnFullWord,
    /// Each route gets every event that one of the patterns matches.
    pub(crate) routes: Vec<Route>,
}

/// One pattern of topics, or several.
#[derive(Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Patterns {
    #[serde(rename = "scalar")]
    One(String),
    #[serde(rename = "list")]
    Several(Vec<String>),
}

impl Patterns {
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Patterns::One(one) => std::slice::from_ref(one),
            Patterns::Several(several) => several,
        }
    }
}

/// A tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Tier")]
pub(crate) enum TierWord {
    /// In memory, to lanes pinned to cores.
    Fast,
    /// In memory, to a worker that may sleep.
    #[default]
    Standard,
    /// Journaled, retried, dead-lettered.
    Reliable,
}

/// What a link does when its reader is too slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OnFull")]
pub(crate) enum OnFullWord {
    /// The writer waits.
    #[default]
    Block,
    /// New events are dropped.
    DropNewest,
    /// The oldest events are overwritten.
    DropOldest,
    /// The latest event of each instrument and kind waits for room.
    Conflate,
}

impl From<OnFullWord> for OnFull {
    fn from(word: OnFullWord) -> Self {
        match word {
            OnFullWord::Block => OnFull::Block,
            OnFullWord::DropNewest => OnFull::DropNewest,
            OnFullWord::DropOldest => OnFull::DropOldest,
            OnFullWord::Conflate => OnFull::Conflate,
        }
    }
}

/// A component's name, or a route made of others.
#[derive(Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Route {
    #[serde(rename = "scalar")]
    To(String),
    #[serde(rename = "map")]
    Made(Box<MadeRoute>),
}

/// A route made of others. Which keys it takes depends on its type; all other keys are parameters
/// of a registered adapter.
#[derive(Debug, Deserialize)]
#[serde(rename = "$open:Route")]
pub(crate) struct MadeRoute {
    pub(crate) r#type: String,
    #[serde(default)]
    pub(crate) on_full: Option<OnFullWord>,
    #[serde(default)]
    pub(crate) condition: Option<String>,
    #[serde(default)]
    pub(crate) with: Option<Route>,
    #[serde(default)]
    pub(crate) steps: Option<Vec<Route>>,
    #[serde(default)]
    pub(crate) targets: Option<Vec<Route>>,
    #[serde(default)]
    pub(crate) target: Option<Route>,
    #[serde(default)]
    pub(crate) by: Option<ByWord>,
    #[serde(default)]
    pub(crate) replicas: Option<usize>,
    #[serde(default)]
    pub(crate) middleware: Vec<Middleware>,
}

/// Where stages run.
#[derive(Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Lanes {
    #[serde(rename = "scalar")]
    Word(LaneWord),
    #[serde(rename = "list")]
    List(Vec<Lane>),
}

impl Default for Lanes {
    fn default() -> Self {
        Lanes::Word(LaneWord::Auto)
    }
}

/// A lane.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lane {
    /// Its name, in reports and logs.
    pub(crate) name: String,
    /// The core it is pinned to; by default the system chooses.
    #[serde(default)]
    pub(crate) cpu: Option<usize>,
    /// How it waits when there is nothing to do; by default chosen by tier and cores.
    #[serde(default)]
    pub(crate) wait: Option<WaitWord>,
    /// Names of the components it runs.
    pub(crate) stages: Vec<String>,
}

/// How a lane waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Wait")]
pub(crate) enum WaitWord {
    /// Never gives the core away.
    BusySpin,
    /// Spins a little, then yields to other threads.
    SpinYield,
    /// Spins, yields, then sleeps ever longer, up to a millisecond.
    Backoff,
    /// Spins a little, then sleeps until it is woken.
    Park,
}

/// Sizes of rings and batches.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rings {
    /// Slots of each ring: a power of two.
    #[schemars(range(min = 2))]
    pub(crate) capacity: usize,
    /// Slots of single streams by name (`feed`, `strategy/sma`): powers of two.
    pub(crate) streams: IndexMap<String, usize>,
    /// Most events a stage handles before the next one's turn.
    #[schemars(range(min = 1))]
    pub(crate) batch: usize,
}

impl Default for Rings {
    fn default() -> Self {
        Self { capacity: 4096, streams: IndexMap::new(), batch: 256 }
    }
}
