//! The tree of a condition as written.

use super::number::Literal;
use std::ops::Range;

/// An expression and where it stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) at: Range<usize>,
    /// Levels of the tree, this one included: what recursion over it needs of the stack.
    pub(super) height: usize,
}

/// Places do not count.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(Literal),
    Text(String),
    Truth(bool),
    /// A field or a predicate.
    Name(String),
    Negative(Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    In {
        value: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    Not(Box<Expr>),
    /// Two or more joined by `&&`.
    All(Vec<Expr>),
    /// Two or more joined by `||`.
    Any(Vec<Expr>),
    /// What could not be read, and what could be of its parts; the mistake is reported already.
    Mistake(Vec<Expr>),
}

/// An operator that makes a number of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// An operator that makes a truth of two numbers or texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The one that says the same with its sides swapped.
    pub(super) fn swapped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

impl Expr {
    pub(super) fn new(node: Node, at: Range<usize>) -> Self {
        let height = 1 + match &node {
            Node::Number(_) | Node::Text(_) | Node::Truth(_) | Node::Name(_) => 0,
            Node::Negative(inner) | Node::Not(inner) => inner.height,
            Node::Arithmetic(_, left, right) | Node::Compare(_, left, right) => {
                left.height.max(right.height)
            }
            Node::In { value, list, .. } => value.height.max(tallest(list)),
            Node::All(parts) | Node::Any(parts) | Node::Mistake(parts) => tallest(parts),
        };
        Self { node, at, height }
    }

    pub(super) fn mistake(at: Range<usize>) -> Self {
        Self::new(Node::Mistake(Vec::new()), at)
    }
}

fn tallest(parts: &[Expr]) -> usize {
    parts.iter().map(|part| part.height).max().unwrap_or(0)
}
