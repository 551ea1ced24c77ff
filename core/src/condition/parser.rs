//! Tokens to tree: recursive descent, one function per line of the grammar.
//!
//! After a mistake it goes on at the next `&&`, `||` or closing parenthesis, so that one run finds
//! the mistakes of every part.

use super::ast::{Arithmetic, Expr, Node};
use super::error::Findings;
use super::lexer::{Token, TokenKind, lex};
use std::ops::Range;

/// Deepest nesting of parentheses, `!` and `-`.
pub(super) const MAX_DEPTH: usize = 64;

/// Tallest tree of arithmetic; a sum of n terms has n levels.
pub(super) const MAX_HEIGHT: usize = 256;

/// Reads a whole text. Where findings hold errors afterwards, the tree has gaps.
pub(super) fn parse(text: &str, findings: &mut Findings) -> Expr {
    let tokens = lex(text, findings);
    if tokens.len() == 1 {
        findings.error(
            &(0..text.len()),
            "the condition is empty",
            "write one: `true` holds always",
        );
        return Expr::mistake(0..0);
    }
    let mut parser = Parser { text, tokens, next: 0, depth: 0, unexpected: None, findings };
    let expr = parser.any();
    if parser.peek() == &TokenKind::End {
        return expr;
    }
    let mut parts = vec![expr];
    while parser.peek() != &TokenKind::End {
        parts.extend(parser.stray_close());
    }
    parser.node(0, Node::Mistake(parts))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// The token that was last said to be unexpected, so as to say it once.
    unexpected: Option<usize>,
    findings: &'a mut Findings,
}

