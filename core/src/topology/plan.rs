//! What a topology is to be, as plain data.

use super::{Checked, Problem};
use crate::condition::{Fields, Predicates};
use crate::delivery::Terms;
use crate::durable::SyncPolicy;
use crate::event::Event;
use crate::route::Route;
use crate::stage::Component;
use crate::wait::Wait;
use crate::{Instruments, Tier};
use std::time::Duration;

/// Where stages run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lanes {
    /// As many lanes as there are free cores, never more.
    #[default]
    Auto,
    /// Everything on the thread that runs the topology.
    Fused,
    /// This many lanes for fast stages, each pinned where there is a core for it; sources and
    /// standard workers run beside them.
    Count(usize),
    /// These lanes; standard stages on none of them run on a worker lane.
    List(Vec<LaneSpec>),
}

impl Lanes {
    /// How many lanes are listed by name.
    pub(super) fn listed(&self) -> usize {
        if let Lanes::List(lanes) = self { lanes.len() } else { 0 }
    }
}

/// A lane as configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneSpec {
    /// Its name.
    pub name: String,
    /// The core it is pinned to; `None` leaves it to the system.
    pub cpu: Option<usize>,
    /// How it waits; `None` chooses by what there is.
    pub wait: Option<Wait>,
    /// Names of the components it runs.
    pub stages: Vec<String>,
}

/// How many events have their latency measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Latency {
    /// None; costs nothing.
    #[default]
    Off,
    /// One root in this many, a power of two; 1 is every root.
    OneIn(u64),
}

/// Slots of a ring by default.
pub(super) const DEFAULT_CAPACITY: usize = 4096;

/// Most events a stage handles in one poll by default.
pub(super) const DEFAULT_BATCH_LIMIT: usize = 256;

/// How long a stage may hold its lane before the watchdog reports it, by default.
const DEFAULT_WATCHDOG: Duration = Duration::from_secs(1);

/// A topology as it is to be: sources, components, routes between them, lanes.
///
/// Nothing is checked before [`Plan::check`], which finds all mistakes at once.
///
/// ```
/// use pitlane::event::{Action, MarketData, Side, Signal};
/// use pitlane::stage::{each, Outbox};
/// use pitlane::topology::{Lanes, Plan};
/// use pitlane::Tier;
///
/// let mut plan = Plan::new();
/// plan.component(
///     "buy",
///     each(|event: &MarketData, out: &mut Outbox| {
///         if let Some(trade) = event.as_trade() {
///             out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
///         }
///         Ok(())
///     })
///     .emits::<Signal>(),
/// );
/// plan.route::<MarketData>("feed", Tier::FAST, "buy");
/// plan.lanes(Lanes::Fused);
///
/// let mut running = plan.check().expect("no mistakes").start().expect("it starts");
/// running.publish("feed", &MarketData::trade(1, 0, 100, 1, Side::Bid)).expect("it runs");
/// let report = running.stop();
/// assert_eq!(report.stream("buy").expect("it emits").count, 1);
/// ```
#[derive(Debug)]
pub struct Plan {
    pub(super) instruments: Instruments,
    pub(super) predicates: Predicates,
    pub(super) sources: Vec<(String, Fields)>,
    pub(super) components: Vec<(String, Component)>,
    pub(super) routes: Vec<PlannedRoute>,
    pub(super) recorded: Vec<PlannedRecord>,
    pub(super) subscriptions: Vec<PlannedSubscription>,
    pub(super) lanes: Lanes,
    pub(super) capacity: usize,
    pub(super) stream_capacities: Vec<(String, usize)>,
    pub(super) batch_limit: usize,
    pub(super) digests: bool,
    pub(super) trace: bool,
    pub(super) latency: Latency,
    pub(super) counters: bool,
    pub(super) watchdog: Option<Duration>,
    /// What time is measured with; tests have one that goes when told.
    pub(super) clock: quanta::Clock,
}

/// A route and the events it is for.
#[derive(Debug)]
pub(super) struct PlannedRoute {
    pub(super) source: String,
    pub(super) event: Fields,
    pub(super) tier: Tier,
    /// What a reliable route says about its deliveries.
    pub(super) terms: Terms,
    pub(super) route: Route,
}

/// Streams that are recorded: those of a source and an event type.
#[derive(Clone, Debug)]
pub(super) struct PlannedRecord {
    pub(super) source: String,
    pub(super) event: Fields,
    /// `None`: as the journal says.
    pub(super) sync: Option<SyncPolicy>,
}

