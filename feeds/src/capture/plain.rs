//! Messages without surprises, read at once.
//!
//! A message as Binance sends it has no blanks, no escapes, no negative numbers, and nothing nested
//! but levels and `data`. Such a one is read here, eight bytes at a time; whatever is different is left
//! to the reader of JSON, from the begin: it gives the same, and says what is wrong. Both hand each
//! value to [`Message::text`] and its like, so that what it means is written once.

use super::key::Key;
use super::message::Message;
use crate::csv::{Scale, decimal, whole};
use pitlane::event::fixed::{NULL, ParseError};
use std::ops::Range;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Reads the message that a line has from a place to its end. `None` where it is not plain; the
/// message is then to be read anew.
#[inline]
pub(super) fn read(line: &[u8], at: usize, message: &mut Message) -> Option<()> {
    // A line that is no text brings nothing into the process, not even the symbols before the fault.
    if !line.is_ascii() {
        return None;
    }
    message.clear();
    let mut text = Text { line, at };
    text.object(message, true)?;
    (text.at == line.len()).then_some(())
}

/// A line and a place in it.
struct Text<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Text<'a> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline(always)]
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    #[inline(always)]
    fn take_all(&mut self, bytes: &[u8]) -> Option<()> {
        self.line.get(self.at..)?.starts_with(bytes).then(|| self.at += bytes.len())
    }

    #[inline(always)]
    fn of(&self, at: Range<usize>) -> &'a [u8] {
        self.line.get(at).unwrap_or_default()
    }

    /// Eight bytes, the first one lowest; 0 beyond the end.
    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        let rest = self.line.get(at..).unwrap_or_default();
        rest.first_chunk().map_or_else(|| last_word(rest), |bytes| u64::from_le_bytes(*bytes))
    }

    /// A text in quotes without escapes; the place is behind it then.
    #[inline(always)]
    fn quoted(&mut self) -> Option<Range<usize>> {
        self.take(b'"')?;
        let start = self.at;
        let mut at = start;
        loop {
            let word = self.word(at);
            // The first byte of each kind is marked in its highest bit, those after it perhaps, too.
            let is = |byte: u8| {
                let other = word ^ (u64::from(byte) * ONES);
                other.wrapping_sub(ONES) & !other & HIGH
            };
            let quotes = is(b'"');
            let others = is(b'\\') | (word.wrapping_sub(0x20 * ONES) & !word & HIGH);
            if quotes | others == 0 {
                at += 8;
                continue;
            }
            let (quote, other) = (quotes.trailing_zeros(), others.trailing_zeros());
            let end = at + quote as usize / 8;
            self.at = end + 1;
            return (quote < other).then_some(start..end);
        }
    }

    /// A whole number of at most 19 digits, without zeros before it.
    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        let mut at = start;
        loop {
            let digits = self.word(at) ^ (0x30 * ONES);
            let others = (digits.wrapping_add(0x76 * ONES) | digits) & HIGH;
            if others == 0 && at - start < 16 {
                at += 8;
                continue;
            }
            self.at = at + others.trailing_zeros() as usize / 8;
            break;
        }
        let is_padded = self.line[start] == b'0' && self.at > start + 1;
        let ends = matches!(self.peek()?, b',' | b'}');
        (ends && !is_padded).then(|| whole(self.line, start..self.at))?
    }

    #[inline(always)]
    fn decimal(&self, at: Range<usize>) -> Result<i64, ParseError> {
        let plain = decimal(self.line, at.clone(), Scale::ONE);
        plain.map_or_else(|| Scale::ONE.parse(self.of(at)), Ok)
    }

    fn object(&mut self, message: &mut Message, is_outer: bool) -> Option<()> {
        self.take(b'{')?;
        loop {
            let key = self.quoted()?;
            let key = Key::of(self.of(key));
            self.take(b':')?;
            match key {
                Key::Data if is_outer => self.object(message, false)?,
                Key::Data => return None,
                key => self.value(key, message)?,
            }
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    #[inline(always)]
    fn value(&mut self, key: Key, message: &mut Message) -> Option<()> {
        match self.peek()? {
            b'"' => {
                let at = self.quoted()?;
                if key.is_decimal() {
                    message.decimal(key, self.decimal(at));
                } else {
                    message.text(key, std::str::from_utf8(self.of(at)).ok()?);
                }
            }
            b'0'..=b'9' => {
                let number = self.number()?;
                message.number(key, number);
            }
            b't' => {
                self.take_all(b"true")?;
                message.truth(key, true);
            }
            b'f' => {
                self.take_all(b"false")?;
                message.truth(key, false);
            }
            b'[' => self.levels(key, message)?,
            _ => return None,
        }
        Some(())
    }

    fn levels(&mut self, key: Key, message: &mut Message) -> Option<()> {
        let (levels, error) = message.levels(key)?;
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.take(b'[')?;
            let price = self.quoted()?;
            self.take(b',')?;
            let size = self.quoted()?;
            self.take(b']')?;
            match (self.decimal(price), self.decimal(size)) {
                (Ok(price), Ok(size)) => levels.push((price, size)),
                (Err(wrong), _) | (_, Err(wrong)) => {
                    error.get_or_insert(wrong);
                    levels.push((NULL, NULL));
                }
            }
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }
}

/// Fewer than eight bytes.
#[cold]
fn last_word(rest: &[u8]) -> u64 {
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::symbols::Symbols;
    use pitlane::Instruments;
    use proptest::prelude::*;

    fn message() -> Message {
        Message::new(Symbols::new(&Instruments::new(), None))
    }

    /// What a message says, in a form that can be compared.
    fn said(message: &Message) -> String {
        format!("{:?} {:?} {:?}", message.fields, message.bids, message.asks)
    }

    /// What both ways make of a message: the plain one where it takes it, and the reader of JSON.
    fn both(json: &str) -> (Option<String>, Option<String>) {
        let (mut ours, mut theirs) = (message(), message());
        let line = format!("17 {json}");
        let plain = read(line.as_bytes(), 3, &mut ours).map(|()| said(&ours));
        let mut reader = sonic_rs::Deserializer::from_slice(json.as_bytes());
        let read = theirs.read(&mut reader).and_then(|()| reader.end());
        (plain, read.ok().map(|()| said(&theirs)))
    }

    const MESSAGES: [&str; 5] = [
        r#"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":0,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":7,"b":[["58710.20","0.014"],["1","0"]],"a":[]}}"#,
        r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322000,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#,
        r#"{"e":"bookTicker","u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21","a":"25.36520000","A":"40.66","x":"y","M":true}"#,
        r#"{"lastUpdateId":5123107852948,"E":1,"bids":[["61800.20","2.909"]],"asks":[["61800.30","1"]]}"#,
        r#"{"stream":"bnbbtc@depth5","data":{"lastUpdateId":18446744073709551615,"bids":[["x","2"]]}}"#,
    ];

    #[test]
    fn messages_as_they_come_are_plain() {
        for json in &MESSAGES[..4] {
            let (plain, read) = both(json);
            assert!(plain.is_some(), "{json}");
            assert_eq!(plain, read, "{json}");
        }
        for json in ["{}", r#"{"e":null}"#, r#"{"e": 1}"#, r#"{"E":01}"#, r#"{"s":"\u0041"}"#, "{"]
        {
            assert_eq!(both(json).0, None, "{json}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        /// Whatever is done to a message: what is taken for plain says what the reader of JSON says.
        #[test]
        fn what_is_plain_says_what_json_says(
            which in 0..MESSAGES.len(),
            edits in prop::collection::vec(
                (any::<prop::sample::Index>(), 0..3_usize, prop::sample::select(
                    "{}[]\":,.\\ 0129-+eEabtfnsu\u{1}\u{7f}\u{e9}".chars().collect::<Vec<_>>(),
                )),
                0..4,
            ),
        ) {
            let mut json: Vec<char> = MESSAGES[which].chars().collect();
            for (at, what, by) in edits {
                let at = at.index(json.len());
                match what {
                    0 => json[at] = by,
                    1 => json.insert(at, by),
                    _ => drop(json.remove(at)),
                }
            }
            let json: String = json.into_iter().collect();
            if let (Some(plain), read) = both(&json) {
                prop_assert_eq!(Some(plain), read, "{}", json);
            }
        }
    }
}
