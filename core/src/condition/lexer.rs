//! Text to tokens.

use super::ast::{Arithmetic, Comparison};
use super::error::Findings;
use super::number::Literal;
use std::ops::Range;

/// A word, number, text or sign, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Number(Literal),
    Text(String),
    Name,
    Truth(bool),
    And,
    Or,
    Not,
    In,
    Compare(Comparison),
    Arithmetic(Arithmetic),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    /// What cannot be read; the mistake is reported already.
    Bad,
    End,
}

/// Signs, longer ones before what they begin with; and the right one where it is a common slip.
const SIGNS: [(&str, TokenKind, &str); 29] = [
    ("===", TokenKind::Compare(Comparison::Equal), "=="),
    ("!==", TokenKind::Compare(Comparison::NotEqual), "!="),
    ("&&", TokenKind::And, ""),
    ("||", TokenKind::Or, ""),
    ("==", TokenKind::Compare(Comparison::Equal), ""),
    ("!=", TokenKind::Compare(Comparison::NotEqual), ""),
    ("<>", TokenKind::Compare(Comparison::NotEqual), "!="),
    ("<=", TokenKind::Compare(Comparison::LessOrEqual), ""),
    (">=", TokenKind::Compare(Comparison::GreaterOrEqual), ""),
    ("=<", TokenKind::Compare(Comparison::LessOrEqual), "<="),
    ("=>", TokenKind::Compare(Comparison::GreaterOrEqual), ">="),
    ("≤", TokenKind::Compare(Comparison::LessOrEqual), "<="),
    ("≥", TokenKind::Compare(Comparison::GreaterOrEqual), ">="),
    ("≠", TokenKind::Compare(Comparison::NotEqual), "!="),
    ("<", TokenKind::Compare(Comparison::Less), ""),
    (">", TokenKind::Compare(Comparison::Greater), ""),
    ("=", TokenKind::Compare(Comparison::Equal), "=="),
    ("&", TokenKind::And, "&&"),
    ("|", TokenKind::Or, "||"),
    ("!", TokenKind::Not, ""),
    ("+", TokenKind::Arithmetic(Arithmetic::Add), ""),
    ("-", TokenKind::Arithmetic(Arithmetic::Subtract), ""),
    ("*", TokenKind::Arithmetic(Arithmetic::Multiply), ""),
    ("/", TokenKind::Arithmetic(Arithmetic::Divide), ""),
    ("%", TokenKind::Arithmetic(Arithmetic::Remainder), ""),
    ("(", TokenKind::Open, ""),
    (")", TokenKind::Close, ""),
    ("[", TokenKind::OpenList, ""),
    ("]", TokenKind::CloseList, ""),
];

/// All tokens of a text, `End` last.
pub(super) fn lex(text: &str, findings: &mut Findings) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let kind = if begins_name(first) {
            at += length(&text[at..], continues_name);
            word(&text[start..at])
        } else if begins_number(&text[at..]) {
            let (kind, bytes) = number(text, at, findings);
            at += bytes;
            kind
        } else if first == '"' || first == '\'' {
            let (kind, bytes) = quoted(text, at, findings);
            at += bytes;
            kind
        } else {
            let (kind, bytes) = sign(text, at, findings);
            at += bytes;
            kind
        };
        tokens.push(Token { kind, at: start..at });
    }
    tokens.push(Token { kind: TokenKind::End, at: text.len()..text.len() });
    tokens
}

fn begins_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn begins_number(rest: &str) -> bool {
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Bytes of the longest beginning of such characters.
fn length(rest: &str, of: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !of(c)).unwrap_or(rest.len())
}

fn word(word: &str) -> TokenKind {
    match word {
        "and" => TokenKind::And,
        "or" => TokenKind::Or,
        "not" => TokenKind::Not,
        "in" => TokenKind::In,
        "true" => TokenKind::Truth(true),
        "false" => TokenKind::Truth(false),
        _ => TokenKind::Name,
    }
}

/// The sign at a place, and its bytes.
fn sign(text: &str, at: usize, findings: &mut Findings) -> (TokenKind, usize) {
    let rest = &text[at..];
    if rest.starts_with(',') {
        return (TokenKind::Comma, 1);
    }
    if let Some((sign, kind, right)) = SIGNS.iter().find(|(sign, ..)| rest.starts_with(sign)) {
        if !right.is_empty() {
            let message = format!("`{sign}` is not an operator");
            findings.error(&(at..at + sign.len()), message, format!("write `{right}`"));
        }
        return (kind.clone(), sign.len());
    }
    let known = |c: char| {
        c.is_whitespace()
            || begins_name(c)
            || c.is_ascii_digit()
            || "\"',".contains(c)
            || SIGNS.iter().any(|(sign, ..)| sign.starts_with(c))
    };
    // The first one is unknown, whatever `known` says: every call gets further.
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let bytes = first + length(&rest[first..], |c| !known(c));
    let message = format!("`{}` has no meaning here", &rest[..bytes]);
    let help = match rest.chars().next() {
        Some('“' | '”' | '„' | '‘' | '’' | '`') => {
            "texts stand in straight quotes: \"AAPL\""
        }
        Some('.') => "a symbol with its venue is a text: \"AAPL.XNAS\"",
        _ => "",
    };
    findings.error(&(at..at + bytes), message, help);
    (TokenKind::Bad, bytes)
}

/// The number at a place, and its bytes. Letters that follow at once count as part of it.
fn number(text: &str, at: usize, findings: &mut Findings) -> (TokenKind, usize) {
    let rest = &text[at..];
    let digits = |from: usize| length(&rest[from..], |c| c.is_ascii_digit() || c == '_');
    let mut end = digits(0);
    let mut whole = true;
    if rest[end..].starts_with('.') {
        whole = rest[end + 1..].starts_with(|c: char| c.is_ascii_digit());
        end += 1 + digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let signed = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + signed);
        whole &= rest[end + 1 + signed..].starts_with(|c: char| c.is_ascii_digit());
        end += 1 + signed + exponent;
    }
    let letters = length(&rest[end..], continues_name);
    end += letters;
    let place = at..at + end;
    if !whole || letters > 0 {
        let message = format!("`{}` is not a number", &rest[..end]);
        findings.error(&place, message, "numbers are such as 12, 0.5, 1_000 or 2.5e-3");
        return (TokenKind::Bad, end);
    }
    match Literal::parse(&rest[..end]) {
        Some(literal) => (TokenKind::Number(literal), end),
        None => {
            let message = format!("`{}` is beyond the range of numbers", &rest[..end]);
            findings.error(&place, message, "");
            (TokenKind::Bad, end)
        }
    }
}

/// The quoted text at a place, and its bytes, quotes included.
fn quoted(text: &str, at: usize, findings: &mut Findings) -> (TokenKind, usize) {
    let mut chars = text[at..].char_indices();
    let Some((_, quote)) = chars.next() else { return (TokenKind::Bad, 0) };
    let mut content = String::new();
    let mut escaped = false;
    for (offset, c) in chars {
        if escaped {
            if c != quote && c != '\\' {
                let place = at + offset - 1..at + offset + c.len_utf8();
                let help = format!("only `\\{quote}` and `\\\\` are escapes");
                findings.error(&place, format!("`\\{c}` is no escape"), help);
            }
            content.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return (TokenKind::Text(content), offset + 1);
        } else {
            content.push(c);
        }
    }
    findings.error(&(at..at + 1), "this quote is never closed", format!("close it with `{quote}`"));
    (TokenKind::Bad, text.len() - at)
}
