//! Times: since midnight somewhere, as a number since 1970, or ISO-8601; always handed on as ns
//! since 1970.

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use std::sync::OnceLock;

const NS_PER_SECOND: i64 = 1_000_000_000;
const NS_PER_DAY: u64 = 86_400 * NS_PER_SECOND as u64;

/// A time zone by its IANA name, from the database that is compiled in, so that all machines agree.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    static BUNDLED: OnceLock<TimeZoneDatabase> = OnceLock::new();
    BUNDLED.get_or_init(TimeZoneDatabase::bundled).get(name).ok()
}

/// `2013-10-07` or `20131007`.
pub(crate) fn date(text: &str) -> Option<Date> {
    let compact = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    if compact {
        return Date::strptime("%Y%m%d", text).ok();
    }
    (text.len() == 10).then(|| Date::strptime("%Y-%m-%d", text).ok()).flatten()
}

/// A fixed offset from UTC: `-05:00`, `-5`, `+0530`, `UTC-05`, `Z`.
pub(crate) fn offset(text: &str) -> Option<Offset> {
    let text = text.trim();
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    let (sign, digits) = match text.as_bytes().first() {
        None | Some(b'Z') if text.len() <= 1 => return Some(Offset::UTC),
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |text: &str| {
        (matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<i32>().ok())
            .flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Wall-clock times of one day and zone, as ns since 1970.
///
/// A wall-clock time that a zone skips (spring) is taken with the offset before the change, one
/// that occurs twice (autumn) is taken as the first of the two, as most tools of the field do.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// From this ns of the day on, the wall clock is that far from UTC. The first begins at 0.
    pieces: Vec<(u64, i128)>,
}

impl Day {
    /// No date: the time of day stands for itself.
    pub(crate) fn time_of_day() -> Self {
        Self { pieces: vec![(0, 0)] }
    }

    /// A date in a zone; `None` beyond the years that ns since 1970 can hold.
    pub(crate) fn new(date: Date, zone: &TimeZone) -> Option<Self> {
        let midnight = date.to_datetime(Time::midnight());
        let start = zone.to_timestamp(midnight).ok()?;
        let naive = Offset::UTC.to_timestamp(midnight).ok()?.as_nanosecond();
        let base =
            |offset: Offset| naive - i128::from(offset.seconds()) * i128::from(NS_PER_SECOND);
        let mut offset = zone.to_offset(start.checked_sub(1.nanosecond()).ok()?);
        let mut pieces = vec![(0, base(offset))];
        // A day's wall clock begins up to a day away from that midnight in UTC.
        for change in zone.following(start.checked_sub(1.second()).ok()?).take(4) {
            let instant = change.timestamp().as_nanosecond();
            let local = instant
                + i128::from(offset.seconds().max(change.offset().seconds()))
                    * i128::from(NS_PER_SECOND)
                - naive;
            if local >= i128::from(NS_PER_DAY) {
                break;
            }
            offset = change.offset();
            pieces.push((u64::try_from(local).unwrap_or(0), base(offset)));
        }
        let last = base(offset) + i128::from(NS_PER_DAY);
        (pieces.iter().all(|piece| piece.1 >= 0) && last <= i128::from(u64::MAX))
            .then_some(Self { pieces })
    }

    /// Ns since midnight as ns since 1970; `None` beyond 24 hours.
    #[inline]
    pub(crate) fn at(&self, since_midnight: u64) -> Option<u64> {
        if since_midnight >= NS_PER_DAY {
            return None;
        }
        let mut base = self.pieces[0].1;
        for &(from, later) in &self.pieces[1..] {
            if since_midnight >= from {
                base = later;
            }
        }
        Some(base as u64 + since_midnight)
    }

    /// Ns since 1970 of its midnight, and its length in ns, where its offset does not change.
    pub(crate) fn whole(&self) -> Option<(u64, u64)> {
        let [(_, base)] = self.pieces[..] else { return None };
        Some((base as u64, NS_PER_DAY))
    }

    /// One past the latest time it can give.
    pub(crate) fn end(&self) -> u64 {
        self.pieces.iter().map(|&(_, base)| base as u64 + NS_PER_DAY).max().unwrap_or(u64::MAX)
    }

    /// The earliest time it can give.
    pub(crate) fn start(&self) -> u64 {
        self.pieces.iter().map(|&(from, base)| base as u64 + from).min().unwrap_or(0)
    }
}

/// Reads ISO-8601 date-times; remembers the last date, since the next one is most likely the same.
#[derive(Clone, Debug)]
pub(crate) struct Iso {
    zone: TimeZone,
    text: [u8; 10],
    /// That date in the zone, and in UTC.
    days: Option<(Day, Day)>,
}

impl Iso {
    /// Date-times without an offset of their own are wall-clock times of `zone`.
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, text: [0; 10], days: None }
    }

    /// `2013-10-07T09:30:00.123456789-04:00` as ns since 1970: `T` or a space, seconds and their
    /// fraction optional, `Z`, an offset, or neither.
    pub(crate) fn parse(&mut self, text: &[u8]) -> Option<u64> {
        let (date_text, rest) = text.split_first_chunk::<10>()?;
        if self.days.is_none() || self.text != *date_text {
            let date = date(std::str::from_utf8(date_text).ok()?)?;
            self.days = Some((Day::new(date, &self.zone)?, Day::new(date, &TimeZone::UTC)?));
            self.text = *date_text;
        }
        let (local, utc) = self.days.as_ref()?;
        let [b'T' | b't' | b' ', rest @ ..] = rest else {
            return rest.is_empty().then(|| local.at(0)).flatten();
        };
        let (of_day, rest) = time_of_day(rest)?;
        match rest {
            [] => local.at(of_day),
            [b'Z' | b'z'] => utc.at(of_day),
            [b'+' | b'-', ..] => {
                let offset = offset(std::str::from_utf8(rest).ok()?)?;
                let shift = i64::from(offset.seconds()) * NS_PER_SECOND;
                utc.at(of_day)?.checked_add_signed(-shift)
            }
            _ => None,
        }
    }
}

