//! What was run, on what, with what.

use super::outcome::Outcome;
use super::{inputs, machine};
use crate::failure::Failure;
use jiff::Timestamp;
use pitlane_config::{Info, Setup};
use pitlane_feeds::{ReplayOptions, format_time};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The key that tells a manifest of ours; its value is the version of the form.
pub(super) const MARK: &str = "pitlane_run";

/// The manifest of a run: written when it begins, and again when it has ended.
pub(super) struct Manifest {
    content: Map<String, Value>,
    sources: Vec<Info>,
    /// Folder that relative paths count from.
    base: PathBuf,
}

impl Manifest {
    pub(super) fn begin(config: &Path, setup: &Setup, replay: &ReplayOptions) -> Self {
        let mut content = Map::new();
        let mut put = |key: &str, value: Value| content.insert(key.into(), value);
        put(MARK, json!(1));
        put("kind", json!("replay"));
        put("state", json!("running"));
        put("interrupted", json!(false));
        put("exit_code", Value::Null);
        put("error", Value::Null);
        put("started", json!(Timestamp::now().to_string()));
        put("finished", Value::Null);
        put("config_file", json!(config.display().to_string()));
        put("arguments", std::env::args().skip(1).collect());
        put("replay", window(replay));
        put("config", setup.config.clone());
        put("sources", json!(setup.source_infos));
        put("components", json!(setup.components));
        put("session", json!(setup.session));
        put("inputs", Value::Null);
        put("versions", versions());
        put("machine", machine::machine());
        let base = config.parent().unwrap_or(Path::new("")).to_owned();
        Self { content, sources: setup.source_infos.clone(), base }
    }

    /// Notes how it ended, and hashes the files that were read.
    pub(super) fn finish(&mut self, outcome: &Outcome) {
        let mut put = |key: &str, value: Value| self.content.insert(key.into(), value);
        put("state", json!(outcome.state.name()));
        put("interrupted", json!(outcome.is_interrupted()));
        put("exit_code", json!(outcome.exit() as u8));
        put("losses", super::losses::losses(&outcome.report));
        put("error", json!(outcome.failure.as_ref().map(Failure::sentence)));
        put("errors", json!(outcome.errors()));
        put("finished", json!(Timestamp::now().to_string()));
        put("inputs", inputs::inputs(&self.sources, &self.base));
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        write_json(&folder.join("manifest.json"), &Value::Object(self.content.clone()))
    }
}

/// Writes JSON for people, in one step: a reader never finds half of it.
pub(crate) fn write_json(path: &Path, value: &Value) -> Result<(), Failure> {
    let fresh = path.with_extension("json.part");
    let written = fs::write(&fresh, format!("{value:#}\n")).and_then(|()| fs::rename(&fresh, path));
    written.map_err(|error| Failure::write(path, &error))
}

fn window(replay: &ReplayOptions) -> Value {
    json!({
        "from": replay.from.map(format_time),
        "to": replay.to.map(format_time),
        "limit": replay.limit,
        "speed": replay.pace.to_string(),
    })
}

fn versions() -> Value {
    json!({ "pitlane": env!("CARGO_PKG_VERSION"), "config_format": 1, "run_format": 1 })
}
