//! `pitlane check`.

use crate::args::ConfigArgs;
use crate::console;
use crate::failure::{Exit, Failure, print_mistakes};
use crate::session::aligned;
use crate::{config, text};
use pitlane::registry::Registry;
use pitlane_config::{Ready, check, read};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print mistakes and warnings as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let file = &args.config.config;
    let options = config::options(&args.config);
    let found = read(file).and_then(|text| check(&text, file, registry, &options));
    if args.json {
        let (ok, mistakes) = match &found {
            Ok(ready) => (true, &ready.setup.warnings),
            Err(mistakes) => (false, mistakes),
        };
        let object = serde_json::json!({ "schema": 1, "ok": ok, "mistakes": mistakes.list() });
        console::show(&format!("{object:#}\n"))?;
        return Ok(if ok { Exit::Done } else { Exit::Usage });
    }
    let ready = found?;
    if !ready.setup.warnings.is_empty() {
        print_mistakes(&ready.setup.warnings);
    }
    console::show(&format!("{}: ok\n{}", file.display(), describe(&ready)))?;
    Ok(Exit::Done)
}

fn describe(ready: &Ready) -> String {
    let rows = ready.topology.streams().into_iter().map(|stream| {
        let writer = stream.writer.unwrap_or_else(|| {
            let unfed = ready.setup.unfed.contains(&stream.source);
            if unfed { "needs an --input".into() } else { "enters".into() }
        });
        vec![stream.name, stream.event.to_string(), writer, text::thousands(stream.capacity as u64)]
    });
    let mut text =
        format!("\n{}", aligned(&["stream", "type", "written by", "slots"], rows.collect(), 3));
    let rows = ready.topology.stages().into_iter().map(|stage| {
        let mut inputs: Vec<_> = stage.inputs.iter().map(|link| link.stream.as_str()).collect();
        inputs.dedup();
        // Copies of a partition are of the type of what they are copies of.
        let name = stage.name.split('#').next().unwrap_or_default();
        let info = ready.setup.components.iter().find(|info| info.name == name);
        let kind = info.map_or(String::new(), |info| info.r#type.clone());
        let outputs = stage.outputs.join(", ");
        vec![stage.name, kind, stage.tier.name().into(), inputs.join(", "), outputs]
    });
    text +=
        &format!("\n{}", aligned(&["stage", "type", "tier", "reads", "writes"], rows.collect(), 5));
    let lanes =
        ready.setup.config.get("lanes").map_or("auto".into(), |lanes| match lanes.as_str() {
            Some(word) => word.to_owned(),
            None => lanes.to_string(),
        });
    text + &format!("\nlanes: {lanes}\n")
}