/// Routes and the topics they are for.
#[derive(Debug)]
pub(super) struct PlannedSubscription {
    pub(super) topics: Vec<String>,
    pub(super) tier: Tier,
    pub(super) routes: Vec<Route>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            instruments: Instruments::default(),
            predicates: Predicates::default(),
            sources: Vec::new(),
            components: Vec::new(),
            routes: Vec::new(),
            recorded: Vec::new(),
            subscriptions: Vec::new(),
            lanes: Lanes::default(),
            capacity: DEFAULT_CAPACITY,
            stream_capacities: Vec::new(),
            batch_limit: DEFAULT_BATCH_LIMIT,
            digests: false,
            trace: false,
            latency: Latency::Off,
            counters: true,
            watchdog: Some(DEFAULT_WATCHDOG),
            clock: quanta::Clock::new(),
        }
    }
}

impl Plan {
    /// An empty plan.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The instruments that conditions of this topology know; empty and new by default.
    pub fn instruments(&mut self, instruments: Instruments) -> &mut Self {
        self.instruments = instruments;
        self
    }

    /// Named predicates for conditions.
    pub fn predicates(&mut self, predicates: Predicates) -> &mut Self {
        self.predicates = predicates;
        self
    }

    /// Declares that events of type `E` enter under this source name. Sources that are routed and
    /// that no component emits under are ingresses without being declared.
    pub fn source<E: Event>(&mut self, name: &str) -> &mut Self {
        self.sources.push((name.into(), Fields::of::<E>()));
        self
    }

    /// Adds a component.
    pub fn component(&mut self, name: &str, component: impl Into<Component>) -> &mut Self {
        self.components.push((name.into(), component.into()));
        self
    }

    /// Routes the events of type `E` of a source.
    pub fn route<E: Event>(
        &mut self,
        source: &str,
        tier: Tier,
        route: impl Into<Route>,
    ) -> &mut Self {
        self.route_fields(source, Fields::of::<E>(), tier, route)
    }

    /// As [`Plan::route`], for an event type known at run time only.
    pub fn route_fields(
        &mut self,
        source: &str,
        event: Fields,
        tier: Tier,
        route: impl Into<Route>,
    ) -> &mut Self {
        self.route_on(Terms::default(), source, event, tier, route.into())
    }

    /// Routes the events of type `E` of a source on the reliable tier: see [`crate::delivery`]. What it
    /// needs from outside comes with [`Checked::journal`] and [`Checked::couriers`].
    pub fn reliable<E: Event>(
        &mut self,
        source: &str,
        terms: Terms,
        route: impl Into<Route>,
    ) -> &mut Self {
        self.reliable_fields(source, Fields::of::<E>(), terms, route)
    }

    /// As [`Plan::reliable`], for an event type known at run time only.
    pub fn reliable_fields(
        &mut self,
        source: &str,
        event: Fields,
        terms: Terms,
        route: impl Into<Route>,
    ) -> &mut Self {
        self.route_on(terms, source, event, Tier::Reliable, route.into())
    }

    fn route_on(
        &mut self,
        terms: Terms,
        source: &str,
        event: Fields,
        tier: Tier,
        route: Route,
    ) -> &mut Self {
        self.routes.push(PlannedRoute { source: source.into(), event, tier, terms, route });
        self
    }

    /// Journals the streams of events of type `E` of a source: see [`crate::durable`]. The journal
    /// itself comes with [`Checked::journal`]. `sync` says when they become durable; `None` leaves that
    /// to the journal.
    pub fn record<E: Event>(&mut self, source: &str, sync: Option<SyncPolicy>) -> &mut Self {
        self.record_fields(source, Fields::of::<E>(), sync)
    }

    /// As [`Plan::record`], for an event type known at run time only.
    pub fn record_fields(
        &mut self,
        source: &str,
        event: Fields,
        sync: Option<SyncPolicy>,
    ) -> &mut Self {
        self.recorded.push(PlannedRecord { source: source.into(), event, sync });
        self
    }

    /// Takes back all that was to be recorded.
    pub fn record_nothing(&mut self) -> &mut Self {
        self.recorded.clear();
        for route in self.routes.iter_mut().filter(|route| route.tier == Tier::Reliable) {
            route.tier = Tier::Standard;
        }
        self
    }

