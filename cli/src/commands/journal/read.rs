//! `pitlane journal cat`, `tail` and `export`.

use crate::args::time;
use crate::console::{self, unless_closed};
use crate::failure::{BAD_VALUE, Exit, Failure};
use crate::journal::{Form, Opened, Rows};
use pitlane::event::Slot;
use pitlane::registry::Registry;
use pitlane_persistence::{Batch, Error, From, JournalReader};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which events.
#[derive(Debug, clap::Args)]
struct Which {
    /// The journal's folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only this stream, such as feed or risk/gate; may be given several times.
    #[arg(long = "stream", value_name = "NAME")]
    streams: Vec<String>,
}

/// Where to begin, and how many.
#[derive(Debug, clap::Args)]
struct Span {
    /// Begin with the event at this position.
    #[arg(long, value_name = "POSITION")]
    from_sequence: Option<u64>,
    /// Begin with the first event whose ts_event is at this time or later: ISO-8601 or ns since 1970.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "from_sequence")]
    from: Option<u64>,
    /// Begin with the first batch appended at this time or later.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = ["from_sequence", "from"])]
    appended_from: Option<u64>,
    /// Only this run, as `ls` numbers them.
    #[arg(long, value_name = "RUN")]
    run: Option<u64>,
    /// Stop after so many.
    #[arg(long, value_name = "EVENTS")]
    limit: Option<u64>,
}

/// Arguments of `cat`.
#[derive(Debug, clap::Args)]
pub(crate) struct CatArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    span: Span,
    /// An object per line instead of CSV.
    #[arg(long)]
    json: bool,
}

/// Arguments of `tail`.
#[derive(Debug, clap::Args)]
pub(crate) struct TailArgs {
    #[command(flatten)]
    which: Which,
    /// How many of the last events.
    #[arg(short = 'n', value_name = "EVENTS", default_value_t = 10)]
    last: usize,
    /// Go on as more are written, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// An object per line instead of CSV.
    #[arg(long)]
    json: bool,
}

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    span: Span,
    /// The file; standard output without it. It is replaced where it exists.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// csv, json (an object per line), or bin (the events' 64 bytes, for numpy.fromfile). Default: as
    /// the file's extension says, else csv.
    #[arg(long, value_parser = form)]
    format: Option<Form>,
}

fn form(text: &str) -> Result<Form, String> {
    match text {
        "csv" => Ok(Form::Csv),
        "json" | "jsonl" | "ndjson" => Ok(Form::Json),
        "bin" => Ok(Form::Bin),
        _ => Err("write `csv`, `json` or `bin`".into()),
    }
}

pub(super) fn cat(args: &CatArgs, registry: &Registry) -> Result<Exit, Failure> {
    let form = if args.json { Form::Json } else { Form::Csv };
    copy(&args.which, &args.span, form, || Ok(io::stdout().lock()), None, registry)
}

pub(super) fn export(args: &ExportArgs, registry: &Registry) -> Result<Exit, Failure> {
    let ending = args.out.as_ref().and_then(|path| path.extension()?.to_str());
    let guessed = ending.and_then(|ending| form(ending).ok());
    let form = args.format.or(guessed).unwrap_or(Form::Csv);
    if form == Form::Bin && args.out.is_none() && io::stdout().is_terminal() {
        let message = "a terminal cannot show the bytes of events";
        return Err(Failure::usage(BAD_VALUE, message, "name a file: `-o events.bin`"));
    }
    let Some(path) = &args.out else {
        let out = || Ok(io::stdout().lock());
        return copy(&args.which, &args.span, form, out, None, registry);
    };
    let file = || File::create(path).map_err(|error| Failure::write(path, &error));
    copy(&args.which, &args.span, form, file, Some(path), registry)
}

/// Writes the events that are asked for. What is wrong is told before anything is made to write to.
fn copy<W: Write>(
    which: &Which,
    span: &Span,
    form: Form,
    out: impl FnOnce() -> Result<W, Failure>,
    path: Option<&Path>,
    registry: &Registry,
) -> Result<Exit, Failure> {
    let opened = Opened::at(&which.folder)?;
    let tags = opened.tags(&which.streams)?;
    one_stream(&opened, &tags, form)?;
    let (from, begin, end) = part(&opened, span)?;
    let reader = JournalReader::open(opened.storage.clone(), from);
    let mut reader = reader.map_err(|error| opened.fail(&error))?;
    let wrong = |error: io::Error| match path {
        Some(path) => Err(Failure::write(path, &error)),
        None => unless_closed(error),
    };
    let out = BufWriter::with_capacity(1 << 16, out()?);
    let begun = Rows::begin(out, form, &opened, &tags, registry);
    let mut rows = match begun {
        Ok(rows) => rows,
        Err(error) => return wrong(error).map(|()| Exit::Done),
    };
    // The reader begins at the first event of any stream that is so late; one of those asked for may follow it.
    let mut early = span.from;
    let mut inside = |(at, event): &(u64, &Slot)| {
        if begin.is_some_and(|begin| *at < begin) {
            return false;
        }
        early = early.filter(|time| event.header.ts_event < *time);
        early.is_none()
    };
    let mut left = span.limit.unwrap_or(u64::MAX);
    let read = loop {
        let batch = match reader.next_until(end) {
            Ok(Some(batch)) => batch,
            Ok(None) => break Ok(()),
            Err(lost @ Error::Lost { .. }) => {
                console::note(&format!("note: {}: {lost}", opened.folder.display()));
                continue;
            }
            Err(error) => break Err(opened.fail(&error)),
        };
        if batch.first >= end || left == 0 {
            break Ok(());
        }
        let chosen = events(&batch, &tags).filter(&mut inside);
        let limit = usize::try_from(left).unwrap_or(usize::MAX);
        for (position, event) in chosen.take(limit) {
            left -= 1;
            if let Err(error) = rows.write(position, batch.appended, batch.tag, event) {
                return wrong(error).map(|()| Exit::Done);
            }
        }
    };
    // What came before an error is written all the same.
    rows.flush().or_else(wrong)?;
    read.map(|()| Exit::Done)
}

