//! `pitlane trace`.

use crate::console;
use crate::failure::{BAD_VALUE, Exit, Failure, UNKNOWN_NAME};
use crate::session::{TRACE_FILE, read_trace};
use pitlane::trace::{Line, Lineage, Step};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `trace`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of a run whose config says `trace: on`.
    run: PathBuf,
    /// The order, by its `client_order_id`: the chain from tick over signals to the order and its
    /// reports.
    #[arg(required_unless_present = "root")]
    order: Option<u64>,
    /// All that descended from the event that entered with this root.
    #[arg(long, value_name = "N", conflicts_with = "order")]
    root: Option<u64>,
    /// Print it as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let steps = steps(&args.run)?;
    let lineage = Lineage::new(&steps);
    let lines = match (args.order, args.root) {
        (Some(order), _) => lineage.of_order(order),
        (None, root) => lineage.of_root(root.unwrap_or_default()),
    };
    if lines.is_empty() {
        return Err(unknown(args, &lineage));
    }
    let text = if args.json {
        let lines = lines.iter().map(as_json).collect::<Value>();
        format!("{:#}\n", json!({ "schema": 1, "lines": lines }))
    } else {
        as_text(args, &lines)
    };
    console::show(&text)?;
    Ok(Exit::Done)
}

fn steps(run: &std::path::Path) -> Result<Vec<Step>, Failure> {
    let path = run.join(TRACE_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let message = format!("{}: cannot be read: {error}", path.display());
        let help = "name the folder of a run, replayed with `trace: on` in the config, or `--set trace=on`";
        Failure::usage(BAD_VALUE, message, help)
    })?;
    read_trace(&text).map_err(|line| {
        let message = format!("{}:{line}: this is no trace of a run", path.display());
        Failure::usage(BAD_VALUE, message, "replay it again")
    })
}

fn unknown(args: &Args, lineage: &Lineage<'_>) -> Failure {
    let Some(order) = args.order else {
        let message = format!("nothing descended from root {}", args.root.unwrap_or_default());
        return Failure::usage(UNKNOWN_NAME, message, "orders.csv and signals.csv name roots");
    };
    let known = lineage.orders();
    let help = match (known.first(), known.last()) {
        (Some(first), Some(last)) => {
            format!("there are {} orders, {first} to {last}: see orders.csv", known.len())
        }
        _ => "there are no orders in this run".into(),
    };
    Failure::usage(UNKNOWN_NAME, format!("there is no order {order}"), help)
}

fn as_text(args: &Args, lines: &[Line<'_>]) -> String {
    let mut text = match (args.order, args.root) {
        (Some(order), _) => format!("order {order}\n"),
        (None, root) => format!("root {}\n", root.unwrap_or_default()),
    };
    for line in lines {
        text += &format!("{line}\n");
    }
    let recorded = lines.iter().filter(|line| line.step.stage.starts_with("pitlane.")).count();
    if recorded > 0 {
        text += "stages `pitlane.*` write the run folder\n";
    }
    text
}

fn as_json(line: &Line<'_>) -> Value {
    let Step { stage, stream, sequence, event, slot, .. } = line.step;
    let emitted = line
        .step
        .emitted
        .iter()
        .map(|(stream, from, to)| json!({ "stream": &**stream, "from": from, "to": to }));
    json!({
        "depth": line.depth,
        "stream": &**stream,
        "sequence": sequence,
        "event": &**event,
        "root": slot.header.root,
        "ts_event": slot.header.ts_event,
        "stage": &**stage,
        "waited_ns": line.waited,
        "took_ns": line.took(),
        "emitted": emitted.collect::<Value>(),
    })
}
