//! The tree as written to the typed tree: resolves names, checks types, folds constants.
//!
//! | file | what it checks |
//! |---|---|
//! | this | truths: `&&`, `||`, `!`, comparisons by what stands on their sides |
//! | `names` | fields and predicates |
//! | `numbers` | arithmetic and comparisons of numbers |
//! | `words` | comparisons with texts: sides, kinds, symbols, venues, sources |

mod names;
mod numbers;
mod words;

use super::ast::{Comparison, Expr, Node};
use super::condition::{Fields, World};
use super::error::Findings;
use super::typed::Bool;
use crate::event::Field;
use numbers::Number;

/// Checks a whole condition. Where findings hold errors afterwards, the result means nothing.
pub(super) fn check(
    expr: &Expr,
    text: &str,
    event: &Fields,
    world: &World<'_>,
    findings: &mut Findings,
) -> Bool {
    let mut checker = Checker { text, event, world, findings };
    checker.truth(expr, "a condition")
}

struct Checker<'a> {
    text: &'a str,
    event: &'a Fields,
    world: &'a World<'a>,
    findings: &'a mut Findings,
}

/// An expression with its type.
enum Typed {
    Truth(Bool),
    Number(Number),
    Text(String),
    /// A field that is compared with texts.
    Word(&'static Field),
    /// Its mistake is reported already.
    Mistake,
}

impl Typed {
    fn noun(&self) -> &'static str {
        match self {
            Typed::Truth(_) => "a condition",
            Typed::Number(_) => "a number",
            Typed::Text(_) => "a text",
            Typed::Word(_) => "a word",
            Typed::Mistake => "a mistake",
        }
    }
}

