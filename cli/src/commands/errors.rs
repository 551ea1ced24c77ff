//! `pitlane errors`.

use crate::console;
use crate::failure::{Exit, Failure, UNKNOWN_NAME};
use pitlane::error::Code;
use serde_json::{Value, json};
use std::fmt::Write;

/// Arguments of `errors`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this one, such as PL-CONFIG-012, with what to do about it.
    code: Option<String>,
    /// Print them as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let all = crate::error_codes();
    let mut codes: Vec<(&str, Code)> = all
        .into_iter()
        .flat_map(|(place, codes)| codes.iter().map(move |code| (place, *code)))
        .collect();
    if let Some(wanted) = &args.code {
        codes.retain(|(_, code)| code.name().eq_ignore_ascii_case(wanted));
        if codes.is_empty() {
            let message = format!("there is no error with the code `{wanted}`");
            return Err(Failure::usage(UNKNOWN_NAME, message, "`pitlane errors` lists all codes"));
        }
    }
    let text = match (args.json, args.code.is_some()) {
        (true, _) => format!("{:#}\n", codes.iter().map(as_json).collect::<Value>()),
        (false, true) => codes.iter().map(in_full).collect(),
        (false, false) => as_list(&codes),
    };
    console::show(&text)?;
    Ok(Exit::Done)
}

fn as_json((place, code): &(&str, Code)) -> Value {
    json!({ "code": code.name(), "crate": place, "doc": code.doc(), "help": code.remedy() })
}

fn in_full((_, code): &(&str, Code)) -> String {
    format!("{code}: {}\n{}\n", code.doc(), code.remedy())
}

fn as_list(codes: &[(&str, Code)]) -> String {
    let mut text = String::new();
    let mut last = "";
    for (place, code) in codes {
        if *place != last {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}{place}:", if last.is_empty() { "" } else { "\n" });
            last = place;
        }
        let _ = writeln!(text, "  {:<16} {}", code.name(), code.doc());
    }
    text
}
