//! What each column of a file is.

use super::number::Scale;
use super::options::{Column, CsvOptions, TimeFrom, TimeUnit};
use super::preset::{self, Preset};
use crate::error::about;
use pitlane::source::SourceError;
use std::collections::BTreeMap;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Skip,
    TsEvent,
    TsRecv,
    Symbol,
    Exchange,
    Kind,
    Side,
    Price,
    Size,
    BidPrice,
    BidSize,
    AskPrice,
    AskSize,
    OrderId,
    VenueSequence,
    Flags,
    IsSnapshot,
    BuyerIsMaker,
}

/// Columns by the names that headers and configs use.
const NAMES: [(&str, Role); 17] = [
    ("ts_event", Role::TsEvent),
    ("ts_recv", Role::TsRecv),
    ("symbol", Role::Symbol),
    ("exchange", Role::Exchange),
    ("kind", Role::Kind),
    ("side", Role::Side),
    ("price", Role::Price),
    ("size", Role::Size),
    ("bid_price", Role::BidPrice),
    ("bid_size", Role::BidSize),
    ("ask_price", Role::AskPrice),
    ("ask_size", Role::AskSize),
    ("order_id", Role::OrderId),
    ("venue_sequence", Role::VenueSequence),
    ("flags", Role::Flags),
    ("is_snapshot", Role::IsSnapshot),
    ("buyer_is_maker", Role::BuyerIsMaker),
];

impl Role {
    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, role)| *role == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn of(name: &str) -> Option<Role> {
        NAMES.iter().find(|(known, _)| *known == name).map(|&(_, role)| role)
    }
}

/// The known name most like this one, and all of them.
fn nearest(name: &str) -> String {
    let near = NAMES
        .iter()
        .map(|(known, _)| (strsim::jaro_winkler(&name.to_lowercase(), known), *known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.75);
    let all = NAMES.map(|(known, _)| known).join(", ");
    match near {
        Some((_, known)) => format!("did you mean `{known}`? Known are {all}"),
        None => format!("known are {all}"),
    }
}

/// How many fields a row must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

/// What an event a row makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A trade.
    Trade,
    /// A quote.
    Quote,
    /// A trade where it has a price, else a quote.
    Either,
    /// What its kind says; where that is empty, as `Either`.
    ByKind,
    /// A level of the book: its size now, 0 where it is gone.
    Level,
}

/// The form of a file, as far as it is known before its header is read.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) columns: Columns,
    pub(crate) delimiter: u8,
    pub(crate) time_unit: TimeUnit,
    pub(crate) time_from: TimeFrom,
    pub(crate) price: Scale,
    pub(crate) size: Scale,
    pub(crate) one_sided: bool,
    pub(crate) nbbo: bool,
    pub(crate) ignore_unknown: bool,
}

/// Whether the first line names the columns, where they are known without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    None,
    /// Where its first field does not begin with a digit.
    Perhaps,
    There,
}

/// Where columns come from.
#[derive(Clone, Debug)]
pub(crate) enum Columns {
    /// Known beforehand; a header line is passed over where there is one.
    Fixed { layout: Layout, header: Header },
    /// The header line names them in our words.
    Header,
    /// The header line names them in the file's words, or by position.
    Map(BTreeMap<String, Column>),
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) roles: Vec<Role>,
    pub(crate) arity: Arity,
    pub(crate) shape: Shape,
}