impl Checker<'_> {
    /// An expression that must be true or false.
    fn truth(&mut self, expr: &Expr, wanted: &str) -> Bool {
        let typed = self.typed(expr);
        let noun = typed.noun();
        let help = match typed {
            Typed::Truth(truth) => return truth,
            Typed::Mistake => return Bool::Const(false),
            Typed::Number(_) => format!("compare it with something: {} > 0", self.quote(expr)),
            Typed::Word(field) => format!("compare it with a text: {} == \"...\"", field.name),
            Typed::Text(_) => "compare it with a field: symbol == \"AAPL\"".to_owned(),
        };
        let message = format!("expected {wanted}, but `{}` is {noun}", self.quote(expr));
        self.findings.error(&expr.at, message, help);
        Bool::Const(false)
    }

    fn typed(&mut self, expr: &Expr) -> Typed {
        match &expr.node {
            Node::Number(literal) => Typed::Number(Number::Literal(*literal)),
            Node::Text(text) => Typed::Text(text.clone()),
            Node::Truth(truth) => Typed::Truth(Bool::Const(*truth)),
            Node::Name(name) => self.name(name, expr),
            Node::Negative(inner) => self.negative(inner),
            Node::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right),
            Node::Compare(comparison, left, right) => self.compare(*comparison, left, right, expr),
            Node::In { value, list, negated } => self.is_in(value, list, *negated),
            Node::Not(inner) => Typed::Truth(Bool::not(self.truth(inner, "a condition after `!`"))),
            Node::All(parts) => Typed::Truth(Bool::all(self.truths(parts, "&&"))),
            Node::Any(parts) => Typed::Truth(Bool::any(self.truths(parts, "||"))),
            Node::Mistake(parts) => {
                parts.iter().for_each(|part| drop(self.typed(part)));
                Typed::Mistake
            }
        }
    }

    fn truths(&mut self, parts: &[Expr], operator: &str) -> Vec<Bool> {
        let wanted = format!("conditions on both sides of `{operator}`");
        parts.iter().map(|part| self.truth(part, &wanted)).collect()
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
        whole: &Expr,
    ) -> Typed {
        let equality = match comparison {
            Comparison::Equal => Some(false),
            Comparison::NotEqual => Some(true),
            _ => None,
        };
        let sides = (self.typed(left), self.typed(right));
        match (sides, equality) {
            ((Typed::Mistake, _) | (_, Typed::Mistake), _) => Typed::Mistake,
            ((Typed::Number(l), Typed::Number(r)), _) => {
                self.compare_numbers(comparison, (l, left), (r, right), whole)
            }
            ((Typed::Truth(l), Typed::Truth(r)), Some(negated)) => {
                Typed::Truth(Bool::same(l, r, negated))
            }
            ((Typed::Word(field), Typed::Text(text)), Some(negated)) => {
                self.word_in(field, &[(text, right)], negated)
            }
            ((Typed::Text(text), Typed::Word(field)), Some(negated)) => {
                self.word_in(field, &[(text, left)], negated)
            }
            ((Typed::Word(l), Typed::Word(r)), Some(negated)) => {
                self.compare_words(l, r, negated, whole)
            }
            ((l @ (Typed::Word(_) | Typed::Text(_) | Typed::Truth(_)), r), None)
                if l.noun() == r.noun() || matches!((&l, &r), (Typed::Word(_), Typed::Text(_))) =>
            {
                let message = format!("`{}` is {} and has no order", self.quote(left), l.noun());
                self.findings.error(&whole.at, message, "compare it with `==` or `!=`");
                Typed::Mistake
            }
            ((l, r), _) => self.unlike((&l, left), (&r, right)),
        }
    }

    fn is_in(&mut self, value: &Expr, list: &[Expr], negated: bool) -> Typed {
        let typed = self.typed(value);
        let mut numbers = Vec::new();
        let mut texts = Vec::new();
        let mut sound = true;
        for item in list {
            match (&typed, self.typed(item)) {
                (Typed::Mistake, _) | (_, Typed::Mistake) => sound = false,
                (Typed::Number(_), Typed::Number(number)) if number.is_constant() => {
                    numbers.push((number, item));
                }
                (Typed::Word(_), Typed::Text(text)) => texts.push((text, item)),
                (typed, Typed::Number(_) | Typed::Truth(_) | Typed::Word(_))
                    if !matches!(item.node, Node::Number(_) | Node::Truth(_))
                        && !matches!(typed, Typed::Truth(_)) =>
                {
                    let message = format!("`{}` is not a literal", self.quote(item));
                    let help = "a list holds numbers or texts; join other tests with `||`";
                    self.findings.error(&item.at, message, help);
                    sound = false;
                }
                (_, other) => {
                    self.unlike((&typed, value), (&other, item));
                    sound = false;
                }
            }
        }
        match typed {
            _ if !sound => Typed::Mistake,
            Typed::Number(number) => self.number_in((number, value), numbers, negated),
            Typed::Word(field) => self.word_in(field, &texts, negated),
            _ => Typed::Mistake,
        }
    }

    /// Reports two things that cannot be compared.
    fn unlike(&mut self, (left, l): (&Typed, &Expr), (right, r): (&Typed, &Expr)) -> Typed {
        let (left_text, right_text) = (self.quote(l), self.quote(r));
        let message = format!(
            "`{left_text}` is {} and cannot be compared with {} such as `{right_text}`",
            left.noun(),
            right.noun(),
        );
        let help = match (left, right) {
            (Typed::Number(_), Typed::Text(text)) | (Typed::Text(text), Typed::Number(_)) => {
                let number = text.parse::<f64>().is_ok();
                if number { format!("numbers stand without quotes: {text}") } else { String::new() }
            }
            (Typed::Word(field), _) | (_, Typed::Word(field)) => words::expects(field),
            (Typed::Text(_), Typed::Text(_)) => "compare a field with a text".to_owned(),
            (Typed::Truth(_), _) | (_, Typed::Truth(_)) => {
                "join conditions with `&&` or `||`".to_owned()
            }
            _ => String::new(),
        };
        self.findings.error(&r.at, message, help);
        Typed::Mistake
    }

    /// The text of an expression, shortened.
    fn quote(&self, expr: &Expr) -> String {
        const MOST: usize = 32;
        let text = self.text[expr.at.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() <= MOST {
            return text;
        }
        text.chars().take(MOST - 1).chain(['…']).collect()
    }
}