/// `09:30`, `09:30:00`, `09:30:00.123` as ns since midnight, and what follows.
fn time_of_day(text: &[u8]) -> Option<(u64, &[u8])> {
    let (hours, rest) = two_digits(text, 23)?;
    let [b':', rest @ ..] = rest else { return None };
    let (minutes, rest) = two_digits(rest, 59)?;
    let mut ns = (hours * 60 + minutes) * 60 * NS_PER_SECOND as u64;
    let [b':', rest @ ..] = rest else { return Some((ns, rest)) };
    let (seconds, mut rest) = two_digits(rest, 59)?;
    ns += seconds * NS_PER_SECOND as u64;
    if let [b'.' | b',', digits @ ..] = rest {
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 || count > 9 {
            return None;
        }
        let value = digits[..count].iter().fold(0, |v, b| v * 10 + u64::from(b - b'0'));
        ns += value * 10_u64.pow(9 - count as u32);
        rest = &digits[count..];
    }
    Some((ns, rest))
}

fn two_digits(text: &[u8], most: u64) -> Option<(u64, &[u8])> {
    let [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] = text else { return None };
    let value = u64::from(a - b'0') * 10 + u64::from(b - b'0');
    (value <= most).then_some((value, rest))
}

/// A point in time as people write it: ISO-8601 with or without a time, UTC where no offset is
/// given, or ns since 1970. Gives ns since 1970.
///
/// ```
/// assert_eq!(pitlane_feeds::parse_time("1970-01-01T00:00:01Z"), Some(1_000_000_000));
/// assert_eq!(pitlane_feeds::parse_time("1970-01-02"), Some(86_400_000_000_000));
/// assert_eq!(pitlane_feeds::parse_time("1000"), Some(1000));
/// assert_eq!(pitlane_feeds::parse_time("noon"), None);
/// ```
#[must_use]
pub fn parse_time(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    Iso::new(TimeZone::UTC).parse(text.as_bytes())
}

/// A span such as `5ms`, `1.5s`, `2m`; units are ns, us, ms, s, m, h. Gives ns.
///
/// ```
/// assert_eq!(pitlane_feeds::parse_duration("5ms"), Some(5_000_000));
/// assert_eq!(pitlane_feeds::parse_duration("1.5s"), Some(1_500_000_000));
/// assert_eq!(pitlane_feeds::parse_duration("5"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit_at);
    let ns = match unit.trim() {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => NS_PER_SECOND,
        "m" => 60 * NS_PER_SECOND,
        "h" => 3600 * NS_PER_SECOND,
        _ => return None,
    };
    let billionths = pitlane::event::fixed::parse(number.as_bytes()).ok()?;
    let product = i128::from(billionths) * i128::from(ns) / i128::from(NS_PER_SECOND);
    u64::try_from(product).ok()
}

