//! A folder of one's own to run the command in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A session of two strategies, a gate and a gateway, from the file `ticks.csv`.
pub(crate) const CONFIG: &str = r#"pitlane: 1
sources:
  feed: { format: csv, preset: plain, path: ticks.csv }
components:
  sma:    { type: sma_cross, fast: 5, slow: 20, emits: strategy }
  revert: { type: mean_reversion, window: 30, enter: 1.5, emits: strategy }
  gate:   { type: risk_gate, max_position: 5, emits: risk }
  orders: { type: order_log }
routing:
  feed:
    MarketData:
      tier: fast
      routes:
        - { type: broadcast, targets: [sma, revert] }
  strategy:
    Signal:
      tier: fast
      routes:
        - { type: filter, condition: "strength > 0.01", target: gate }
  risk:
    Order:
      routes:
        - { type: pipeline, steps: [orders] }
"#;

/// A temporary folder with `session.yaml` and a generated `ticks.csv`.
pub(crate) struct Folder(tempfile::TempDir);

/// How the command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn with_session(events: u32) -> Self {
        let folder = Self::empty();
        folder.write("session.yaml", CONFIG);
        let events = events.to_string();
        folder.run(["generate", "--events", &events, "-o", "ticks.csv"]).assert_code(0);
        folder
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the folder can be written");
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn json(&self, name: impl AsRef<Path>) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).expect("it is JSON")
    }

    /// The command, to be run in the folder.
    pub(crate) fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pitlane"));
        command
            .current_dir(self.0.path())
            .args(args)
            .env_remove("PITLANE_LOG")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        self.command(args).output().expect("the command starts").into()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn assert_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panic"), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn assert_says(self, sentence: &str) -> Self {
        assert!(self.stderr.contains(sentence), "no `{sentence}` in {self:#?}");
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}
