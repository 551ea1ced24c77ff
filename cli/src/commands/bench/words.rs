//! Rates, times and lanes as one writes them; tables in Markdown.

use crate::failure::{BAD_VALUE, Failure};
use pitlane::affinity::{allowed_cores, ranges};
use pitlane::topology::Lanes;
use std::time::Duration;

/// Most events per second that can be planned: one a nanosecond.
const MOST_PER_SECOND: f64 = 1e9;

/// Events per second: `250000`, `100k`, `1.5M`.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let (number, factor) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1e3),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1e6),
        _ => (text, 1.0),
    };
    match number.parse::<f64>().map(|number| number * factor) {
        Ok(rate) if rate > 0.0 && rate <= MOST_PER_SECOND => Ok(rate),
        Ok(_) => Err("write events per second, more than 0 and at most 1000M".into()),
        Err(_) => Err("write events per second: 250000, 100k or 1.5M".into()),
    }
}

/// A time: `5s`, `500ms`, `100us`, `250ns`, `2m`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err("write a number and a unit: 5s, 500ms, 100us, 250ns or 2m".into()),
    };
    let number = number.parse::<f64>().ok().filter(|number| *number > 0.0);
    let time = number.and_then(|number| Duration::try_from_secs_f64(number * seconds).ok());
    time.filter(|time| !time.is_zero()).ok_or("write a time above 0, such as 5s or 500ms".into())
}

/// A number above 0.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or("write a whole number above 0".into())
}

/// Where stages run: `auto`, `fused`, or a number of lanes.
pub(super) fn lanes(text: &str) -> Result<Lanes, String> {
    match text {
        "auto" => Ok(Lanes::Auto),
        "fused" => Ok(Lanes::Fused),
        number => match number.parse() {
            Ok(lanes) if lanes > 0 => Ok(Lanes::Count(lanes)),
            _ => Err("write `auto`, `fused`, or a number of lanes above 0".into()),
        },
    }
}

pub(super) fn lanes_name(lanes: &Lanes) -> String {
    match lanes {
        Lanes::Auto => "auto".into(),
        Lanes::Fused => "fused".into(),
        Lanes::Count(lanes) => lanes.to_string(),
        Lanes::List(lanes) => format!("{} listed", lanes.len()),
    }
}

/// Refuses more lanes than there are cores: they would measure the scheduler.
pub(super) fn check_lanes(lanes: &Lanes) -> Result<(), Failure> {
    let cores = allowed_cores();
    match lanes {
        Lanes::Count(lanes) if *lanes > cores.len() => {
            let own = cores.len();
            let message = format!(
                "--lanes: {lanes} lanes are more than the {own} cores this process may use ({})",
                ranges(&cores)
            );
            Err(Failure::usage(
                BAD_VALUE,
                message,
                format!("give at most {own}, `auto` or `fused`"),
            ))
        }
        _ => Ok(()),
    }
}

/// A table in Markdown.
pub(super) fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<_> = header.iter().map(|name| (*name).to_owned()).collect();
    let marks = vec!["---".to_owned(); header.len()];
    let head = line(&names) + &line(&marks);
    rows.iter().fold(head, |text, row| text + &line(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_thousands_and_millions_and_are_above_nothing() {
        assert_eq!(rate("250000"), Ok(250_000.0));
        assert_eq!((rate("100k"), rate("1.5M")), (Ok(100_000.0), Ok(1_500_000.0)));
        for wrong in ["0", "-1", "k", "", "2000M", "nan", "fast"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_have_units_and_are_above_nothing() {
        assert_eq!(time("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(
            (time("100us"), time("2m")),
            (Ok(Duration::from_micros(100)), Ok(Duration::from_secs(120)))
        );
        for wrong in ["5", "0s", "s", "-1s", "1h", "1e30s", "0.1ns"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lanes_are_words_or_a_number_above_nothing() {
        assert_eq!((lanes("fused"), lanes("2")), (Ok(Lanes::Fused), Ok(Lanes::Count(2))));
        assert!(lanes("0").is_err() && lanes("all").is_err());
        assert!(check_lanes(&Lanes::Count(1)).is_ok());
        assert!(check_lanes(&Lanes::Count(100_000)).is_err());
    }
}
