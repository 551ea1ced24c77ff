//! From text to tree.

use super::{Entry, Node, Span, Texts, Value};
use crate::codes;
use crate::mistake::Mistake;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// Deepest nesting.
const MAX_DEPTH: usize = 64;
/// Most nodes, aliases expanded.
const MAX_NODES: usize = 20_000;

/// What to do about nesting.
const DEPTH_HELP: &str = "no config needs that; give inner parts names of their own";

fn too_deep() -> String {
    format!("this is nested more than {MAX_DEPTH} levels deep")
}

/// Parses the text of that number. The tree is as complete as the text allows: duplicate keys and
/// the like are mistakes, but the rest is read. `None` where there is no tree at all.
pub(crate) fn parse(texts: &Texts, text: usize) -> (Option<Node>, Vec<Mistake>) {
    let whole = texts.text(Span { text, ..Span::default() });
    let body = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    let skipped = whole.len() - body.len();
    let mut offsets: Vec<usize> = body.char_indices().map(|(at, _)| at + skipped).collect();
    offsets.push(whole.len());
    let mut builder = Builder {
        texts,
        text,
        offsets,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        root: None,
        mistakes: Vec::new(),
    };
    let mut parser = Parser::new_from_str(body);
    while let Some(event) = parser.next_event() {
        let goes_on = match event {
            Ok((event, span)) => {
                let span = builder.span(span.start, span.end);
                builder.take(event, span)
            }
            Err(error) => {
                let at = *error.marker();
                let span = builder.span(at, at);
                let line = whole[..span.end].rsplit('\n').next().unwrap_or_default();
                builder.mistakes.push(if error.info().contains("recursion limit") {
                    Mistake::new(codes::UNSUPPORTED, span, too_deep(), DEPTH_HELP)
                } else {
                    let message = format!("this is not YAML: {}", error.info());
                    Mistake::new(codes::SYNTAX, span, message, way_out(line, error.info()))
                });
                builder.root = None;
                false
            }
        };
        if !goes_on {
            break;
        }
    }
    (builder.root, builder.mistakes)
}

/// What to do about a mistake that the YAML scanner found in a line.
fn way_out(line: &str, info: &str) -> &'static str {
    if line.contains('\t') {
        "indent with spaces, not tabs"
    } else if info.contains("anchor") {
        "an anchor `&name` must stand before its alias `*name`; quote a text that begins with `*`"
    } else {
        "close every `[`, `{` and quote; indent the keys of one mapping alike; quote texts that \
         contain `: ` or ` #`, or begin with one of `[ { * & ! | > % @`"
    }
}

struct Builder<'t> {
    texts: &'t Texts,
    text: usize,
    /// Byte offset of each character.
    offsets: Vec<usize>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
    mistakes: Vec<Mistake>,
}

/// A list or mapping whose end has not come yet.
struct Open {
    span: Span,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Node> },
}

