//! Which files options name.

use crate::csv::FileOptions;
use crate::error::about;
use pitlane::Instruments;
use pitlane::source::SourceError;

/// What options of any format say of their files.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileList {
    pub(crate) path: Option<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) files: Vec<FileOptions>,
    pub(crate) entry: Option<String>,
    pub(crate) symbol: Option<String>,
    pub(crate) symbols: Vec<String>,
    pub(crate) date: Option<String>,
    pub(crate) dates: Vec<String>,
}

impl FileList {
    /// All files, each with its symbol and date where they are said.
    pub(crate) fn expand(&self) -> Result<Vec<FileOptions>, SourceError> {
        let options = self;
        let given = [options.path.is_some(), !options.paths.is_empty(), !options.files.is_empty()];
        match given.iter().filter(|given| **given).count() {
            1 => {}
            0 => {
                let help = "give `path`, `paths` or `files`";
                return Err(about("no file is named", help));
            }
            _ => {
                return Err(about(
                    "files are named twice",
                    "keep one of `path`, `paths` and `files`",
                ));
            }
        }
        let mut files = Vec::new();
        for path in options.path.iter().chain(&options.paths) {
            files.push(FileOptions { path: path.clone(), ..FileOptions::default() });
        }
        files.extend(options.files.iter().cloned());
        for file in &mut files {
            file.entry = file.entry.take().or_else(|| options.entry.clone());
            file.symbol = file.symbol.take().or_else(|| options.symbol.clone());
            file.date = file.date.take().or_else(|| options.date.clone());
        }
        let unused = |list: &[String], holders: &[&str]| {
            !list.is_empty()
                && !files.iter().any(|file| holders.iter().any(|h| file.path.contains(h)))
        };
        if unused(&options.dates, &["{date}"]) {
            return Err(about(
                "`dates` is given, but no path has `{date}`",
                "put it where the date stands",
            ));
        }
        if unused(&options.symbols, &["{symbol}", "{ticker}"]) {
            let help = "put it where the symbol stands, or use `symbol` for a single one";
            return Err(about(
                "`symbols` is given, but no path has `{symbol}` or `{ticker}`",
                help,
            ));
        }
        files
            .iter()
            .map(|file| expand(file, options))
            .collect::<Result<Vec<_>, _>>()
            .map(|f| f.concat())
    }
}

/// A file for each date and symbol that its path stands for; dates first, so that files of a day
/// stand together.
fn expand(file: &FileOptions, options: &FileList) -> Result<Vec<FileOptions>, SourceError> {
    let mut files = vec![file.clone()];
    if file.path.contains("{date}") {
        let dates = either(&options.dates, file.date.as_ref(), "{date}", "dates")?;
        files = product(&files, &dates, |file, date| FileOptions {
            path: file.path.replace("{date}", date),
            date: Some(date.clone()),
            ..file.clone()
        });
    }
    if file.path.contains("{symbol}") || file.path.contains("{ticker}") {
        let symbols = either(&options.symbols, file.symbol.as_ref(), "{symbol}", "symbols")?;
        files = product(&files, &symbols, |file, symbol| {
            let ticker = Instruments::split(symbol).0.to_lowercase();
            FileOptions {
                path: file.path.replace("{symbol}", symbol).replace("{ticker}", &ticker),
                symbol: Some(symbol.clone()),
                ..file.clone()
            }
        });
    }
    Ok(files)
}

fn either(
    list: &[String],
    one: Option<&String>,
    placeholder: &str,
    option: &str,
) -> Result<Vec<String>, SourceError> {
    match (list, one) {
        ([], None) => {
            let message = format!("a path has `{placeholder}`, but `{option}` is not given");
            Err(about(message, format!("list what it stands for under `{option}`")))
        }
        ([], Some(one)) => Ok(vec![one.clone()]),
        (list, _) => Ok(list.to_vec()),
    }
}

fn product(
    files: &[FileOptions],
    values: &[String],
    make: impl Fn(&FileOptions, &String) -> FileOptions,
) -> Vec<FileOptions> {
    files.iter().flat_map(|file| values.iter().map(|value| make(file, value))).collect()
}
