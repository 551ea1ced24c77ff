//! `pitlane schema`.

use crate::console;
use crate::failure::{Exit, Failure};
use pitlane::registry::Registry;

pub(crate) fn run(registry: &Registry) -> Result<Exit, Failure> {
    let schema = serde_json::to_value(pitlane_config::schema(registry)).unwrap_or_default();
    console::show(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}