impl Layout {
    fn new(roles: Vec<Role>, arity: Arity) -> Result<Self, SourceError> {
        let has = |role| roles.contains(&role);
        for role in &roles {
            if *role != Role::Skip && roles.iter().filter(|other| *other == role).count() > 1 {
                let message = format!("two columns are `{}`", role.name());
                return Err(about(message, "let each column name occur once"));
            }
        }
        if !has(Role::TsEvent) && !has(Role::TsRecv) {
            return Err(about("no column is a time", "name one `ts_event` or `ts_recv`"));
        }
        let trades = has(Role::Price);
        let quotes = has(Role::BidPrice) || has(Role::AskPrice);
        let shape = match (has(Role::Kind), trades, quotes) {
            (false, true, false) if has(Role::IsSnapshot) => Shape::Level,
            (true, ..) => Shape::ByKind,
            (_, true, true) => Shape::Either,
            (_, true, false) => Shape::Trade,
            (_, false, true) => Shape::Quote,
            (_, false, false) => {
                let help = "name one `price` (trades), or `bid_price` and `ask_price` (quotes)";
                return Err(about("no column is a price", help));
            }
        };
        Ok(Self { roles, arity, shape })
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The columns that a header line names in our words.
    pub(crate) fn from_header(
        fields: &[String],
        ignore_unknown: bool,
    ) -> Result<Self, SourceError> {
        let mut roles = Vec::with_capacity(fields.len());
        for (at, name) in fields.iter().enumerate() {
            roles.push(match Role::of(name.trim()) {
                Some(role) => role,
                None if ignore_unknown => Role::Skip,
                None => {
                    let message =
                        format!("no column is called `{}`", crate::error::shown(name.as_bytes()));
                    let help = format!(
                        "{}; or set `ignore_unknown: true`, or map columns with `columns`",
                        nearest(name)
                    );
                    return Err(SourceError { column: at as u64 + 1, ..about(message, help) });
                }
            });
        }
        Self::new(roles, Arity::Exactly(fields.len()))
    }

    /// The columns that a config maps, with the file's header line where it has one.
    pub(crate) fn from_map(
        map: &BTreeMap<String, Column>,
        header: Option<&[String]>,
    ) -> Result<Self, SourceError> {
        let mut roles = vec![Role::Skip; header.map_or(0, <[String]>::len)];
        for (field, column) in map {
            let Some(role) = Role::of(field) else {
                return Err(about(format!("`columns` has no field `{field}`"), nearest(field)));
            };
            let at = match (column, header) {
                (Column::Position(0), _) => {
                    return Err(about(format!("column 0 for `{field}`"), "columns count from 1"));
                }
                (Column::Position(at), Some(names)) if *at > names.len() => {
                    let message =
                        format!("`{field}` is to be column {at}, but there are {}", names.len());
                    return Err(about(message, "columns count from 1"));
                }
                (Column::Position(at), _) if *at > MOST_COLUMNS => {
                    let message = format!("column {at} for `{field}`");
                    return Err(about(message, format!("at most {MOST_COLUMNS} columns are read")));
                }
                (Column::Position(at), _) => at - 1,
                (Column::Name(name), Some(names)) => {
                    names.iter().position(|known| known.trim() == name).ok_or_else(|| {
                        let message = format!("no column is called `{name}`");
                        about(message, format!("the header has {}", names.join(", ")))
                    })?
                }
                (Column::Name(name), None) => {
                    let message =
                        format!("`{field}` is to be column `{name}`, but there is no header");
                    return Err(about(message, "give its position, or set `header: true`"));
                }
            };
            if at >= roles.len() {
                roles.resize(at + 1, Role::Skip);
            }
            if roles[at] != Role::Skip {
                let message =
                    format!("column {} is both `{}` and `{field}`", at + 1, roles[at].name());
                return Err(about(message, "let each column be one field"));
            }
            roles[at] = role;
        }
        let arity = match header {
            Some(names) => Arity::Exactly(names.len()),
            None => Arity::AtLeast(roles.len()),
        };
        Self::new(roles, arity)
    }
}

/// Columns that are read of a row.
pub(crate) const MOST_COLUMNS: usize = 4096;

impl Form {
    /// What the options say.
    pub(crate) fn new(options: &CsvOptions) -> Result<Self, SourceError> {
        let preset = match (options.preset, &options.columns) {
            (Some(preset), Some(_)) => {
                let message = format!("both `preset: {preset}` and `columns` are given");
                return Err(about(message, "keep one of them"));
            }
            (None, None) => Some(Preset::Plain),
            (preset, _) => preset,
        };
        let defaults = preset.map(Preset::defaults).unwrap_or_default();
        let scale = |option: Option<u64>, name: &str, default| {
            Scale::new(option.unwrap_or(default))
                .ok_or_else(|| about(format!("`{name}` is out of range"), "give 1 or more"))
        };
        let delimiter = options.delimiter.unwrap_or(',');
        if !delimiter.is_ascii()
            || "\"\r\n.+-".contains(delimiter)
            || delimiter.is_ascii_alphanumeric()
        {
            return Err(about(
                format!("`delimiter` cannot be {delimiter:?}"),
                "give one character such as `,` `;` `|` or a tab",
            ));
        }
        let form = Self {
            columns: columns(preset, options)?,
            delimiter: delimiter as u8,
            time_unit: options.time_unit.unwrap_or(defaults.time_unit),
            time_from: options.time_from.unwrap_or(defaults.time_from),
            price: scale(options.price_scale, "price_scale", defaults.price_scale)?,
            size: scale(options.size_scale, "size_scale", 1)?,
            one_sided: options.one_sided.unwrap_or(defaults.one_sided),
            nbbo: options.nbbo,
            ignore_unknown: options.ignore_unknown,
        };
        if form.nbbo
            && !form.one_sided
            && preset != Some(Preset::Plain)
            && options.columns.is_none()
        {
            let message = "`nbbo: true` needs quotes by exchange";
            return Err(about(
                message,
                "use it with `preset: lean-equity-quote`, or with a column `exchange`",
            ));
        }
        Ok(form)
    }
}

fn columns(preset: Option<Preset>, options: &CsvOptions) -> Result<Columns, SourceError> {
    match (preset.map(Preset::shape), &options.columns) {
        (Some(preset::Shape::Fixed(roles)), _) => {
            let layout = Layout::new(roles.to_vec(), Arity::Exactly(roles.len()))?;
            let header = if options.header == Some(true) { Header::There } else { Header::None };
            Ok(Columns::Fixed { layout, header })
        }
        (Some(preset::Shape::Open(roles)), _) => {
            let layout = Layout::new(roles.to_vec(), Arity::AtLeast(roles.len()))?;
            let header = match options.header {
                None => Header::Perhaps,
                Some(true) => Header::There,
                Some(false) => Header::None,
            };
            Ok(Columns::Fixed { layout, header })
        }
        (Some(preset::Shape::Named(names)), _) if options.header != Some(false) => {
            Ok(Columns::Map(preset::map(names)))
        }
        (Some(_), _) if options.header == Some(false) => Err(about(
            format!("`preset: {}` needs a header line", preset.map_or("", Preset::name)),
            "say where the columns are with `columns`, and leave out `preset`",
        )),
        (Some(_), _) | (None, None) => Ok(Columns::Header),
        (None, Some(map)) => {
            let named = map.values().any(|column| matches!(column, Column::Name(_)));
            if options.header.unwrap_or(named) {
                if let Some(field) = map.keys().find(|field| Role::of(field).is_none()) {
                    let message = format!("`columns` has no field `{field}`");
                    return Err(about(message, nearest(field)));
                }
                return Ok(Columns::Map(map.clone()));
            }
            let layout = Layout::from_map(map, None)?;
            Ok(Columns::Fixed { layout, header: Header::None })
        }
    }
}
