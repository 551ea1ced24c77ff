//! Values that are words with a form of their own.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::str::FromStr;

/// A span of time: `1ms`, `500us`, `2s`, `0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) std::time::Duration);

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a time; write a number and a unit: `500us`, `1ms`, `2s`");
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.replace('_', "").parse().map_err(|_| wrong())?;
        let nanos = match unit.trim() {
            "" if number == 0 => 1,
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" | "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => return Err(wrong()),
        };
        let total = number.checked_mul(nanos);
        let total = total.ok_or_else(|| format!("`{text}` is longer than 584 years"))?;
        Ok(Self(std::time::Duration::from_nanos(total)))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ns = self.0.as_nanos();
        let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
        let fits = units.iter().find(|(_, nanos)| ns > 0 && ns.is_multiple_of(*nanos));
        match fits {
            Some((unit, nanos)) => serializer.collect_str(&format_args!("{}{unit}", ns / nanos)),
            None => serializer.serialize_u8(0),
        }
    }
}

/// A number of bytes: `64MiB`, `10GB`, `4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// Units and their bytes, the largest first.
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not a size; write a number and a unit: `64MiB`, `10GB`, `512KiB`")
        };
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.replace('_', "").parse().map_err(|_| wrong())?;
        let unit = if unit.trim().is_empty() { "B" } else { unit.trim() };
        let known = SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let (_, bytes) = known.ok_or_else(wrong)?;
        number.checked_mul(*bytes).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fits = SIZES.iter().find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        let (name, bytes) = fits.unwrap_or(&("B", 1));
        serializer.collect_str(&format_args!("{}{name}", self.0 / bytes))
    }
}

/// Where stages run, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaneWord {
    Auto,
    Fused,
    Count(usize),
}

impl FromStr for LaneWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(LaneWord::Auto),
            "fused" => Ok(LaneWord::Fused),
            _ => match text.parse() {
                Ok(count @ 1..=1024) => Ok(LaneWord::Count(count)),
                _ => Err(format!(
                    "`{text}` is not a way to place stages; write `auto`, `fused`, a number of lanes, or a list of lanes"
                )),
            },
        }
    }
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Switch {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        self == Switch::On
    }
}

/// For how many events latency is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sampling {
    #[default]
    Off,
    /// One in this many; a power of two.
    OneIn(u64),
}

impl FromStr for Sampling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Sampling::Off);
        }
        if text == "every" {
            return Ok(Sampling::OneIn(1));
        }
        let one_in = text.strip_prefix("1/").and_then(|n| n.parse::<u64>().ok());
        match one_in {
            Some(n) if n.is_power_of_two() => Ok(Sampling::OneIn(n)),
            Some(n) if n > 0 && n < 1 << 40 => Err(format!(
                "one in {n} cannot be measured; write a power of two: `1/{}`",
                n.next_power_of_two()
            )),
            _ => Err(format!("`{text}` is not a share of events; write `off`, `every`, or `1/64`")),
        }
    }
}

impl Serialize for Sampling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Sampling::Off => serializer.serialize_str("off"),
            Sampling::OneIn(1) => serializer.serialize_str("every"),
            Sampling::OneIn(n) => serializer.serialize_str(&format!("1/{n}")),
        }
    }
}

/// How long a stage may hold its lane, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watchdog(pub(crate) Option<std::time::Duration>);

impl Default for Watchdog {
    fn default() -> Self {
        Self(Some(std::time::Duration::from_secs(1)))
    }
}

impl FromStr for Watchdog {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let wrong = || format!("`{text}` is not a limit; write a time above 1ms, or `off`");
        match text.parse() {
            Ok(Duration(limit)) if limit.as_millis() > 0 => Ok(Self(Some(limit))),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Watchdog {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_str("off"),
            Some(limit) if limit.subsec_nanos() == 0 => {
                serializer.serialize_str(&format!("{}s", limit.as_secs()))
            }
            Some(limit) => serializer.serialize_str(&format!("{}ns", limit.as_nanos())),
        }
    }
}

macro_rules! words {
    ($($type:ident: $schema:tt;)*) => {
        $(impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

words! {
    Duration: {
        "description": "A time: a number and a unit.",
        "anyOf": [
            { "type": "string", "pattern": "^[0-9][0-9_]* ?(ns|us|ms|s|m|min|h|d)$" },
            { "const": 0 },
        ],
    };
    Size: {
        "description": "A number of bytes, with a unit: `64MiB`.",
        "anyOf": [
            { "type": "string", "pattern": "^[0-9][0-9_]* ?([kKMGT]i?)?[bB]?$" },
            { "type": "integer", "minimum": 0 },
        ],
    };
    LaneWord: {
        "anyOf": [
            { "type": "string", "enum": ["auto", "fused"] },
            { "type": "integer", "minimum": 1, "maximum": 1024 },
        ],
    };
    Sampling: { "type": "string", "pattern": "^(off|every|1/[0-9]+)$" };
    Watchdog: { "type": "string", "pattern": "^(off|[0-9][0-9_]* ?(ns|us|ms|s|m|min|h))$" };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let nanos = |text: &str| text.parse::<Duration>().map(|time| time.0.as_nanos());
        assert_eq!(nanos("1ms"), Ok(1_000_000));
        assert_eq!(nanos("1_500us"), Ok(1_500_000));
        assert_eq!(nanos("0"), Ok(0));
        assert_eq!(nanos("2 s"), Ok(2_000_000_000));
        for wrong in ["", "ms", "5", "1.5ms", "-1s", "99999999999h"] {
            assert!(nanos(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let bytes = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes("10 gb"), Ok(10_000_000_000));
        assert_eq!(serde_json::to_value(Size(64 << 20)).unwrap(), "64MiB");
        for wrong in ["", "MiB", "1.5GB", "-1", "64MiBs", "99999999TiB"] {
            assert!(bytes(wrong).unwrap_err().contains("`64MiB`"), "{wrong}");
        }
    }

    #[test]
    fn a_watchdog_has_a_limit_or_is_off() {
        assert_eq!("off".parse(), Ok(Watchdog(None)));
        assert_eq!("1s".parse(), Ok(Watchdog::default()));
        for wrong in ["0", "10us", "never"] {
            assert!(wrong.parse::<Watchdog>().unwrap_err().contains("`off`"), "{wrong}");
        }
    }

    #[test]
    fn one_in_three_names_the_next_power_of_two() {
        assert_eq!("1/64".parse(), Ok(Sampling::OneIn(64)));
        assert!("1/3".parse::<Sampling>().unwrap_err().contains("`1/4`"));
        assert!("1/0".parse::<Sampling>().is_err());
    }
}
