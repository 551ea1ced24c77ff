//! `pitlane new`.

use crate::console;
use crate::failure::{BAD_VALUE, Exit, FOLDER_REFUSED, Failure};
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; it must be new or empty. Its name becomes the crate's.
    dir: PathBuf,
    /// Folder of Pitlane's source, for the crate to depend on. Default: the one that this command
    /// was built from where it still exists, else the published version.
    #[arg(long, value_name = "PATH")]
    pitlane: Option<PathBuf>,
}

const MAIN: &str = include_str!("../../templates/new/main.rs.in");
const STRATEGY: &str = include_str!("../../templates/new/strategy.rs.in");
const CONFIG: &str = include_str!("../../templates/new/config.yaml");
const CARGO: &str = include_str!("../../templates/new/Cargo.toml.in");

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let name = crate_name(&args.dir)?;
    let source = source(args)?;
    empty_folder(&args.dir)?;
    let cargo =
        CARGO.replace("{{name}}", &name).replace("{{dependencies}}", &dependencies(&source));
    let mut files = vec![
        ("Cargo.toml", cargo),
        ("src/main.rs", MAIN.to_owned()),
        ("src/strategy.rs", STRATEGY.to_owned()),
        ("config.yaml", CONFIG.to_owned()),
        (".gitignore", "/target/\n/runs/\n".to_owned()),
    ];
    // The same versions of everything, so that what builds here builds there.
    let lock = source.and_then(|source| fs::read_to_string(source.join("Cargo.lock")).ok());
    files.extend(lock.map(|lock| ("Cargo.lock", lock)));
    write_all(&args.dir, files.into_iter())?;
    let dir = args.dir.display();
    console::show(&format!(
        "made {dir}: a strategy in src/strategy.rs with its test, and config.yaml\n\
         next:\n  cd {dir}\n  cargo test\n  cargo run --release -- replay config.yaml\n"
    ))?;
    Ok(Exit::Done)
}

/// Makes a folder, or takes an empty one.
pub(super) fn empty_folder(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|error| Failure::write(dir, &error))?;
    let mut entries = fs::read_dir(dir).map_err(|error| Failure::write(dir, &error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => {
            let message = format!("{}: the folder is not empty", dir.display());
            Err(Failure::usage(FOLDER_REFUSED, message, "name a new or empty folder"))
        }
    }
}

/// Writes files into a folder, making folders as needed.
pub(super) fn write_all(
    dir: &Path,
    files: impl Iterator<Item = (&'static str, String)>,
) -> Result<(), Failure> {
    for (name, text) in files {
        let path = dir.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text))
            .map_err(|error| Failure::write(&path, &error))?;
    }
    Ok(())
}

/// A crate's name out of a folder's.
fn crate_name(dir: &Path) -> Result<String, Failure> {
    let folder = match dir.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => {
            let absolute = std::path::absolute(dir).and_then(|path| path.canonicalize());
            let name = absolute.ok().and_then(|path| Some(path.file_name()?.to_owned()));
            name.unwrap_or_default().to_string_lossy().into_owned()
        }
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name: String = folder.chars().map(|c| if fine(c) { c } else { '-' }).collect();
    let name = name.trim_matches('-').to_owned();
    let reserved = ["test", "core", "std", "alloc", "proc_macro", "proc-macro", "pitlane"];
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || reserved.contains(&name.as_str()) {
        let message = format!("`{folder}` will not do as the name of a crate");
        let help = "name a folder that begins with a letter, such as `my-strategy`";
        return Err(Failure::usage(BAD_VALUE, message, help));
    }
    Ok(name)
}

/// Folder of Pitlane's source, where there is one.
fn source(args: &Args) -> Result<Option<PathBuf>, Failure> {
    let is_source =
        |path: &Path| path.join("core/Cargo.toml").is_file() && path.join("cli").is_dir();
    if let Some(path) = &args.pitlane {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if !is_source(&absolute) {
            let message = format!("--pitlane {}: this is no source of Pitlane", path.display());
            let help = "name the folder that has `core` and `cli` in it";
            return Err(Failure::usage(BAD_VALUE, message, help));
        }
        return Ok(Some(absolute));
    }
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(built_from.filter(|path| is_source(path)).map(Path::to_owned))
}

/// The lines of the crate's dependencies on Pitlane.
fn dependencies(source: &Option<PathBuf>) -> String {
    let crates =
        [("pitlane", "core"), ("pitlane-cli", "cli"), ("pitlane-strategies", "strategies")];
    let lines = crates.map(|(name, folder)| match source {
        // A path as a JSON string is one in TOML, too.
        Some(source) => {
            let path = serde_json::Value::from(source.join(folder).to_string_lossy());
            format!("{name} = {{ path = {path} }}")
        }
        None => format!("{name} = \"{}\"", env!("CARGO_PKG_VERSION")),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_the_crate() {
        assert_eq!(crate_name(Path::new("/x/my strategy")).unwrap(), "my-strategy");
        for folder in ["9lives", "core", "---", "/"] {
            assert!(crate_name(Path::new(folder)).unwrap_err().sentence().contains("will not do"));
        }
    }

    #[test]
    fn without_a_source_the_published_version_is_used() {
        let text = dependencies(&None);
        assert!(text.contains(&format!("pitlane = \"{}\"", env!("CARGO_PKG_VERSION"))), "{text}");
    }
}
