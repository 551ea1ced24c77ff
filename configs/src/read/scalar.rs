//! What a scalar means, by the type that is wanted.
//!
//! | wanted | written |
//! |---|---|
//! | text | anything, as it stands: `ON`, `0700`, `1.10`, `"quoted"` |
//! | truth | `true` or `false` |
//! | whole number | `1000`, `1_000`, `-5`; no leading zeros, no quotes |
//! | number | `0.5`, `1e-9`, `1_000.25`; finite |
//! | one of some words | the word |
//! | optional | the above, or nothing, `~`, `null` |

use super::fail::Fail;
use crate::tree::{Node, Value};

/// A scalar's text; `quoted` ones too.
pub(crate) fn text(node: &Node) -> Result<&str, Fail> {
    match &node.value {
        Value::Scalar { text, quoted: false } if text.is_empty() => {
            Err(Fail::Type { found: "nothing".into(), wanted: "a text".into() })
        }
        Value::Scalar { text, .. } => Ok(text),
        _ => Err(wrong(node, "a text")),
    }
}

pub(crate) fn boolean(node: &Node) -> Result<bool, Fail> {
    match plain(node) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(wrong(node, "`true` or `false`")),
    }
}

/// A whole number between two bounds.
pub(crate) fn integer(node: &Node, least: i128, most: i128) -> Result<i128, Fail> {
    let wanted = "a whole number";
    let text = plain(node).ok_or_else(|| wrong(node, wanted))?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = without_underscores(digits).filter(|digits| all_digits(digits));
    let Some(digits) = digits else { return Err(wrong(node, wanted)) };
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(Fail::Value {
            message: format!("`{text}` could be meant as octal"),
            help: format!("write `{}`", digits.trim_start_matches('0')),
        });
    }
    match digits.parse::<i128>().map(|number| sign * number) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(Fail::Value {
            message: format!("`{text}` is out of range"),
            help: format!("the least is {least}, the most is {most}"),
        }),
    }
}

pub(crate) fn float(node: &Node) -> Result<f64, Fail> {
    let wanted = "a number";
    let text = plain(node).ok_or_else(|| wrong(node, wanted))?;
    let digits = without_underscores(text).ok_or_else(|| wrong(node, wanted))?;
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(Fail::Value {
            message: format!("`{text}` is not a finite number"),
            help: "write a number with digits".into(),
        }),
        Err(_) => Err(wrong(node, wanted)),
    }
}

/// What a scalar is where no type is wanted, by YAML's core rules.
pub(crate) enum Guess<'t> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'t str),
}

pub(crate) fn guess(node: &Node) -> Guess<'_> {
    if node.is_null() {
        return Guess::Null;
    }
    if let Ok(truth) = boolean(node) {
        return Guess::Bool(truth);
    }
    if let Ok(number) = integer(node, i128::from(i64::MIN), i128::from(u64::MAX)) {
        return Guess::Int(number);
    }
    let text = node.as_text().unwrap_or_default();
    let looks_like_a_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && !(text.len() > 1 && text.starts_with('0') && !text.starts_with("0."));
    match float(node) {
        Ok(number) if looks_like_a_number && is_exact(text) => Guess::Float(number),
        _ => Guess::Text(text),
    }
}

/// Whether a float holds all digits of a decimal. Others stay text, so that readers of exact
/// decimals see what was written.
fn is_exact(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
    digits.count() <= 15
}

/// That a node is of the wrong kind.
pub(crate) fn wrong(node: &Node, wanted: &str) -> Fail {
    Fail::Type { found: node.describe(), wanted: wanted.into() }
}

fn plain(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar { text, quoted: false } => Some(text),
        _ => None,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text without `_` between digits; `None` where one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let fine = (0..bytes.len())
        .filter(|&at| bytes[at] == b'_')
        .all(|at| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    fine.then(|| text.replace('_', ""))
}
