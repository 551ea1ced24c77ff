//! Nodes of the tree.

use super::Span;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Unique in the tree, see [`Node::number`].
    pub(crate) id: usize,
    /// Where it stands.
    pub(crate) span: Span,
    /// Where a mistake about it is marked: a scalar itself, the key of a list or mapping.
    pub(crate) mark: Span,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text as written, without its quotes.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value. The key is always a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Node,
    pub(crate) value: Node,
}

impl Entry {
    pub(crate) fn name(&self) -> &str {
        self.key.as_text().unwrap_or_default()
    }
}

impl Node {
    pub(crate) fn new(span: Span, value: Value) -> Self {
        Self { id: 0, span, mark: span, value }
    }

    /// A plain scalar.
    pub(crate) fn plain(span: Span, text: impl Into<String>) -> Self {
        Self::new(span, Value::Scalar { text: text.into(), quoted: false })
    }

    /// A mapping without entries that stands where this node does.
    pub(crate) fn emptied(&self) -> Self {
        Self { value: Value::Map(Vec::new()), ..self.clone() }
    }

    /// Numbers all nodes from 0 up, in their order.
    pub(crate) fn number(&mut self) {
        fn visit(node: &mut Node, next: &mut usize) {
            node.id = *next;
            *next += 1;
            match &mut node.value {
                Value::Scalar { .. } => {}
                Value::List(items) => items.iter_mut().for_each(|item| visit(item, next)),
                Value::Map(entries) => entries.iter_mut().for_each(|entry| {
                    visit(&mut entry.key, next);
                    visit(&mut entry.value, next);
                }),
            }
        }
        visit(self, &mut 0);
    }

    /// How many nodes it is made of.
    pub(crate) fn size(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 1,
            Value::List(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Value::Map(entries) => {
                1 + entries.iter().map(|entry| 1 + entry.value.size()).sum::<usize>()
            }
        }
    }

    /// How deep it is nested: 1 for a scalar.
    pub(crate) fn depth(&self) -> usize {
        1 + match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items.iter().map(Node::depth).max().unwrap_or(0),
            Value::Map(entries) => {
                entries.iter().map(|entry| entry.value.depth()).max().unwrap_or(0)
            }
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is written there, or `null`, or `~`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false } if matches!(&**text, "" | "~" | "null"))
    }

    /// Value of a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.name() == key)
    }

    /// Entries of a mapping; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// What it is, for messages: ``the text `ten` ``, `a list`.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Scalar { text, quoted: false } if text.is_empty() => "nothing".into(),
            Value::Scalar { text, quoted: true } => format!("the quoted text `{}`", shorten(text)),
            Value::Scalar { text, .. } => format!("`{}`", shorten(text)),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
        }
    }
}

fn shorten(text: &str) -> String {
    let mut line: String =
        text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < text.len() {
        line.push_str("...");
    }
    line
}
