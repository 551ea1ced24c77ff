//! Places in texts, and the limits of what is taken for a config.

use super::{Node, Texts, Value, find, parse};
use crate::mistake::Mistake;

fn tree(text: &str) -> (Option<Node>, Vec<Mistake>) {
    let mut texts = Texts::default();
    let file = texts.add("a.yaml", text);
    parse(&texts, file)
}

fn good(text: &str) -> Node {
    let (root, mistakes) = tree(text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    root.expect("a tree")
}

fn refused(text: &str) -> String {
    let (root, mistakes) = tree(text);
    assert!(root.is_none());
    mistakes[0].message.clone()
}

#[test]
fn places_count_bytes_and_columns_count_characters() {
    let text = "\u{feff}größe: { μ: [é, 'ß'] }\r\nend: x\n";
    let root = good(text);
    let last = find(&root, "größe.μ[1]");
    assert_eq!(&text[last.span.start..last.span.end], "'ß'");
    assert_eq!((last.span.line, last.span.column), (1, 17));
    let end = find(&root, "end");
    assert_eq!(&text[end.span.start..end.span.end], "x");
    assert_eq!((end.span.line, end.span.column), (2, 6));
}

#[test]
fn scalars_stay_as_written() {
    let root = good("[ON, 0700, 1.10, \"1\", 'it''s', ~, !!str null]");
    let Value::List(items) = &root.value else { panic!("a list") };
    let texts: Vec<_> = items.iter().map(|item| item.as_text().expect("a scalar")).collect();
    assert_eq!(texts, ["ON", "0700", "1.10", "1", "it's", "~", "null"]);
    let nulls: Vec<_> = items.iter().map(Node::is_null).collect();
    assert_eq!(nulls, [false, false, false, false, false, true, false]);
}

#[test]
fn names_with_dots_are_found_by_their_longest_part() {
    let root = good("{ a: { b: 1 }, a.b: 2, 'a.b[0]': 3 }");
    assert_eq!(find(&root, "a.b").as_text(), Some("2"));
    assert_eq!(find(&root, "a.b[0]").as_text(), Some("3"));
}

#[test]
fn aliases_that_grow_without_bound_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{inner}]\n");
    }
    assert!(refused(&text).contains("20000 values"));
}

#[test]
fn an_alias_within_its_own_anchor_is_refused() {
    assert!(refused("a: &a [b, *a]\n").contains("inside what it refers to"));
}

#[test]
fn aliases_do_not_get_around_the_limit_of_depth() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..80 {
        text += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert!(refused(&text).contains("levels deep"));
}

#[test]
fn merged_keys_give_way_to_written_ones_and_earlier_to_later_sources() {
    let root = good("a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { <<: [*a, *b], x: 3 }\n");
    let value = |key: &str| root.get("c").and_then(|c| c.get(key)).and_then(Node::as_text);
    assert_eq!((value("x"), value("y"), value("z")), (Some("3"), Some("1"), Some("2")));
    assert!(refused("a: { <<: 5 }\n").contains("takes in a mapping"));
}

#[test]
fn an_endless_line_of_brackets_is_refused() {
    assert!(refused(&"[".repeat(100_000)).contains("levels deep"));
    assert!(refused(&"{a: ".repeat(100_000)).contains("levels deep"));
    assert!(refused(&"- ".repeat(100_000)).contains("levels deep"));
}
