//! Comparisons with texts: fields of few words, symbols, venues, sources, components.

use super::{Checker, Typed};
use crate::Instruments;
use crate::condition::ast::Expr;
use crate::condition::error::nearest;
use crate::condition::instruments::is_wanted;
use crate::condition::typed::{Bool, Part};
use crate::event::{Choice, Field, FieldKind, Header};
use std::mem::offset_of;

/// What a field can be compared with: a clause.
pub(super) fn expects(field: &Field) -> String {
    match field.kind {
        FieldKind::Choice { choices, .. } => format!("{} is one of {}", field.name, list(choices)),
        _ => format!("{} is compared with a text: {} == \"...\"", field.name, field.name),
    }
}

fn list(choices: &[Choice]) -> String {
    let words: Vec<_> = choices.iter().map(|choice| format!("\"{}\"", choice.name)).collect();
    words.join(", ")
}

impl Checker<'_> {
    /// Whether a field is one of these texts, or none of them where negated.
    pub(super) fn word_in(
        &mut self,
        field: &'static Field,
        texts: &[(String, &Expr)],
        negated: bool,
    ) -> Typed {
        match field.kind {
            FieldKind::Choice { byte, mask, choices } => {
                let Some(set) = self.choices(field, choices, texts) else { return Typed::Mistake };
                let set = if negated { set.map(|bits| !bits) } else { set };
                Typed::Truth(Bool::Byte { byte, mask, set })
            }
            FieldKind::Symbol => self.instrument(Part::Symbol, texts, negated),
            FieldKind::Venue => self.instrument(Part::Venue, texts, negated),
            FieldKind::Source => self.named(offset_of!(Header, source), field, texts, negated),
            FieldKind::Component { byte } => self.named(byte, field, texts, negated),
            FieldKind::Decimal { .. } | FieldKind::Integer { .. } | FieldKind::Float { .. } => {
                Typed::Mistake
            }
        }
    }

    /// Two fields of words: only names can be compared with each other.
    pub(super) fn compare_words(
        &mut self,
        left: &'static Field,
        right: &'static Field,
        negated: bool,
        whole: &Expr,
    ) -> Typed {
        let place = |field: &Field| match field.kind {
            FieldKind::Source => Some(offset_of!(Header, source)),
            FieldKind::Component { byte } => Some(byte),
            _ => None,
        };
        if let (Some(left), Some(right)) = (place(left), place(right)) {
            return Typed::Truth(Bool::SameName { bytes: [left, right], negated });
        }
        let message = format!("`{}` and `{}` cannot be compared", left.name, right.name);
        self.findings.error(&whole.at, message, expects(left));
        Typed::Mistake
    }

    fn choices(
        &mut self,
        field: &Field,
        choices: &[Choice],
        texts: &[(String, &Expr)],
    ) -> Option<[u64; 4]> {
        let mut set = Some([0_u64; 4]);
        for (text, expr) in texts {
            let Some(choice) = choices.iter().find(|choice| choice.name == text) else {
                let like = nearest(text, choices.iter().map(|choice| choice.name));
                let help = match like {
                    Some(like) => format!("did you mean \"{like}\"? {}", expects(field)),
                    None => expects(field),
                };
                let message = format!("\"{text}\" is not a word for `{}`", field.name);
                self.findings.error(&expr.at, message, help);
                set = None;
                continue;
            };
            if let Some(set) = &mut set {
                set[usize::from(choice.value >> 6)] |= 1 << (choice.value & 63);
            }
        }
        set
    }

    fn instrument(&mut self, part: Part, texts: &[(String, &Expr)], negated: bool) -> Typed {
        let known = known(self.world.instruments);
        for (text, expr) in texts {
            if known.iter().any(|known| is_wanted(part, known, text)) {
                continue;
            }
            let names = known.iter().map(|known| match (part, Instruments::split(known)) {
                (Part::Symbol, (symbol, _)) if !text.contains('.') => symbol,
                (Part::Symbol, _) => known,
                (Part::Venue, (_, venue)) => venue,
            });
            let help = match nearest(text, names) {
                Some(like) => format!("did you mean \"{like}\"?"),
                None => "it counts from when such an instrument comes".to_owned(),
            };
            let what = if part == Part::Symbol { "symbol" } else { "venue" };
            let message = format!("no instrument known so far has the {what} \"{text}\"");
            self.findings.warn(&expr.at, message, help);
        }
        let wanted = texts.iter().map(|(text, _)| text.clone()).collect();
        Typed::Truth(Bool::Instrument { part, wanted, negated })
    }

    fn named(
        &mut self,
        byte: usize,
        field: &Field,
        texts: &[(String, &Expr)],
        negated: bool,
    ) -> Typed {
        let mut ids = Vec::new();
        for (text, expr) in texts {
            if let Some(id) = self.world.names.id(text) {
                ids.push(id);
                continue;
            }
            let help = match nearest(text, self.world.names.iter()) {
                Some(like) => format!("did you mean \"{like}\"?"),
                None => String::new(),
            };
            let message = format!("there is no {} \"{text}\"", field.name);
            self.findings.warn(&expr.at, message, help);
        }
        if ids.is_empty() && !negated {
            return Typed::Truth(Bool::Const(false));
        }
        Typed::Truth(Bool::Name { byte, ids, negated })
    }
}

/// The texts of all instruments there are now.
fn known(instruments: &Instruments) -> Vec<std::sync::Arc<str>> {
    (1..=instruments.len()).filter_map(|id| instruments.text(id as u32)).collect()
}
