//! Values of all kinds, and that no mistake hides another.

use super::read;
use crate::mistake::Mistake;
use crate::tree::{Texts, parse};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::num::NonZeroU8;

fn read_text<T: DeserializeOwned>(text: &str) -> (Option<T>, Vec<Mistake>) {
    let mut texts = Texts::default();
    let file = texts.add("a.yaml", text);
    let (root, mut mistakes) = parse(&texts, file);
    let mut root = root.expect("a tree");
    root.number();
    let value = read(&root, &mut mistakes);
    (value, mistakes)
}

fn good<T: DeserializeOwned>(text: &str) -> T {
    let (value, mistakes) = read_text(text);
    assert!(mistakes.is_empty(), "{text}: {mistakes:?}");
    value.expect("a value")
}

fn messages<T: DeserializeOwned>(text: &str) -> Vec<String> {
    let (_, mistakes) = read_text::<T>(text);
    mistakes.iter().map(|mistake| mistake.message.clone()).collect()
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Point,
    Circle(f64),
    Box { width: u8, height: u8 },
    Pair(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    x: u8,
    y: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
struct All {
    inner: Inner,
    others: Vec<Inner>,
    some: NonZeroU8,
    words: BTreeMap<String, bool>,
    pair: (u8, String),
    shape: Shape,
}

#[test]
fn numbers_truths_and_words_are_read_as_the_type_wants_them() {
    assert_eq!(good::<u64>("1_000_000"), 1_000_000);
    assert_eq!(good::<i8>("-128"), -128);
    assert_eq!(good::<u64>("18446744073709551615"), u64::MAX);
    assert_eq!(good::<f64>("1_000.25"), 1000.25);
    assert_eq!(good::<f64>("1e-9"), 1e-9);
    assert!(good::<bool>("true"));
    assert_eq!(good::<String>("0700"), "0700");
    assert_eq!(good::<Option<String>>("NULL"), Some("NULL".into()));
    assert_eq!(good::<Option<String>>("~"), None);
    assert_eq!(good::<char>("';'"), ';');
    assert_eq!(
        good::<Vec<Shape>>("[point, circle: 0.5, box: { width: 1, height: 2 }, pair: [1, 2]]"),
        [Shape::Point, Shape::Circle(0.5), Shape::Box { width: 1, height: 2 }, Shape::Pair(1, 2),]
    );
}

#[test]
fn what_is_no_number_is_not_taken_for_one() {
    for text in ["ten", "1__0", "_1", "1_", "0x10", "010", "1.0", "\"1\"", "256", "-1", "~", "1e2"]
    {
        assert_eq!(messages::<u8>(text).len(), 1, "{text}");
    }
    for text in [".inf", "nan", "inf", "1e999", "0x1", "one"] {
        assert_eq!(messages::<f64>(text).len(), 1, "{text}");
    }
    for text in ["yes", "True", "1", "on", "\"true\""] {
        assert_eq!(messages::<bool>(text).len(), 1, "{text}");
    }
}

#[test]
fn without_a_type_the_core_rules_of_yaml_hold() {
    let json: serde_json::Value =
        good("[1, -2, 0.5, 0700, 1.2.3, true, ~, x, 'y', 123456789.123456789, -0.25, 2013-10-07]");
    let expected = serde_json::json!([
        1,
        -2,
        0.5,
        "0700",
        "1.2.3",
        true,
        null,
        "x",
        "y",
        "123456789.123456789",
        -0.25,
        "2013-10-07"
    ]);
    assert_eq!(json, expected);
}

#[test]
fn no_mistake_hides_another() {
    let text = "
inner: { x: a, y: 300, z: 1 }
others: [{ x: 1 }, { x: b, y: 2 }, { y: c }, 5]
some: 0
words: { a: yes, b: true, c: 1 }
pair: [x, [y]]
shape: sqare
more: 1
";
    let mut messages = messages::<All>(text);
    messages.sort();
    assert_eq!(
        messages,
        [
            "`a` wants `true` or `false`, found `yes`",
            "`c` wants `true` or `false`, found `1`",
            "`more` is not a key",
            "`others` wants a mapping, found `5`",
            "`pair` wants a text, found a list",
            "`pair` wants a whole number, found `x`",
            "`shape` does not know `sqare`",
            "`some`: `0` will not do",
            "`x` is missing in `others`",
            "`x` wants a whole number, found `a`",
            "`x` wants a whole number, found `b`",
            "`y` is missing in `others`",
            "`y` wants a whole number, found `c`",
            "`y`: `300` is out of range",
            "`z` is not a key in `inner`",
        ]
    );
}

#[test]
fn everything_that_is_missing_is_named() {
    let messages = messages::<All>("some: 1");
    let expected = ["inner", "others", "words", "pair", "shape"];
    assert_eq!(messages, expected.map(|key| format!("`{key}` is missing in this")));
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "never made")]
enum Endless {
    Again(Box<Endless>),
    End,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "never made")]
struct Needs {
    endless: Endless,
    x: u8,
}

#[test]
fn a_missing_value_of_a_type_without_end_is_still_only_missing() {
    assert_eq!(messages::<Needs>("{}"), ["`endless` is missing in this"]);
}

#[test]
fn unknown_keys_do_not_hold_a_value_back_and_mistakes_do() {
    assert!(read_text::<Inner>("{ x: 1, y: 2, z: 3 }").0.is_some());
    assert!(read_text::<Inner>("{ x: 1, y: z }").0.is_none());
    assert!(read_text::<Inner>("{ x: 1 }").0.is_none());
}

#[test]
fn very_many_mistakes_come_to_an_end() {
    let items: Vec<String> = (0..5000).map(|n| format!("x{n}")).collect();
    let (_, mistakes) = read_text::<Vec<u8>>(&format!("[{}]", items.join(", ")));
    assert_eq!(mistakes.len(), 50);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: Inner,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Text(String),
    List(Vec<u8>),
}

#[test]
fn types_that_do_not_say_what_they_want_are_read_as_well_and_marked_as_a_whole() {
    let flat = Flat { name: "a".into(), rest: Inner { x: 1, y: 2 } };
    assert_eq!(good::<Flat>("{ name: a, x: 1, y: 2 }"), flat);
    assert_eq!(
        good::<Vec<Either>>("[1, x, [2]]"),
        [Either::Number(1), Either::Text("x".into()), Either::List(vec![2]),]
    );
    let (_, mistakes) = read_text::<BTreeMap<String, Either>>("{ a: 1, b: [x] }");
    assert_eq!(mistakes.len(), 1);
    assert_eq!((mistakes[0].line, mistakes[0].column), (1, 9));
}
