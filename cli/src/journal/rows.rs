//! Events as CSV or JSON, by the names of their fields.

use super::Opened;
use super::opened::fields_of;
use pitlane::Instruments;
use pitlane::condition::Fields;
use pitlane::event::fixed::Decimal;
use pitlane::event::{Event, Field, FieldKind, MarketData, Slot, fixed};
use pitlane::registry::Registry;
use pitlane_persistence::Manifest;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{self, Write};

/// How rows look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line with the names of columns, then a line per event; an empty field is null.
    Csv,
    /// An object per line; what is null is left out.
    Json,
    /// The events' 64 bytes, one after the other.
    Bin,
}

/// Columns before those of the events.
const FIRST: [&str; 4] = ["position", "appended", "stream", "event"];

/// Header fields that mean something whatever the type.
const COMMON: [&str; 7] = ["ts_event", "ts_recv", "root", "symbol", "venue", "source", "flags"];

/// Writes events as rows.
pub(crate) struct Rows<W> {
    out: W,
    form: Form,
    manifest: Manifest,
    /// Types by tag.
    types: HashMap<u32, Fields>,
    columns: Vec<&'static str>,
    text: String,
}

impl<W: Write> Rows<W> {
    /// Rows of these tags; of all, where none is named.
    pub(crate) fn begin(
        mut out: W,
        form: Form,
        opened: &Opened,
        tags: &[u32],
        registry: &Registry,
    ) -> io::Result<Self> {
        let manifest = opened.manifest.clone();
        let wanted = manifest.streams.iter();
        let wanted = wanted.filter(|stream| tags.is_empty() || tags.contains(&stream.tag));
        let typed = wanted.filter_map(|s| Some((s.tag, fields_of(registry, s.event_id)?)));
        let typed: Vec<(u32, Fields)> = typed.collect();
        let mut columns: Vec<&'static str> = COMMON[..6].to_vec();
        let all = typed.iter().flat_map(|(_, fields)| fields.fields);
        for name in all.map(|field| field.name).chain(["kind", "flags"]) {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
        if form == Form::Csv {
            let names: Vec<_> = FIRST.iter().chain(&columns).copied().collect();
            writeln!(out, "{}", names.join(","))?;
        }
        let (types, text) = (typed.into_iter().collect(), String::new());
        Ok(Self { out, form, manifest, types, columns, text })
    }

    /// Writes an event.
    pub(crate) fn write(
        &mut self,
        position: u64,
        appended: u64,
        tag: u32,
        event: &Slot,
    ) -> io::Result<()> {
        match self.form {
            Form::Bin => return self.out.write_all(bytemuck::bytes_of(event)),
            Form::Csv => self.csv(position, appended, tag, event),
            Form::Json => self.json(position, appended, tag, event),
        }
        self.text.push('\n');
        self.out.write_all(self.text.as_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn csv(&mut self, position: u64, appended: u64, tag: u32, event: &Slot) {
        let (stream, kind) = self.stream(tag);
        let mut text = format!("{position},{appended},{},{kind}", quoted(&stream));
        for column in &self.columns {
            text.push(',');
            match self.value(column, tag, event, position) {
                Value::Null => {}
                Value::String(word) => text += &quoted(&word),
                other => text += &other.to_string(),
            }
        }
        self.text = text;
    }

    fn json(&mut self, position: u64, appended: u64, tag: u32, event: &Slot) {
        let (stream, kind) = self.stream(tag);
        let mut object = Map::new();
        let first: [Value; 4] = [position.into(), appended.into(), stream.into(), kind.into()];
        object.extend(FIRST.iter().map(|name| (*name).to_owned()).zip(first));
        for column in &self.columns {
            let value = self.value(column, tag, event, position);
            if !value.is_null() {
                object.insert((*column).to_owned(), value);
            }
        }
        self.text = Value::Object(object).to_string();
    }

    /// Name and event type of a stream; its tag where nothing says them.
    fn stream(&self, tag: u32) -> (String, String) {
        match self.manifest.stream(tag) {
            Some(stream) => (stream.name.clone(), stream.event.clone()),
            None => (format!("#{tag}"), String::new()),
        }
    }

    fn value(&self, column: &str, tag: u32, event: &Slot, position: u64) -> Value {
        let known = self.types.get(&tag).map_or(&[][..], |fields| fields.fields);
        let own = known.iter().find(|field| field.name == column);
        let common = || {
            let fields = MarketData::fields().iter();
            fields.filter(|field| COMMON.contains(&field.name)).find(|field| field.name == column)
        };
        match own.or_else(common) {
            Some(field) => self.read(field, event, position),
            None if column == "kind" && known.is_empty() => event.header.kind.into(),
            None => Value::Null,
        }
    }

    fn read(&self, field: &Field, event: &Slot, position: u64) -> Value {
        let bytes = bytemuck::bytes_of(event);
        let integer = |at: usize, bytes_of_it: usize| {
            let mut word = [0; 8];
            word[..bytes_of_it].copy_from_slice(&bytes[at..at + bytes_of_it]);
            u64::from_le_bytes(word)
        };
        let has = |kinds: u32| {
            1_u32.checked_shl(event.header.kind.into()).is_some_and(|bit| kinds & bit != 0)
        };
        let symbol = || {
            let text = self.manifest.symbol(event.header.instrument);
            text.map_or_else(|| format!("#{}", event.header.instrument), str::to_owned)
        };
        match field.kind {
            FieldKind::Decimal { byte, kinds } => {
                let value = integer(byte, 8) as i64;
                let is_null = !has(kinds) || value == fixed::NULL;
                if is_null { Value::Null } else { Decimal(value).to_string().into() }
            }
            FieldKind::Integer { byte, bytes, kinds } => {
                if has(kinds) {
                    integer(byte, bytes).into()
                } else {
                    Value::Null
                }
            }
            FieldKind::Float { byte } => f64::from_bits(integer(byte, 8)).into(),
            FieldKind::Choice { byte, mask, choices } => {
                let value = bytes[byte] & mask;
                let known = choices.iter().find(|choice| choice.value == value);
                known.map_or_else(|| Value::from(value), |choice| choice.name.into())
            }
            FieldKind::Symbol if event.header.instrument == 0 => Value::Null,
            FieldKind::Symbol => symbol().into(),
            FieldKind::Venue => {
                let text = symbol();
                let (_, venue) = Instruments::split(&text);
                if venue.is_empty() { Value::Null } else { venue.into() }
            }
            FieldKind::Source => self.name(event.header.source, position),
            FieldKind::Component { byte } => self.name(integer(byte, 2) as u16, position),
        }
    }

    /// The name of a source or component in the session that a position is of.
    fn name(&self, id: u16, position: u64) -> Value {
        let session = self.manifest.sessions.iter().rev().find(|session| session.first <= position);
        let at = usize::from(id).checked_sub(1);
        let name = session.and_then(|session| session.names.get(at?));
        name.map_or(Value::Null, |name| name.as_str().into())
    }
}

/// A text as CSV has it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}