/// Ns since 1970 as ISO-8601 in UTC, nanoseconds only where there are any.
///
/// ```
/// assert_eq!(pitlane_feeds::format_time(1_000_000_000), "1970-01-01T00:00:01Z");
/// ```
#[must_use]
pub fn format_time(ns: u64) -> String {
    match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => time.to_string(),
        Err(_) => ns.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600 * NS_PER_SECOND as u64;

    fn utc(text: &str) -> u64 {
        let time: jiff::civil::DateTime = text.parse().unwrap();
        Offset::UTC.to_timestamp(time).unwrap().as_nanosecond() as u64
    }

    fn new_york(day: &str) -> Day {
        Day::new(date(day).unwrap(), &zone("America/New_York").unwrap()).unwrap()
    }

    #[test]
    fn an_ordinary_day_has_one_offset() {
        let day = new_york("2013-10-07");
        assert_eq!(day.pieces.len(), 1);
        assert_eq!(day.at(9 * HOUR + HOUR / 2), Some(utc("2013-10-07T13:30:00")));
        assert_eq!(day.at(0), Some(utc("2013-10-07T04:00:00")));
        assert_eq!(day.at(24 * HOUR - 1), Some(utc("2013-10-08T04:00:00") - 1));
        assert_eq!(day.at(24 * HOUR), None);
    }

    #[test]
    fn the_wall_clock_changes_offset_in_spring_and_autumn() {
        let spring = new_york("2014-03-09");
        assert_eq!(spring.at(HOUR), Some(utc("2014-03-09T06:00:00")));
        assert_eq!(spring.at(3 * HOUR), Some(utc("2014-03-09T07:00:00")));
        assert_eq!(spring.at(10 * HOUR), Some(utc("2014-03-09T14:00:00")));
        let autumn = new_york("2014-11-02");
        assert_eq!(autumn.at(0), Some(utc("2014-11-02T04:00:00")));
        assert_eq!(
            autumn.at(HOUR + HOUR / 2),
            Some(utc("2014-11-02T05:30:00")),
            "the first of two"
        );
        assert_eq!(autumn.at(2 * HOUR), Some(utc("2014-11-02T07:00:00")));
    }

    /// Every minute of every day of a year, against the zone database itself.
    #[test]
    fn every_minute_agrees_with_the_zone_database() {
        for name in
            ["America/New_York", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe"]
        {
            let zone = zone(name).unwrap();
            let mut today = date("2018-01-01").unwrap();
            while today < date("2019-01-01").unwrap() {
                let day = Day::new(today, &zone).unwrap();
                for minute in (0..1440_u64).step_by(5) {
                    let local = today.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
                    let expected = zone.to_timestamp(local).unwrap().as_nanosecond() as u64;
                    let found = day.at(minute * 60 * NS_PER_SECOND as u64).unwrap();
                    assert_eq!(found, expected, "{name} {local}");
                }
                today = today.tomorrow().unwrap();
            }
        }
    }

    #[test]
    fn reads_iso_8601() {
        let mut iso = Iso::new(zone("America/New_York").unwrap());
        for (text, expected) in [
            ("2013-10-07T13:30:00Z", utc("2013-10-07T13:30:00")),
            ("2013-10-07 09:30:00", utc("2013-10-07T13:30:00")),
            ("2013-10-07T09:30", utc("2013-10-07T13:30:00")),
            ("2013-10-07", utc("2013-10-07T04:00:00")),
            ("2013-10-07T15:30:00+02:00", utc("2013-10-07T13:30:00")),
            ("2013-10-07T00:30:00-0500", utc("2013-10-07T05:30:00")),
            ("2013-10-07T13:30:00.000000001Z", utc("2013-10-07T13:30:00") + 1),
            ("2013-10-08T13:30:00.25Z", utc("2013-10-08T13:30:00") + 250_000_000),
        ] {
            assert_eq!(iso.parse(text.as_bytes()), Some(expected), "{text}");
        }
        for text in
            ["2013-13-07T00:00Z", "2013-10-07T24:00Z", "2013-10-07X", "2013-10-07T09:30:00.Z", "x"]
        {
            assert_eq!(iso.parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn reads_offsets() {
        for (text, seconds) in [
            ("-05:00", -18000),
            ("-5", -18000),
            ("UTC-05", -18000),
            ("0", 0),
            ("+0530", 19800),
            ("Z", 0),
        ] {
            assert_eq!(offset(text).map(Offset::seconds), Some(seconds), "{text}");
        }
        for text in ["x", "-5:99", "--5", "100", "1:2:3"] {
            assert_eq!(offset(text), None, "{text}");
        }
    }
}
