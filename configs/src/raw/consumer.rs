//! How a component takes events, and what stands around it or a route.

use pitlane::stage::Runs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a component takes events: where it runs, or more.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Consumer {
    #[serde(rename = "scalar")]
    Short(RunsWord),
    #[serde(rename = "map")]
    Long(LongConsumer),
}

/// How a component takes events.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LongConsumer")]
pub(crate) struct LongConsumer {
    /// Where it runs, if no lane names it.
    #[serde(default)]
    pub(crate) runs: RunsWord,
    /// Most events in a slice, of types that take whole slices; by default a poll's.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) batch: Option<usize>,
    /// A condition that events must meet, wherever the component stands.
    #[serde(default)]
    pub(crate) when: Option<String>,
}

impl Consumer {
    pub(crate) fn long(&self) -> LongConsumer {
        match self {
            Consumer::Short(runs) => LongConsumer { runs: *runs, ..LongConsumer::default() },
            Consumer::Long(long) => long.clone(),
        }
    }
}

/// Where a component runs, if no lane names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Runs")]
pub(crate) enum RunsWord {
    /// Where `lanes` puts it.
    #[default]
    Placed,
    /// On the lane of whoever writes what it reads.
    Inline,
    /// On a lane of its own, which may sleep.
    Worker,
}

impl From<RunsWord> for Runs {
    fn from(word: RunsWord) -> Self {
        match word {
            RunsWord::Placed => Runs::Placed,
            RunsWord::Inline => Runs::Inline,
            RunsWord::Worker => Runs::Worker,
        }
    }
}

/// What a partition shares out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "By")]
pub(crate) enum ByWord {
    /// Instruments: all events of one go to one replica.
    #[default]
    Instrument,
}

/// A middleware: its name, or with parameters.
#[derive(Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Middleware {
    #[serde(rename = "scalar")]
    Short(String),
    #[serde(rename = "map")]
    Long(LongMiddleware),
}

/// A middleware; all other keys are its parameters.
#[derive(Debug, Deserialize)]
#[serde(rename = "$open:Middleware")]
pub(crate) struct LongMiddleware {
    pub(crate) r#type: String,
}

impl Middleware {
    pub(crate) fn kind(&self) -> &str {
        match self {
            Middleware::Short(kind) => kind,
            Middleware::Long(long) => &long.r#type,
        }
    }
}
