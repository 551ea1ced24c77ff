//! Numbers of a column as times, by one multiplication and one addition.

use super::options::TimeUnit;
use crate::time::Day;

/// Numbers below it are ms where a column may have ms or us.
pub(super) const FIRST_US: u64 = 100_000_000_000_000;

/// A unit and the first number of it that is no time.
#[derive(Clone, Copy, Debug)]
struct Unit {
    ns: u64,
    end: u64,
}

/// No number is a time.
const NOTHING: Unit = Unit { ns: 0, end: 0 };

/// How numbers stand for times. What it does not know, `Decoder::time` does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Numbers below it are in `low`.
    split: u64,
    low: Unit,
    high: Unit,
    /// Added, ns.
    base: u64,
}

impl Clock {
    pub(super) fn new(unit: TimeUnit, midnight: Option<&Day>) -> Self {
        let (base, longest) = match midnight.map(Day::whole) {
            None => (0, u64::MAX),
            Some(Some((base, length))) => (base, length - 1),
            // The offset changes on that day.
            Some(None) => return Self { split: 0, low: NOTHING, high: NOTHING, base: 0 },
        };
        let of = |ns: u64| Unit { ns, end: (longest / ns).saturating_add(1) };
        let (split, low, high) = match unit.ns() {
            Some(ns) => (0, of(ns), of(ns)),
            None => (FIRST_US, of(1_000_000), of(1_000)),
        };
        Self { split, low, high, base }
    }

    /// Ns since 1970 of a number.
    #[inline(always)]
    pub(super) fn time(&self, number: u64) -> Option<u64> {
        let unit = if number < self.split { self.low } else { self.high };
        (number < unit.end).then(|| self.base + number * unit.ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{date, zone};

    #[test]
    fn numbers_count_from_1970_or_from_midnight_up_to_its_end() {
        let us = Clock::new(TimeUnit::Us, None);
        assert_eq!(us.time(7), Some(7_000));
        assert_eq!(us.time(u64::MAX / 1000 + 1), None);
        assert_eq!(Clock::new(TimeUnit::Ns, None).time(u64::MAX - 1), Some(u64::MAX - 1));
        let new_york = zone("America/New_York").unwrap();
        let day = Day::new(date("2013-10-07").unwrap(), &new_york).unwrap();
        let ms = Clock::new(TimeUnit::Ms, Some(&day));
        for number in [0, 1, 34_200_000, 86_399_999, 86_400_000, u64::MAX] {
            let expected = number.checked_mul(1_000_000).and_then(|ns| day.at(ns));
            assert_eq!(ms.time(number), expected, "{number}");
        }
        let change = Day::new(date("2014-03-09").unwrap(), &new_york).unwrap();
        assert_eq!(Clock::new(TimeUnit::Ms, Some(&change)).time(0), None, "left to others");
    }

    #[test]
    fn either_of_two_units_is_told_by_the_number() {
        let either = Clock::new(TimeUnit::MsOrUs, None);
        assert_eq!(either.time(1_723_075_200_037), Some(1_723_075_200_037_000_000));
        assert_eq!(either.time(1_723_075_200_037_001), Some(1_723_075_200_037_001_000));
        assert_eq!(either.time(FIRST_US - 1), None, "ms beyond all times");
    }
}