impl Builder<'_> {
    fn offset(&self, character: usize) -> usize {
        self.offsets[character.min(self.offsets.len() - 1)]
    }

    fn span(&self, start: Marker, end: Marker) -> Span {
        let (from, to) = (self.offset(start.index()), self.offset(end.index()));
        Span {
            text: self.text,
            start: from,
            end: to.max(from),
            line: start.line(),
            column: start.col() + 1,
        }
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>, help: &str) -> bool {
        self.mistakes.push(Mistake::new(codes::UNSUPPORTED, span, message, help));
        self.root = None;
        false
    }

    /// Takes one event; gives whether to go on.
    fn take(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
            Event::DocumentStart(_) if self.root.is_some() => self.refuse(
                span,
                "the file holds several documents",
                "write one config per file: leave out `---`",
            ),
            Event::DocumentStart(_) => true,
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = match self.check_tag(tag.as_deref(), span) {
                    Ok(text_tag) => text_tag,
                    Err(()) => return false,
                };
                let quoted = style != ScalarStyle::Plain || text_tag;
                let value = Value::Scalar { text: Cow::into_owned(text), quoted };
                self.place(Node::new(span, value), anchor, 1)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    let size = node.size();
                    self.place(node, 0, size)
                }
                None => self.refuse(
                    span,
                    "this alias stands inside what it refers to",
                    "write the value out",
                ),
            },
            Event::SequenceStart(anchor, tag) => {
                self.begin(span, anchor, tag.as_deref(), Items::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => self.begin(
                span,
                anchor,
                tag.as_deref(),
                Items::Map { entries: Vec::new(), key: None },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
        }
    }

    /// Whether the tag says that this is text. All other tags are refused.
    fn check_tag(&mut self, tag: Option<&Tag>, span: Span) -> Result<bool, ()> {
        match tag {
            None => Ok(false),
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(true),
            Some(tag) => {
                self.refuse(
                    span,
                    format!("the tag `{tag}` means nothing here"),
                    "leave it out; quote the text if it begins with `!`",
                );
                Err(())
            }
        }
    }

    fn begin(&mut self, span: Span, anchor: usize, tag: Option<&Tag>, items: Items) -> bool {
        if self.check_tag(tag, span).is_err() {
            return false;
        }
        if self.open.len() >= MAX_DEPTH {
            return self.refuse(span, too_deep(), DEPTH_HELP);
        }
        self.open.push(Open { span, anchor, items });
        true
    }

    fn end(&mut self, end: Span) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let mut span = open.span;
        let value = match open.items {
            Items::List(items) => {
                span.end = end.end.max(span.end);
                Value::List(items)
            }
            Items::Map { entries, .. } => {
                span.end = end.end.max(span.end);
                match self.merge(entries) {
                    Some(entries) => Value::Map(entries),
                    None => return false,
                }
            }
        };
        let mut node = Node::new(span, value);
        node.mark = first_line(self.texts, span);
        self.place(node, open.anchor, 1)
    }

    /// Puts a finished node where it belongs; `size` is how many nodes that adds.
    fn place(&mut self, mut node: Node, anchor: usize, size: usize) -> bool {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            let message = format!("this is more than {MAX_NODES} values, aliases written out");
            return self.refuse(node.span, message, "split it into several configs");
        }
        if self.open.len() + node.depth() > MAX_DEPTH + 1 {
            return self.refuse(node.span, too_deep(), DEPTH_HELP);
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { key: key @ None, .. }) => {
                if node.as_text().is_none() {
                    return self.refuse(node.mark, "a key must be a word", "write `key: value`");
                }
                *key = Some(node);
            }
            Some(Items::Map { entries, key }) => {
                let key = key.take().expect("matched above");
                if node.as_text().is_none() {
                    node.mark = key.span;
                }
                // An empty value has no text to mark.
                if node.span.start == node.span.end {
                    node.mark = key.span;
                }
                let name = key.as_text().unwrap_or_default();
                match entries.iter().find(|entry| entry.name() == name && name != "<<") {
                    Some(first) => self.mistakes.push(Mistake::new(
                        codes::DUPLICATE_KEY,
                        key.span,
                        format!(
                            "`{name}` stands here twice; the first is in line {}",
                            first.key.span.line
                        ),
                        "remove or rename one of the two",
                    )),
                    None => entries.push(Entry { key, value: node }),
                }
            }
        }
        true
    }

    /// Resolves merge keys: `<<: *defaults` gives what is not written here.
    fn merge(&mut self, entries: Vec<Entry>) -> Option<Vec<Entry>> {
        let is_merge = |entry: &Entry| matches!(&entry.key.value, Value::Scalar { text, quoted: false } if text == "<<");
        if !entries.iter().any(is_merge) {
            return Some(entries);
        }
        let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_merge);
        for merge in merges {
            let sources = match merge.value.value {
                Value::List(items) => items,
                _ => vec![merge.value],
            };
            for source in sources {
                let Value::Map(inherited) = source.value else {
                    self.refuse(
                        merge.key.span,
                        "`<<` takes in a mapping",
                        "write `<<: *name` with the anchor of a mapping",
                    );
                    return None;
                };
                for entry in inherited {
                    if own.iter().all(|own| own.name() != entry.name()) {
                        own.push(entry);
                    }
                }
            }
        }
        Some(own)
    }
}

fn first_line(texts: &Texts, span: Span) -> Span {
    let text = texts.text(span);
    let length = text[span.start..span.end].lines().next().map_or(0, |line| line.trim_end().len());
    Span { end: span.start + length, ..span }
}
