//! Names in conditions: fields of the event, and predicates.

use super::numbers::Number;
use super::{Checker, Typed};
use crate::condition::ast::Expr;
use crate::condition::error::nearest;
use crate::condition::typed::{Bool, Exact, Float, Stored};
use crate::event::{Field, FieldKind, SLOT_BYTES};

impl Checker<'_> {
    pub(super) fn name(&mut self, name: &str, expr: &Expr) -> Typed {
        let field = self.event.fields.iter().find(|field| field.name == name);
        let predicate = self.world.predicates.of(self.event.event, name);
        match (field, predicate) {
            (Some(field), None) => self.field(field, expr),
            (None, Some(predicate)) => Typed::Truth(Bool::Predicate(predicate.clone())),
            (Some(_), Some(_)) => {
                let event = self.event.event;
                let message = format!("`{name}` is both a field and a predicate of {event}");
                self.findings.error(&expr.at, message, "give the predicate another name");
                Typed::Mistake
            }
            (None, None) => self.unknown(name, expr),
        }
    }

    fn field(&mut self, field: &'static Field, expr: &Expr) -> Typed {
        let (byte, bytes) = match field.kind {
            FieldKind::Decimal { byte, .. } | FieldKind::Float { byte } => (byte, 8),
            FieldKind::Integer { byte, bytes, .. } => (byte, bytes),
            FieldKind::Choice { byte, .. } => (byte, 1),
            FieldKind::Component { byte } => (byte, 2),
            FieldKind::Symbol | FieldKind::Venue | FieldKind::Source => (0, 1),
        };
        if ![1, 2, 4, 8].contains(&bytes) || byte % bytes != 0 || byte + bytes > SLOT_BYTES {
            let message = format!(
                "the field `{}` is said to be the {bytes} bytes at {byte}, which no event can have",
                field.name
            );
            let help = format!("correct the fields of {}", self.event.event);
            self.findings.error(&expr.at, message, help);
            return Typed::Mistake;
        }
        match field.kind {
            FieldKind::Decimal { kinds, .. } => exact(Stored { byte, bytes, decimal: true, kinds }),
            FieldKind::Integer { kinds, .. } => {
                exact(Stored { byte, bytes, decimal: false, kinds })
            }
            FieldKind::Float { .. } => Typed::Number(Number::Float(Float::Field { byte })),
            _ => Typed::Word(field),
        }
    }

    fn unknown(&mut self, name: &str, expr: &Expr) -> Typed {
        let event = self.event.event;
        let elsewhere: Vec<_> =
            self.world.predicates.types(name).map(|event| event.to_string()).collect();
        let (message, help) = if name == "null" {
            let help = "`price == price` holds where there is a price";
            ("there is no `null`: no comparison with what is missing holds".into(), help.into())
        } else if elsewhere.is_empty() {
            let message = format!("`{name}` is neither a field nor a predicate of {event}");
            (message, self.instead_of(name))
        } else {
            let message = format!("the predicate `{name}` is not for events of type {event}");
            (message, format!("it is for {}", elsewhere.join(", ")))
        };
        self.findings.error(&expr.at, message, help);
        Typed::Mistake
    }

    /// What may have been meant by a name that means nothing.
    fn instead_of(&self, name: &str) -> String {
        let fields = self.event.fields;
        let predicates = self.world.predicates.names(self.event.event);
        let known: Vec<&str> = fields.iter().map(|field| field.name).chain(predicates).collect();
        let like = nearest(name, known.iter().copied())
            .or_else(|| known.iter().copied().find(|known| known.starts_with(&format!("{name}_"))));
        let is_word = fields.iter().any(|field| {
            matches!(field.kind, FieldKind::Choice { choices, .. }
                if choices.iter().any(|choice| choice.name == name))
        });
        match like {
            Some(like) if is_word => format!("did you mean `{like}`, or the text \"{name}\"?"),
            Some(like) => format!("did you mean `{like}`?"),
            None if is_word => format!("texts stand in quotes: \"{name}\""),
            None if name.chars().all(|c| c.is_ascii_uppercase()) => {
                format!("symbols stand in quotes: \"{name}\"")
            }
            None if known.is_empty() => format!("{} declares no fields", self.event.event),
            None => format!("there are {}", known.join(", ")),
        }
    }
}

fn exact(field: Stored) -> Typed {
    Typed::Number(Number::Exact(Exact::Field(field)))
}
