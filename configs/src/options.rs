//! What the command line changes about a config.

use crate::checked::KnownNumbers;
use pitlane::Tier;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Says what the journal in a folder knows of numbers; nothing where there is none yet.
pub type KnowNumbers = fn(&Path) -> Result<KnownNumbers, String>;

/// What the command line, or an embedding program, changes about a config.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Values put at paths, in this order, before anything is read: `components.sma.fast` and
    /// `20`; `routing.strategy.Signal.routes[0].condition` and `strength > 0.5`. A value that
    /// begins with `[`, `{` or a quote is read as YAML, any other as text.
    pub set: Vec<(String, String)>,
    /// Files for sources.
    pub inputs: Vec<Input>,
    /// The tier that stands in for the reliable one; without it `tier: reliable` is a mistake.
    pub reliable_as: Option<Tier>,
    /// In place of `lanes`: `auto`, `fused` or a number.
    pub lanes: Option<String>,
    /// In place of `rings.batch`.
    pub batch: Option<usize>,
    /// In place of `rings.capacity`, and for all streams.
    pub capacity: Option<usize>,
    /// In place of `latency`: `off`, `every`, `1/64`.
    pub latency: Option<String>,
    /// In place of `digests`.
    pub digests: Option<bool>,
    /// In place of `session`.
    pub session: Option<u16>,
    /// Symbols that have numbers already, in the order of these, which count from 1.
    pub instruments: Vec<String>,
    /// Sources that something else feeds: they are not opened.
    pub fed: Vec<String>,
    /// What the journal in a folder knows of numbers; asked where anything is recorded.
    pub known_numbers: Option<KnowNumbers>,
}

/// A file for a source: `--input SOURCE=PATH[,preset=..,symbol=..,date=..]`.
///
/// Where the config declares the source, the path takes the place of what it reads and the options
/// are set besides. Where it does not, or the source's format reads no files, a source is made of
/// it, of the format that the file's extension tells, else `csv`, unless an option `format` says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Name of the source.
    pub source: String,
    /// The file, counted from the current folder.
    pub path: PathBuf,
    /// Options of the format, in order.
    pub options: Vec<(String, String)>,
}

impl FromStr for Input {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str =
            "write `SOURCE=PATH`, or `SOURCE=PATH,preset=lean-equity-trade,symbol=IBM`";
        let (source, rest) = text
            .split_once('=')
            .filter(|(source, rest)| !source.is_empty() && !rest.is_empty())
            .ok_or_else(|| format!("`{text}` names no source and path; {FORM}"))?;
        let mut path = rest.to_owned();
        let mut options = Vec::new();
        // Options are split off from the end, so that a path may have commas.
        while let Some((before, last)) = path.rsplit_once(',') {
            let Some((key, value)) = last.split_once('=') else { break };
            let word = |c: char| c.is_ascii_lowercase() || c == '_';
            if key.is_empty() || !key.chars().all(word) {
                break;
            }
            options.insert(0, (key.to_owned(), value.to_owned()));
            path = before.to_owned();
        }
        if path.is_empty() {
            return Err(format!("`{text}` names no path; {FORM}"));
        }
        Ok(Self { source: source.into(), path: path.into(), options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_has_a_source_a_path_and_options() {
        let input: Input = "feed=a,b.zip,preset=lean-equity-trade,symbol=IBM".parse().unwrap();
        assert_eq!(input.source, "feed");
        assert_eq!(input.path, PathBuf::from("a,b.zip"));
        assert_eq!(input.options.len(), 2);
        assert_eq!(input.options[1], ("symbol".into(), "IBM".into()));
    }

    #[test]
    fn an_input_without_a_path_says_what_to_write() {
        for text in ["feed", "feed=", "=a.csv", "feed=,symbol=X"] {
            let error = text.parse::<Input>().unwrap_err();
            assert!(error.contains("SOURCE=PATH"), "{error}");
        }
    }
}