impl Parser<'_> {
    /// `any = all { ("||" | "or") all }`
    fn any(&mut self) -> Expr {
        self.joined(&TokenKind::Or, Self::all, Node::Any)
    }

    /// `all = not { ("&&" | "and") not }`
    fn all(&mut self) -> Expr {
        self.joined(&TokenKind::And, Self::not, Node::All)
    }

    fn joined(
        &mut self,
        operator: &TokenKind,
        part: fn(&mut Self) -> Expr,
        join: fn(Vec<Expr>) -> Node,
    ) -> Expr {
        let first = part(self);
        if self.peek() != operator {
            return first;
        }
        let start = first.at.start;
        let mut parts = vec![first];
        while self.accept(operator) {
            parts.push(part(self));
        }
        self.node(start, join(parts))
    }

    /// `not = ("!" | "not") not | comparison`
    fn not(&mut self) -> Expr {
        let start = self.here().start;
        if !self.accept(&TokenKind::Not) {
            return self.comparison();
        }
        let inner = self.nested(Self::not);
        self.node(start, Node::Not(Box::new(inner)))
    }

    /// `comparison = sum [ op sum | ["not"] "in" list ]`, and nothing but `&&`, `||` or `)` after it
    fn comparison(&mut self) -> Expr {
        let expr = self.compared();
        match self.peek() {
            TokenKind::And | TokenKind::Or | TokenKind::Close | TokenKind::End => return expr,
            TokenKind::Compare(_) | TokenKind::In => {
                let help = "join two comparisons with `&&`: 1 < price && price < 2";
                self.findings.error(&self.here(), "comparisons cannot be chained", help);
                self.skip();
            }
            _ => self.expected("an operator such as `&&` or `==`"),
        }
        let at = expr.at.clone();
        Expr::new(Node::Mistake(vec![expr]), at)
    }

    fn compared(&mut self) -> Expr {
        let left = self.sum();
        let start = left.at.start;
        let negated = self.peek() == &TokenKind::Not && self.peek_second() == &TokenKind::In;
        if negated {
            self.bump();
        }
        if self.accept(&TokenKind::In) {
            return self.list(left, negated);
        }
        let &TokenKind::Compare(operator) = self.peek() else { return left };
        self.bump();
        let right = self.sum();
        self.node(start, Node::Compare(operator, Box::new(left), Box::new(right)))
    }

    /// `list = "[" sum { "," sum } [","] "]"`, or in parentheses
    fn list(&mut self, value: Expr, negated: bool) -> Expr {
        let start = value.at.start;
        let open = self.here();
        let close = match self.peek() {
            TokenKind::OpenList => TokenKind::CloseList,
            TokenKind::Open => TokenKind::Close,
            _ => {
                self.expected("a list such as [1, 2] after `in`");
                return Expr::mistake(start..open.end);
            }
        };
        self.bump();
        let mut list = Vec::new();
        while self.peek() != &close && self.peek() != &TokenKind::End {
            list.push(self.nested(Self::sum));
            if !self.accept(&TokenKind::Comma) {
                break;
            }
        }
        if self.peek() == &TokenKind::End {
            self.unclosed(&open);
        } else if !self.accept(&close) {
            self.expected("`,` or the end of the list");
            self.accept(&close);
        } else if list.is_empty() {
            let at = open.start..self.end();
            self.findings.error(&at, "the list is empty", "name at least one value");
        }
        self.node(start, Node::In { value: Box::new(value), list, negated })
    }

    /// `sum = product { ("+" | "-") product }`
    fn sum(&mut self) -> Expr {
        self.arithmetic(&[Arithmetic::Add, Arithmetic::Subtract], Self::product)
    }

    /// `product = factor { ("*" | "/" | "%") factor }`
    fn product(&mut self) -> Expr {
        let operators = [Arithmetic::Multiply, Arithmetic::Divide, Arithmetic::Remainder];
        self.arithmetic(&operators, Self::factor)
    }

    fn arithmetic(&mut self, operators: &[Arithmetic], part: fn(&mut Self) -> Expr) -> Expr {
        let mut left = part(self);
        while let &TokenKind::Arithmetic(operator) = self.peek()
            && operators.contains(&operator)
        {
            let at = self.bump().at;
            let right = part(self);
            let start = left.at.start;
            left = self.node(start, Node::Arithmetic(operator, Box::new(left), Box::new(right)));
            if left.height > MAX_HEIGHT {
                let message = format!("more than {MAX_HEIGHT} operators depend on each other");
                return self.give_up(&at, &message);
            }
        }
        left
    }

    /// `factor = "-" factor | atom`
    fn factor(&mut self) -> Expr {
        let start = self.here().start;
        if !self.accept(&TokenKind::Arithmetic(Arithmetic::Subtract)) {
            return self.atom();
        }
        let inner = self.nested(Self::factor);
        self.node(start, Node::Negative(Box::new(inner)))
    }

    /// `atom = number | text | "true" | "false" | name | "(" any ")"`
    fn atom(&mut self) -> Expr {
        let at = self.here();
        let node = match self.peek() {
            TokenKind::Number(literal) => Node::Number(*literal),
            TokenKind::Text(text) => Node::Text(text.clone()),
            TokenKind::Truth(truth) => Node::Truth(*truth),
            TokenKind::Name => Node::Name(self.text[at.clone()].to_owned()),
            TokenKind::Bad => Node::Mistake(Vec::new()),
            TokenKind::Open => return self.parenthesis(),
            _ => {
                self.expected("a field, a number or a text");
                return Expr::mistake(at);
            }
        };
        self.bump();
        Expr::new(node, at)
    }

    fn parenthesis(&mut self) -> Expr {
        let open = self.bump().at;
        let inner = self.nested(Self::any);
        if !self.accept(&TokenKind::Close) {
            self.unclosed(&open);
        }
        Expr { at: open.start..self.end(), ..inner }
    }

    /// Reports a `)` that closes nothing, and reads what is after it for the mistakes there.
    fn stray_close(&mut self) -> Option<Expr> {
        if self.unexpected != Some(self.next) {
            let at = self.here();
            self.findings.error(&at, "this `)` closes nothing", "remove it, or open it before");
        }
        while self.accept(&TokenKind::Close) {}
        if matches!(self.peek(), TokenKind::And | TokenKind::Or) {
            self.bump();
        }
        (!matches!(self.peek(), TokenKind::Close | TokenKind::End)).then(|| self.any())
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Expr) -> Expr {
        if self.depth == MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} deep");
            return self.give_up(&self.here(), &message);
        }
        self.depth += 1;
        let expr = inner(self);
        self.depth -= 1;
        expr
    }

    fn give_up(&mut self, at: &Range<usize>, message: &str) -> Expr {
        self.findings.error(at, message, "split it into several filters, or write a predicate");
        self.findings.give_up();
        self.next = self.tokens.len() - 1;
        Expr::mistake(at.clone())
    }

    /// Reports that something else was expected here, and skips to where reading can go on.
    fn expected(&mut self, what: &str) {
        let at = self.here();
        let again = self.unexpected.replace(self.next) == Some(self.next);
        let found = match self.peek() {
            _ if again => None,
            TokenKind::Bad => None,
            TokenKind::End => Some("the text ends".to_owned()),
            _ => Some(format!("found `{}`", &self.text[at.clone()])),
        };
        if let Some(found) = found {
            let word = self.text[at.clone()].to_lowercase();
            let help = match word.as_str() {
                "and" | "or" | "not" | "in" if self.peek() == &TokenKind::Name => {
                    format!("write `{word}` in small letters")
                }
                "is" => "write `==`".to_owned(),
                _ => String::new(),
            };
            self.findings.error(&at, format!("expected {what}, {found}"), help);
        }
        self.skip();
    }

    fn unclosed(&mut self, open: &Range<usize>) {
        let sign = &self.text[open.clone()];
        self.findings.error(open, format!("this `{sign}` is never closed"), "");
    }

    /// To the next `&&`, `||` or closing sign outside of parentheses that open on the way.
    fn skip(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                TokenKind::End => return,
                TokenKind::And | TokenKind::Or if open == 0 => return,
                TokenKind::Close if open == 0 => return,
                TokenKind::Open => open += 1,
                TokenKind::Close => open -= 1,
                _ => {}
            }
            self.bump();
        }
    }

    fn node(&self, start: usize, node: Node) -> Expr {
        Expr::new(node, start..self.end().max(start))
    }

    fn peek(&self) -> &TokenKind {
        &self.tokens[self.next].kind
    }

    fn peek_second(&self) -> &TokenKind {
        &self.tokens[(self.next + 1).min(self.tokens.len() - 1)].kind
    }

    fn here(&self) -> Range<usize> {
        self.tokens[self.next].at.clone()
    }

    /// Where the last token that was taken ends.
    fn end(&self) -> usize {
        self.next.checked_sub(1).map_or(0, |last| self.tokens[last].at.end)
    }

    fn accept(&mut self, kind: &TokenKind) -> bool {
        let there = self.peek() == kind;
        if there {
            self.bump();
        }
        there
    }

    /// Takes a token; the last one, `End`, stays.
    fn bump(&mut self) -> Token {
        let token = self.tokens[self.next].clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }
}
