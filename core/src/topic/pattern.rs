//! Patterns of topics.

use super::Interest;
use super::interest::{ALL_KINDS, Symbols};
use crate::condition::Fields;
use crate::event::{Event, EventType, FieldKind, MarketData, Order, Signal};
use std::fmt;

/// A pattern of topics: `md.*.trade.AAPL.XNAS`, `order.>`. See the module's page.
///
/// ```
/// use pitlane::event::{Event, MarketData, Signal};
/// use pitlane::topic::Pattern;
///
/// let pattern: Pattern = "md.*.trade.AAPL.XNAS".parse().expect("a pattern");
/// assert!(pattern.may_match(MarketData::TYPE, "feed"));
/// assert!(!pattern.may_match(Signal::TYPE, "strategy"));
/// assert!("md..trade".parse::<Pattern>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    levels: Vec<Level>,
    /// Whether it ends in `>`.
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Level {
    Any,
    Is(String),
}

impl Level {
    fn matches(&self, text: &str) -> bool {
        match self {
            Level::Any => true,
            Level::Is(wanted) => wanted == text,
        }
    }
}

/// What is wrong with a pattern: two sentences.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

fn wrong(message: impl Into<String>, help: impl Into<String>) -> PatternError {
    PatternError { message: message.into(), help: help.into() }
}

/// The first level of the topics of an event type: `md`, `signal`, `order`, or the type's name in
/// lower case.
#[must_use]
pub fn prefix_of(event: EventType) -> String {
    if event == MarketData::TYPE { "md".into() } else { event.name.to_lowercase() }
}

/// The forms that topics have, for messages.
const FORMS: &str = "topics are `md.SOURCE.KIND.SYMBOL`, `signal.SOURCE.SYMBOL` and `order.SOURCE.SYMBOL`; \
     `*` stands for one level, `>` for the rest";

impl std::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text.trim().is_empty() {
            return Err(wrong("the topic is empty", FORMS));
        }
        let (closed, open) = match text {
            ">" => (None, true),
            _ => match text.strip_suffix(".>") {
                Some(rest) => (Some(rest), true),
                None => (Some(text), false),
            },
        };
        let levels = closed.into_iter().flat_map(|closed| closed.split('.'));
        let levels = levels.map(|level| read_level(level, text)).collect::<Result<Vec<_>, _>>()?;
        if !open && levels.len() < 3 {
            let message = format!("the topic `{text}` ends before its symbol");
            return Err(wrong(message, format!("write `{text}.>`; {FORMS}")));
        }
        let pattern = Self { text: text.into(), levels, open };
        pattern.check_shape()?;
        Ok(pattern)
    }
}

