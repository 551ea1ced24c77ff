//! What can be wrong with a row.

use super::layout::Role;
use crate::codes;
use pitlane::error::Code;
use pitlane::event::fixed::ParseError;

/// What is wrong, small enough to be made for every row of a bad file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Fields { found: usize, expected: usize },
    CutOff { found: usize, expected: usize },
    OpenQuote,
    Number(Role, ParseError),
    Negative(Role),
    Whole(Role),
    Time(Role),
    BeyondDay(Role),
    Kind,
    Side,
    Flags,
    Text(Role),
    NoTime,
    NoSymbol,
    NoPrice,
    NoQuote,
}

/// A row that cannot be read: the column, counted from 1, 0 where it is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowError {
    pub(crate) column: usize,
    pub(crate) problem: Problem,
}

impl RowError {
    pub(crate) fn row(problem: Problem) -> Self {
        Self { column: 0, problem }
    }
}

impl Problem {
    /// The problem as a sentence.
    pub(crate) fn message(self) -> String {
        match self {
            Problem::Fields { found, expected } => {
                format!("the row has {} where {expected} are expected", fields(found))
            }
            Problem::CutOff { found, expected } => format!(
                "the last line is cut off: it has no newline and {} where {expected} are expected",
                fields(found)
            ),
            Problem::OpenQuote => "a quoted field does not end on its line".into(),
            Problem::Number(role, error) => format!("`{}`: {error}", role.name()),
            Problem::Negative(role) => format!("`{}` is negative", role.name()),
            Problem::Whole(role) => format!("`{}` is not a whole number", role.name()),
            Problem::Time(role) => format!("`{}` is not a time", role.name()),
            Problem::BeyondDay(role) => {
                format!("`{}` counts from midnight, but is 24 hours or more", role.name())
            }
            Problem::Kind => "`kind` is none of trade, quote, add, modify, cancel, fill, clear, \
                              status"
                .into(),
            Problem::Side => "`side` is none of bid, ask, buy, sell, none".into(),
            Problem::Flags => "`flags` is not a number below 256".into(),
            Problem::Text(role) => format!("`{}` is not UTF-8 text", role.name()),
            Problem::NoTime => "the row has no time".into(),
            Problem::NoSymbol => "the row has no symbol".into(),
            Problem::NoPrice => "the row has no price".into(),
            Problem::NoQuote => "the row has neither a trade's price nor a bid or ask".into(),
        }
    }

    /// Its stable code.
    pub(crate) fn code(self) -> Code {
        match self {
            Problem::Fields { .. } | Problem::CutOff { .. } | Problem::OpenQuote => {
                codes::ROW_SHAPE
            }
            Problem::NoTime | Problem::NoSymbol | Problem::NoPrice | Problem::NoQuote => {
                codes::ROW_LACKS
            }
            _ => codes::ROW_VALUE,
        }
    }

    /// What would help, before the hint at `on_bad_row`.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Problem::CutOff { .. } => "the file was probably not copied or written to its end",
            Problem::Fields { .. } => "check `preset`, `columns` and `delimiter`",
            Problem::NoSymbol => "fill its `symbol`, or set `symbol` for all rows",
            Problem::Time(_) => "give a number, or ISO-8601 such as 2013-10-07T09:30:00Z",
            Problem::BeyondDay(_) => "check `time_unit` and `time_from`",
            _ => "",
        }
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".into() } else { format!("{count} fields") }
}
