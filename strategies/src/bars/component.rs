//! `bars`: bars as events.

use super::build::{BarOptions, Bars, Built, Clock, Of};
use super::span::{Span, duration};
use crate::{Amount, Counts, Handles};
use pitlane::event::MarketData;
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::{Builder, Fault, On, Outbox, Stage, component};
use schemars::JsonSchema;
use serde::Deserialize;

/// Events of a bar: at most two sides of prices and its end.
const PARTS: usize = 3;

/// Most bars of an instrument that may be open at once.
const MOST_OPEN: usize = 100;

/// Most instruments whose last bars are given at the end.
const MOST_INSTRUMENTS: u32 = 10_000;

/// Parameters of `bars`. One of `every`, `count` and `volume` is required.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("examples" = [{ "every": "1m" }]))]
pub struct BarsParams {
    /// Length of a time bar: a whole number and one of `ns us ms s m h d`, such as `1m`. No default.
    pub every: Option<String>,
    /// Events in a bar: 1 or more. No default.
    #[schemars(range(min = 1), extend("unit" = "events"))]
    pub count: Option<u64>,
    /// Volume of a bar of trades, more than 0: it ends with the trade that reaches it. No default.
    #[schemars(extend("unit" = "units of the instrument"))]
    pub volume: Option<Amount>,
    /// `trades`, or `quotes`: bid and ask, each for itself. Default `trades`.
    pub of: Of,
    /// Which time of an event counts: `event`, the venue's, or `recv`, that of the capture. Default
    /// `event`.
    pub clock: Clock,
    /// How long after its end a time bar waits for late events: up to 98 times `every`. Default `0`:
    /// none; they are counted and left out.
    pub wait: String,
    /// Most instruments whose last, unfinished bars are given at the end: 1 to 10,000. Default 256.
    #[schemars(range(min = 1, max = 10_000), extend("unit" = "instruments"))]
    pub instruments: u32,
}

impl Default for BarsParams {
    fn default() -> Self {
        Self {
            every: None,
            count: None,
            volume: None,
            of: Of::Trades,
            clock: Clock::Event,
            wait: "0".into(),
            instruments: 256,
        }
    }
}

impl BarsParams {
    fn span(&self) -> Result<Span, BuildError> {
        let refuse = |name: &str, message: &str| BuildError::parameter(name, message);
        match (&self.every, self.count, &self.volume) {
            (Some(every), None, None) => {
                every.parse().map_err(|error: String| refuse("every", &error))
            }
            (None, Some(count), None) if count > 0 => Ok(Span::Count(count)),
            (None, Some(_), None) => {
                Err(refuse("count", "count is 0: a bar holds one event or more"))
            }
            (None, None, Some(_)) if self.of == Of::Quotes => Err(refuse(
                "volume",
                "quotes have no volume: use `every` or `count`, or `of: trades`",
            )),
            (None, None, Some(volume)) if volume.is_positive() => Ok(Span::Volume(volume.units())),
            (None, None, Some(_)) => Err(refuse("volume", "volume must be more than 0")),
            (None, None, None) => Err(refuse(
                "every",
                "how long a bar is is missing: give `every`, `count` or `volume`",
            )),
            _ => Err(refuse("every", "give one of `every`, `count` and `volume`")),
        }
    }

    fn options(&self) -> Result<BarOptions, BuildError> {
        let span = self.span()?;
        let wait = duration(&self.wait).ok_or_else(|| {
            let message = format!("wait is `{}`: write a length of time such as 500ms", self.wait);
            BuildError::parameter("wait", message)
        })?;
        let options = BarOptions { span, of: self.of, clock: self.clock, wait };
        if options.most_open() > MOST_OPEN {
            let message = format!("wait is {}: {} times `every` at most", self.wait, MOST_OPEN - 2);
            return Err(BuildError::parameter("wait", message));
        }
        if !(1..=MOST_INSTRUMENTS).contains(&self.instruments) {
            let message =
                format!("instruments is {}: it must be 1 to {MOST_INSTRUMENTS}", self.instruments);
            return Err(BuildError::parameter("instruments", message));
        }
        Ok(options)
    }
}

const LATE: usize = 0;
const UNFINISHED: usize = 1;

/// Makes bars of all instruments.
#[derive(Debug)]
pub struct BarStage {
    bars: Bars,
    most: usize,
    name: String,
    counts: Counts,
}

impl BarStage {
    /// With these parameters; `name` is the component's, for its log.
    ///
    /// # Errors
    /// Where a value makes no sense.
    pub fn new(params: &BarsParams, name: impl Into<String>) -> Result<Self, BuildError> {
        let options = params.options()?;
        let most = PARTS * options.most_open().max(params.instruments as usize);
        let counts = Counts::new(["late", "unfinished"]);
        Ok(Self { bars: Bars::new(options), most, name: name.into(), counts })
    }

    /// Handle to what was left out: `late` events, and `unfinished` bars at the end.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// As a component.
    pub fn component(self) -> Builder<Self> {
        let most = self.most;
        component(self).on::<MarketData>().emits::<MarketData>().max_emissions(most)
    }
}

impl Stage for BarStage {
    fn on_stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        let mut left = self.most / PARTS;
        let counts = &self.counts;
        self.bars.finish(|built| match left.checked_sub(1) {
            Some(less) => {
                left = less;
                emit(&built, out);
            }
            None => counts.add_one(UNFINISHED),
        });
        if self.counts.iter().any(|(_, count)| count > 0) {
            tracing::warn!(stage = %self.name, counts = %self.counts, "left out of bars");
        }
        Ok(())
    }
}

impl On<MarketData> for BarStage {
    #[inline]
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        let late = self.bars.late();
        self.bars.push(event, |built| emit(&built, out));
        if self.bars.late() > late {
            self.counts.add_one(LATE);
        }
        Ok(())
    }
}

fn emit(built: &Built, out: &mut Outbox) {
    built.bar.events().for_each(|event| out.emit(event));
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "Bars of trades or quotes, by time, by count or by volume.";
    registry.component("bars", doc, move |params: BarsParams, context| {
        let stage = BarStage::new(&params, &context.name)?;
        handles.add_counts(&context.name, stage.counts());
        Ok(stage.component().into())
    });
}
