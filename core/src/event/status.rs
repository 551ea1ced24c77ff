//! An instrument's trading status.

use super::{MarketData, MarketDataKind};
use bytemuck::TransparentWrapper;

/// What a venue says of an instrument's trading. Numbers are those of DBN's status records: 0 is
/// none or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TradingStatus {
    /// What changed: 1 pre-open, 7 trading, 8 halt, 9 pause, 10 suspend, 11 pre-close, 12 close ...
    pub action: u16,
    /// Why: 1 scheduled, 10 regulatory, 30 news pending ...
    pub reason: u16,
    /// What it means for trading: 1 no cancel, 2 change of trading session ...
    pub event: u16,
    /// Whether orders trade, where that is known.
    pub is_trading: Option<bool>,
    /// Whether quotes are taken, where that is known.
    pub is_quoting: Option<bool>,
    /// Whether selling short is restricted, where that is known.
    pub is_short_sell_restricted: Option<bool>,
}

/// Two bits for an answer.
fn bits(answer: Option<bool>) -> u64 {
    match answer {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    }
}

fn answer(bits: u64) -> Option<bool> {
    match bits & 3 {
        1 => Some(true),
        2 => Some(false),
        _ => None,
    }
}

impl TradingStatus {
    pub(super) fn to_word(self) -> u64 {
        let numbers =
            u64::from(self.action) | u64::from(self.reason) << 16 | u64::from(self.event) << 32;
        let answers = bits(self.is_trading)
            | bits(self.is_quoting) << 2
            | bits(self.is_short_sell_restricted) << 4;
        numbers | answers << 48
    }

    pub(super) fn of_word(word: u64) -> Self {
        Self {
            action: word as u16,
            reason: (word >> 16) as u16,
            event: (word >> 32) as u16,
            is_trading: answer(word >> 48),
            is_quoting: answer(word >> 50),
            is_short_sell_restricted: answer(word >> 52),
        }
    }
}

/// A change of an instrument's trading status.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, TransparentWrapper)]
pub struct Status(MarketData);

impl Status {
    /// What the venue says.
    #[must_use]
    pub fn status(&self) -> TradingStatus {
        TradingStatus::of_word(self.code())
    }

    /// All of it as one number, which CSV files have as `order_id`.
    #[must_use]
    pub fn code(&self) -> u64 {
        let [_, word, _, _] = self.0.words();
        word.cast_unsigned()
    }
}

impl MarketData {
    /// A change of trading status.
    #[must_use]
    pub fn status(instrument: u32, ts_event: u64, status: TradingStatus) -> Self {
        let (kind, word) = (MarketDataKind::Status, status.to_word());
        Self::book(kind, instrument, ts_event, super::Side::None, (0, 0), word)
    }

    /// The event as a change of status, where it is one.
    #[must_use]
    pub fn as_status(&self) -> Option<&Status> {
        (self.header.kind == MarketDataKind::Status as u8).then(|| Status::wrap_ref(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_keeps_what_it_was_given() {
        for answer in [None, Some(true), Some(false)] {
            let status = TradingStatus {
                action: 7,
                reason: u16::MAX,
                event: 3,
                is_trading: answer,
                is_quoting: Some(true),
                is_short_sell_restricted: answer,
            };
            let event = MarketData::status(5, 9, status);
            assert_eq!(event.as_status().map(Status::status), Some(status));
            assert_eq!((event.header.instrument, event.header.ts_event), (5, 9));
        }
        assert_eq!(MarketData::quote(1, 1, (0, 0), (0, 0)).as_status(), None);
    }
}