fn read_level(level: &str, text: &str) -> Result<Level, PatternError> {
    match level {
        "*" => Ok(Level::Any),
        "" => Err(wrong(format!("the topic `{text}` has an empty level"), FORMS)),
        ">" => Err(wrong(format!("`>` stands in the middle of the topic `{text}`"), FORMS)),
        _ if level.contains(['*', '>']) => {
            let message =
                format!("`{level}` in the topic `{text}` is a word with a wildcard in it");
            Err(wrong(message, "wildcards stand for whole levels; a condition can say more"))
        }
        _ if level.contains(char::is_whitespace) => {
            Err(wrong(format!("the topic `{text}` has a space in it"), FORMS))
        }
        word => Ok(Level::Is(word.into())),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether topics of events of this type under this source may match.
    #[must_use]
    pub fn may_match(&self, event: EventType, source: &str) -> bool {
        let level = |at: usize, text: &str| match self.levels.get(at) {
            Some(level) => level.matches(text),
            None => self.open,
        };
        level(1, source) && level(0, &prefix_of(event))
    }

    /// Whether it matches the topic of an event of this type and kind, of a source, of an instrument; an
    /// empty symbol is an event without one.
    #[must_use]
    pub fn matches(&self, event: &Fields, source: &str, kind: u8, symbol: &str) -> bool {
        let interest = self.interest(event, source).ok().flatten();
        interest.is_some_and(|interest| interest.holds(kind, symbol))
    }

    /// The event type's part, where it is no wildcard.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.word(0)
    }

    /// The source, where it is no wildcard.
    pub(crate) fn source(&self) -> Option<&str> {
        self.word(1)
    }

    /// The symbol that it names, if it names one: by the first of these types that it is for.
    pub(crate) fn symbol(&self, types: &[EventType]) -> Option<String> {
        let is_for =
            |event: &&EventType| self.prefix().is_none_or(|prefix| prefix == prefix_of(**event));
        let fixed = Self::fixed(*types.iter().find(is_for)?);
        let word = |level: &Level| match level {
            Level::Is(word) => Some(word.clone()),
            Level::Any => None,
        };
        let words: Option<Vec<_>> = self.levels.get(fixed..)?.iter().map(word).collect();
        words.filter(|words| !words.is_empty()).map(|words| words.join("."))
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.levels.get(at)? {
            Level::Any => None,
            Level::Is(word) => Some(word),
        }
    }

    /// How many levels come before the symbol.
    fn fixed(event: EventType) -> usize {
        if event == MarketData::TYPE { 3 } else { 2 }
    }

    /// Shapes that no topic has, where that is certain without knowing the type.
    fn check_shape(&self) -> Result<(), PatternError> {
        let Some(prefix) = self.prefix() else { return Ok(()) };
        let event = [MarketData::TYPE, Signal::TYPE, Order::TYPE];
        let event = event.into_iter().find(|event| prefix_of(*event) == prefix);
        let fixed = event.map_or(2, Self::fixed);
        if self.levels.len() <= fixed && !self.open {
            let message = format!("the topic `{self}` ends before its symbol");
            return Err(wrong(message, format!("write `{self}.>`; {FORMS}")));
        }
        self.check_symbol(fixed)
    }

    fn check_symbol(&self, fixed: usize) -> Result<(), PatternError> {
        let symbol = self.levels.get(fixed..).unwrap_or_default();
        let mixed = symbol.contains(&Level::Any) && symbol.len() > 1;
        if mixed || (self.open && !symbol.is_empty()) {
            let message = format!("the topic `{self}` has a wildcard within its symbol");
            let help = "the symbol is one level, dots included: write `*` for any, or a whole one such as \
                        `AAPL.XNAS`; conditions can ask for `symbol` and `venue`";
            return Err(wrong(message, help));
        }
        Ok(())
    }

    /// What it asks of the events of this type under this source; `None` where their topics never match.
    ///
    /// # Errors
    /// Where it names a kind that the type does not have, or a symbol in a way that it cannot.
    pub(crate) fn interest(
        &self,
        event: &Fields,
        source: &str,
    ) -> Result<Option<Interest>, PatternError> {
        let fixed = Self::fixed(event.event);
        let too_short = self.levels.len() <= fixed && !self.open;
        if !self.may_match(event.event, source) || too_short {
            return Ok(None);
        }
        let found = match self.word(2) {
            Some(kind) if fixed == 3 => kinds_of(event, kind),
            _ => Ok(ALL_KINDS),
        };
        let found = found.and_then(|kinds| self.check_symbol(fixed).map(|()| kinds));
        let kinds = match found {
            Ok(kinds) => kinds,
            // It may be meant for events of other types.
            Err(_) if self.prefix().is_none() => return Ok(None),
            Err(error) => return Err(error),
        };
        let symbol = match self.levels.get(fixed..).unwrap_or_default() {
            [] | [Level::Any] => Symbols::All,
            words => {
                let word = |level: &Level| match level {
                    Level::Is(word) => word.clone(),
                    Level::Any => "*".into(),
                };
                Symbols::Of(vec![words.iter().map(word).collect::<Vec<_>>().join(".")])
            }
        };
        Ok(Some(Interest::new(&self.text, kinds, symbol)))
    }
}

/// Bits of the kinds of a word.
fn kinds_of(event: &Fields, word: &str) -> Result<u32, PatternError> {
    let field = event.fields.iter().find(|field| field.name == "kind");
    let choices = match field.map(|field| field.kind) {
        Some(FieldKind::Choice { choices, .. }) => choices,
        _ => &[],
    };
    let bits = choices.iter().filter(|choice| choice.name == word);
    let bits = bits.fold(0, |bits, choice| bits | 1 << (choice.value & 31));
    if bits != 0 {
        return Ok(bits);
    }
    let known: Vec<_> = choices.iter().map(|choice| choice.name).collect();
    let near = crate::topology::nearest(word, known.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}, and `*` for any", known.join(", ")),
    };
    Err(wrong(format!("`{word}` is not a kind of {}", event.event), help))
}