    /// Routes the events whose topics match one of these patterns, see [`crate::topic`]: each event once,
    /// whatever its type and source. Patterns see the streams of routes, components and declared
    /// sources ([`Plan::source`]); what matches none of them is among the warnings of the check.
    ///
    /// ```
    /// use pitlane::event::{MarketData, Side};
    /// use pitlane::testing::Recorder;
    /// use pitlane::topology::{Lanes, Plan};
    /// use pitlane::{Instruments, Tier};
    ///
    /// let instruments = Instruments::new();
    /// let [aapl, msft] = ["AAPL.XNAS", "MSFT.XNAS"].map(|symbol| instruments.intern(symbol));
    /// let trades = Recorder::<MarketData>::new();
    /// let mut plan = Plan::new();
    /// plan.instruments(instruments).lanes(Lanes::Fused).source::<MarketData>("feed");
    /// plan.subscribe(["md.*.trade.AAPL.XNAS"], Tier::FAST, trades.sink());
    ///
    /// let mut running = plan.check().expect("no mistakes").start()?;
    /// for instrument in [aapl, msft, aapl] {
    ///     running.publish("feed", &MarketData::trade(instrument, 0, 100, 1, Side::Bid))?;
    /// }
    /// assert!(running.stop().is_complete());
    /// assert_eq!(trades.events().len(), 2);
    /// # Ok::<(), pitlane::topology::RunError>(())
    /// ```
    pub fn subscribe<T: Into<String>>(
        &mut self,
        topics: impl IntoIterator<Item = T>,
        tier: Tier,
        route: impl Into<Route>,
    ) -> &mut Self {
        self.subscribe_all(topics, tier, vec![route.into()])
    }

    /// As [`Plan::subscribe`], to several routes, each of which gets every event.
    pub fn subscribe_all<T: Into<String>>(
        &mut self,
        topics: impl IntoIterator<Item = T>,
        tier: Tier,
        routes: Vec<Route>,
    ) -> &mut Self {
        let topics = topics.into_iter().map(Into::into).collect();
        self.subscriptions.push(PlannedSubscription { topics, tier, routes });
        self
    }

    /// Where stages run; as many lanes as there are cores by default.
    pub fn lanes(&mut self, lanes: Lanes) -> &mut Self {
        self.lanes = lanes;
        self
    }

    /// Slots of each ring, a power of two; 4096 by default.
    pub fn capacity(&mut self, slots: usize) -> &mut Self {
        self.capacity = slots;
        self
    }

    /// Slots of one stream's ring; the stream by its name: `feed`, `strategy/sma`.
    pub fn stream_capacity(&mut self, stream: &str, slots: usize) -> &mut Self {
        self.stream_capacities.push((stream.into(), slots));
        self
    }

    /// Most events a stage handles before the next one's turn; 256 by default.
    pub fn batch_limit(&mut self, events: usize) -> &mut Self {
        self.batch_limit = events;
        self
    }

    /// Whether each stream's bytes are hashed; off by default.
    pub fn digests(&mut self, on: bool) -> &mut Self {
        self.digests = on;
        self
    }

    /// Whether it is kept which event came of which, see [`crate::trace`]; off by default.
    pub fn trace(&mut self, on: bool) -> &mut Self {
        self.trace = on;
        self
    }

    /// How many events have their latency measured; none by default.
    pub fn latency(&mut self, latency: Latency) -> &mut Self {
        self.latency = latency;
        self
    }

    /// Whether stages, links, lanes and rings count what they do; on by default. Without it reports
    /// and monitors show zeros: for measuring what counting costs.
    pub fn counters(&mut self, on: bool) -> &mut Self {
        self.counters = on;
        self
    }

    /// How long a stage may hold its lane with one event, or with the up to sixteen that it is handed at a time,
    /// before it is reported as stuck; one second by default, `None` for no watchdog.
    pub fn watchdog(&mut self, limit: Option<Duration>) -> &mut Self {
        self.watchdog = limit;
        self
    }

    /// What the components added by name emit: source name and event type, in their order.
    pub fn emissions(&self) -> impl Iterator<Item = (&str, Fields)> {
        self.components.iter().flat_map(|(name, component)| {
            let source = component.emits_under.as_deref().unwrap_or(name);
            component.outputs.iter().map(move |fields| (source, *fields))
        })
    }

    /// Checks everything.
    ///
    /// # Errors
    /// All problems there are, when at least one of them is an error.
    pub fn check(self) -> Result<Checked, Vec<Problem>> {
        super::check::check(self)
    }
}
