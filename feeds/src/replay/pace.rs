//! How fast recorded events are entered.

use crate::merge;
use hdrhistogram::Histogram;
use pitlane::event::MarketData;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Speed of a replay: as fast as possible, or a multiple of the recorded speed, also below 1.
///
/// ```
/// use pitlane_feeds::Pace;
/// assert_eq!("max".parse(), Ok(Pace::Max));
/// assert_eq!("recorded".parse(), Ok(Pace::Times(1.0)));
/// assert_eq!("10x".parse(), Ok(Pace::Times(10.0)));
/// assert_eq!("0.25x".parse(), Ok(Pace::Times(0.25)));
/// assert!("0x".parse::<Pace>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// As fast as possible.
    #[default]
    Max,
    /// So many times the recorded speed; positive and finite.
    Times(f64),
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "max" => return Ok(Pace::Max),
            "recorded" => return Ok(Pace::Times(1.0)),
            _ => {}
        }
        let number = text.strip_suffix(['x', 'X']).unwrap_or(text);
        match number.parse::<f64>() {
            Ok(times) if times.is_finite() && times > 0.0 => Ok(Pace::Times(times)),
            _ => Err(format!(
                "`{text}` is no speed: give `max`, `recorded`, or a multiple such as 1x, 10x, 0.5x"
            )),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pace::Max => f.write_str("max"),
            Pace::Times(times) => write!(f, "{times}x"),
        }
    }
}

/// Tells which events are due.
pub(super) struct Pacer {
    /// Speed; `None` where everything is due.
    times: Option<f64>,
    clock: Box<dyn FnMut() -> u64 + Send>,
    /// The clock and the event time when the first event was due.
    start: Option<(u64, u64)>,
    /// The clock since then, when it was last looked at, ns.
    elapsed: u64,
    /// How late events were entered, ns.
    late: Histogram<u64>,
}

/// The longest delay that is told apart from longer ones: an hour, in ns.
const LATEST: u64 = 3_600_000_000_000;

/// Who sleeps until an event is due wakes up too late, by some 50 us on an idle Linux. So nobody sleeps
/// shortly before: the clock is looked at.
const AWAKE: Duration = Duration::from_micros(100);

impl Pacer {
    pub(super) fn new(pace: Pace, clock: Box<dyn FnMut() -> u64 + Send>) -> Self {
        let times = match pace {
            Pace::Times(times) if times.is_finite() && times > 0.0 => Some(times),
            _ => None,
        };
        let late = Histogram::new_with_max(LATEST, 3).expect("bounds that histograms can have");
        Self { times, clock, start: None, elapsed: 0, late }
    }

    /// How late events were entered after they were due, ns; `None` where none had to wait.
    pub(super) fn late(&self) -> Option<&Histogram<u64>> {
        self.times.map(|_| &self.late)
    }

    /// Notes that these events were entered; `event_time` is that before the first of them.
    pub(super) fn entered(&mut self, events: &[MarketData], mut event_time: u64) {
        let (Some(times), Some((_, time_start))) = (self.times, self.start) else { return };
        for event in events {
            event_time = event_time.max(merge::time(event));
            let due = ((event_time - time_start) as f64 / times) as u64;
            self.late.saturating_record(self.elapsed.saturating_sub(due));
        }
    }

    /// How many of these events are due, and how long one may sleep before the next one is, where one
    /// is not.
    /// `event_time` is that before the first of them.
    pub(super) fn due(
        &mut self,
        events: &[MarketData],
        event_time: u64,
    ) -> (usize, Option<Duration>) {
        let (Some(times), Some(first)) = (self.times, events.first()) else {
            return (events.len(), None);
        };
        let now = (self.clock)();
        let mut event_time = event_time.max(merge::time(first));
        let (clock_start, time_start) = *self.start.get_or_insert((now, event_time));
        let elapsed = now.saturating_sub(clock_start);
        self.elapsed = elapsed;
        for (at, event) in events.iter().enumerate() {
            event_time = event_time.max(merge::time(event));
            // 53 bits of ns are 104 days: beyond, the error is still far below a microsecond.
            let due = ((event_time - time_start) as f64 / times) as u64;
            if due > elapsed {
                return (at, Some(Duration::from_nanos(due - elapsed).saturating_sub(AWAKE)));
            }
        }
        (events.len(), None)
    }
}