/// Where a reader begins, the first position that is wanted, and the one behind the last.
fn part(opened: &Opened, span: &Span) -> Result<(From, Option<u64>, u64), Failure> {
    // Where the end is damaged, what comes before it is written, and then the damage is told.
    let next = opened.bounds().map_or(u64::MAX, |bounds| bounds.next);
    let (mut begin, mut end) = (span.from_sequence, next);
    if let Some(run) = span.run {
        let (_, first, next) = opened.session(Some(run))?;
        begin = Some(begin.unwrap_or(first).max(first));
        end = next;
    }
    let from = match (begin, span.from, span.appended_from) {
        (_, Some(time), _) => From::TsEvent(time),
        (_, _, Some(time)) => From::Appended(time),
        (Some(sequence), ..) => From::Sequence(sequence),
        _ => From::Oldest,
    };
    Ok((from, begin, end))
}

/// The bytes of events do not say which stream they are of.
fn one_stream(opened: &Opened, tags: &[u32], form: Form) -> Result<(), Failure> {
    let several = if tags.is_empty() { opened.manifest.streams.len() > 1 } else { tags.len() > 1 };
    if form != Form::Bin || !several {
        return Ok(());
    }
    let known: Vec<_> =
        opened.manifest.streams.iter().map(|s| format!("{}:{}", s.name, s.event)).collect();
    let message = "a .bin has no column for the stream, and there are several";
    let help = format!("name one by `--stream`: {}", known.join(", "));
    Err(Failure::usage(BAD_VALUE, message, help))
}

fn events<'b>(batch: &Batch<'b>, tags: &[u32]) -> impl Iterator<Item = (u64, &'b Slot)> {
    let wanted = tags.is_empty() || tags.contains(&batch.tag);
    let events = if wanted { batch.events } else { &[] };
    (batch.first..).zip(events)
}

/// How long `tail -f` waits before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// Where events of one stream alone are wanted, at least so many are read to find the last of them.
const BACK: u64 = 1 << 16;

pub(super) fn tail(args: &TailArgs, registry: &Registry) -> Result<Exit, Failure> {
    let opened = Opened::at(&args.which.folder)?;
    let tags = opened.tags(&args.which.streams)?;
    let form = if args.json { Form::Json } else { Form::Csv };
    let bounds = opened.bounds()?;
    let fail = |error: Error| opened.fail(&error);
    let open = |back: u64| {
        let begin = bounds.next.saturating_sub(back).max(bounds.first);
        JournalReader::open(opened.storage.clone(), From::Sequence(begin)).map_err(fail)
    };
    let mut back = if tags.is_empty() { args.last as u64 } else { BACK };
    let (mut reader, last) = loop {
        let mut reader = open(back)?;
        let last = last_of(&mut reader, bounds.next, args.last, &tags).map_err(fail)?;
        if last.len() == args.last || back >= bounds.next - bounds.first {
            break (reader, last);
        }
        back = back.saturating_mul(8).max(BACK);
    };
    let out = BufWriter::new(io::stdout().lock());
    let shown = (|| {
        let mut rows = Rows::begin(out, form, &opened, &tags, registry)?;
        for (position, appended, tag, event) in &last {
            rows.write(*position, *appended, *tag, event)?;
        }
        rows.flush()?;
        Ok(rows)
    })();
    let mut rows = match shown {
        Ok(rows) => rows,
        Err(error) => return unless_closed(error).map(|()| Exit::Done),
    };
    if !args.follow {
        return Ok(Exit::Done);
    }
    loop {
        let batch = match reader.next() {
            Ok(Some(batch)) => batch,
            Ok(None) => {
                std::thread::sleep(PAUSE);
                continue;
            }
            Err(lost @ Error::Lost { .. }) => {
                console::note(&format!("note: {}: {lost}", opened.folder.display()));
                continue;
            }
            Err(error) => return Err(fail(error)),
        };
        let written = events(&batch, &tags).try_for_each(|(position, event)| {
            rows.write(position, batch.appended, batch.tag, event)
        });
        if let Err(error) = written.and_then(|()| rows.flush()) {
            return unless_closed(error).map(|()| Exit::Done);
        }
    }
}

/// Position, append time, tag, event.
type Row = (u64, u64, u32, Slot);

fn last_of(
    reader: &mut JournalReader,
    end: u64,
    most: usize,
    tags: &[u32],
) -> Result<VecDeque<Row>, Error> {
    let mut last = VecDeque::with_capacity(most.min(1 << 16));
    loop {
        let batch = match reader.next_until(end) {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(last),
            Err(Error::Lost { .. }) => continue,
            Err(error) => return Err(error),
        };
        for (position, event) in events(&batch, tags) {
            if last.len() == most {
                last.pop_front();
            }
            if most > 0 {
                last.push_back((position, batch.appended, batch.tag, *event));
            }
        }
    }
}
