//! What is refused, where, and in which words.

use super::Stable;
use crate::condition::{ConditionError, Fields, compile};
use crate::event::{Event, Field, FieldKind, MarketData, Order, Signal, Slot};

/// Message, help and the marked text of the only mistake.
fn mistake<E: Event>(text: &str) -> (String, String, &str) {
    let ConditionError { at, message, help } = Stable::new().mistake::<E>(text);
    (message, help, &text[at])
}

fn warnings<E: Event>(text: &str) -> Vec<(String, String, &str)> {
    let condition = Stable::new().compile::<E>(text).expect(text);
    let parts = |w: ConditionError| (w.message, w.help, &text[w.at]);
    condition.warnings().iter().cloned().map(parts).collect()
}

fn texts<'a>((message, help, at): &'a (String, String, &'a str)) -> (&'a str, &'a str, &'a str) {
    (message, help, at)
}

#[test]
fn names_the_nearest_field() {
    let found = mistake::<Signal>("strenght > 0.7");
    assert_eq!(
        texts(&found),
        (
            "`strenght` is neither a field nor a predicate of Signal",
            "did you mean `strength`?",
            "strenght"
        )
    );
    for (text, help) in [
        ("bid_prise > 1", "did you mean `bid_price`?"),
        ("Price > 1", "did you mean `price`?"),
        ("is_lagre", "did you mean `is_large`?"),
        ("ask > 1", "did you mean `ask_price`, or the text \"ask\"?"),
        ("side == bid && sides == 1", ""),
        ("symbol == AAPL", "symbols stand in quotes: \"AAPL\""),
        ("kind == trade", "texts stand in quotes: \"trade\""),
        ("price == null", "`price == price` holds where there is a price"),
        ("is_sell", "it is for Signal"),
    ] {
        if !help.is_empty() {
            assert_eq!(mistake::<MarketData>(text).1, help, "{text}");
        }
    }
    assert!(mistake::<Signal>("xyzzy > 1").1.starts_with("there are ts_event, ts_recv, root"));
}

#[test]
fn lists_the_words_of_a_field_and_the_nearest() {
    let found = mistake::<MarketData>("side == \"bidd\"");
    assert_eq!(
        texts(&found),
        (
            "\"bidd\" is not a word for `side`",
            "did you mean \"bid\"? side is one of \"none\", \"bid\", \"buy\", \"ask\", \"sell\"",
            "\"bidd\""
        )
    );
    assert!(
        mistake::<Order>("time_in_force in ['gtc', 'GTD']").1.starts_with("did you mean \"gtd\"")
    );
    assert!(
        mistake::<Order>("type == 'stop'").1.starts_with("type is one of \"market\", \"limit\"")
    );
}

#[test]
fn refuses_what_does_not_fit_and_says_where() {
    for (text, at, message) in [
        ("strength", "strength", "expected a condition, but `strength` is a number"),
        ("symbol", "symbol", "expected a condition, but `symbol` is a word"),
        (
            "price && is_odd",
            "price",
            "expected conditions on both sides of `&&`, but `price` is a number",
        ),
        (
            "price > 'abc'",
            "'abc'",
            "`price` is a number and cannot be compared with a text such as `'abc'`",
        ),
        ("symbol == 5", "5", "`symbol` is a word and cannot be compared with a number such as `5`"),
        ("symbol < 'B'", "symbol < 'B'", "`symbol` is a word and has no order"),
        (
            "(price > 1) < (price > 2)",
            "(price > 1) < (price > 2)",
            "`(price > 1)` is a condition and has no order",
        ),
        (
            "(price > 1) == 2",
            "2",
            "`(price > 1)` is a condition and cannot be compared with a number such as `2`",
        ),
        (
            "price + symbol > 1",
            "symbol",
            "expected numbers on both sides of an arithmetic operator, but `symbol` is a word",
        ),
        ("-is_odd", "is_odd", "expected numbers after `-`, but `is_odd` is a condition"),
        ("!price", "price", "expected a condition after `!`, but `price` is a number"),
        (
            "price in [1, 'x']",
            "'x'",
            "`price` is a number and cannot be compared with a text such as `'x'`",
        ),
        (
            "symbol in ['x', 1]",
            "1",
            "`symbol` is a word and cannot be compared with a number such as `1`",
        ),
        ("price in [1, strength]", "strength", "`strength` is not a literal"),
        (
            "is_odd in [true]",
            "true",
            "`is_odd` is a condition and cannot be compared with a condition such as `true`",
        ),
        ("'a' == 'a'", "'a'", "`'a'` is a text and cannot be compared with a text such as `'a'`"),
        ("source == symbol", "source == symbol", "`source` and `symbol` cannot be compared"),
        ("price > 0.0000000001", "0.0000000001", "`0.0000000001` is finer than 1e-9"),
        ("price > 1e30", "1e30", "`1e30` is larger than any value"),
        ("price in [1, 1e-10]", "1e-10", "`1e-10` is finer than 1e-9"),
    ] {
        let found = mistake::<Signal>(text);
        assert_eq!((found.2, &*found.0), (at, message), "{text}");
    }
    assert_eq!(mistake::<Signal>("price > '5'").1, "numbers stand without quotes: 5");
}

#[test]
fn refuses_what_cannot_be_read_and_says_where() {
    for (text, at, message) in [
        ("", "", "the condition is empty"),
        ("  \n", "  \n", "the condition is empty"),
        ("price >", "", "expected a field, a number or a text, the text ends"),
        ("price > && true", "&&", "expected a field, a number or a text, found `&&`"),
        ("price 5", "5", "expected an operator such as `&&` or `==`, found `5`"),
        ("(price > 5", "(", "this `(` is never closed"),
        ("price > 5)", ")", "this `)` closes nothing"),
        ("symbol in ['A'", "[", "this `[` is never closed"),
        ("symbol in ['A' 'B']", "'B'", "expected `,` or the end of the list, found `'B'`"),
        ("symbol in 'A'", "'A'", "expected a list such as [1, 2] after `in`, found `'A'`"),
        ("symbol in []", "[]", "the list is empty"),
        ("1 < price < 2", "<", "comparisons cannot be chained"),
        ("price = 5", "=", "`=` is not an operator"),
        ("price > 5 & size > 1", "&", "`&` is not an operator"),
        ("price ≥ 5", "≥", "`≥` is not an operator"),
        ("price > 10ms", "10ms", "`10ms` is not a number"),
        ("price > 5.", "5.", "`5.` is not a number"),
        ("price > 1e", "1e", "`1e` is not a number"),
        ("price > 1e999", "1e999", "`1e999` is beyond the range of numbers"),
        ("price > 1e-999", "1e-999", "`1e-999` is beyond the range of numbers"),
        ("symbol == 'AAPL", "'", "this quote is never closed"),
        ("symbol == 'A\\nB'", "\\n", "`\\n` is no escape"),
        ("price > $5", "$", "`$` has no meaning here"),
        ("symbol == “AAPL”", "“", "`“` has no meaning here"),
        ("price > 5 AND size > 1", "AND", "expected an operator such as `&&` or `==`, found `AND`"),
    ] {
        let found = &Stable::new().compile::<MarketData>(text).expect_err(text)[0];
        assert_eq!((&text[found.at.clone()], &*found.message), (at, message), "{text}");
    }
    assert_eq!(mistake::<MarketData>("price > 5 AND size > 1").1, "write `and` in small letters");
    assert_eq!(mistake::<MarketData>("price = 5").1, "write `==`");
}

#[test]
fn finds_all_mistakes_at_once_in_their_order() {
    let text =
        "prise > 5 && side == 'bidd' || (size > && kind == 'trad') && ) price $ 5 or symbl == 3";
    let errors = Stable::new().compile::<MarketData>(text).unwrap_err();
    let at: Vec<_> = errors.iter().map(|error| &text[error.at.clone()]).collect();
    assert_eq!(at, ["prise", "'bidd'", "&&", "'trad'", ")", "$", "symbl"]);
}

#[test]
fn refuses_a_predicate_with_the_name_of_a_field() {
    let found = mistake::<Order>("ts_recv && price > 1");
    assert_eq!(found.0, "`ts_recv` is both a field and a predicate of Order");
    assert_eq!(found.1, "give the predicate another name");
}

#[test]
fn warns_of_texts_that_nothing_has() {
    let found =
        warnings::<Signal>("symbol in ['APPL', 'AAPL'] && venue == 'XNSA' || source != 'fed'");
    let found: Vec<_> = found.iter().map(texts).collect();
    assert_eq!(
        found,
        [
            (
                "no instrument known so far has the symbol \"APPL\"",
                "did you mean \"AAPL\"?",
                "'APPL'"
            ),
            (
                "no instrument known so far has the venue \"XNSA\"",
                "did you mean \"XNAS\"?",
                "'XNSA'"
            ),
            ("there is no source \"fed\"", "did you mean \"feed\"?", "'fed'"),
        ]
    );
    assert_eq!(warnings::<Signal>("component == 'alpha'")[0].0, "there is no component \"alpha\"");
    assert!(warnings::<Signal>("symbol == 'AAPL.XNAS' && component == 'sma'").is_empty());
}

#[test]
fn warns_of_what_never_holds() {
    for text in ["flags > 255", "price > 1e11", "root == 1.5", "root < 0", "price < 1 / 0"] {
        assert_eq!(warnings::<Signal>(text).len(), 1, "{text}");
    }
    assert!(warnings::<Signal>("flags <= 255 && root != 1.5 && price < -5").is_empty());
}

#[test]
fn refuses_deep_nesting_instead_of_exhausting_the_stack() {
    let n = 100_000;
    let deep = [
        format!("{}price > 1{}", "(".repeat(n), ")".repeat(n)),
        format!("{}price > 1", "(".repeat(n)),
        format!("{}is_odd", "!".repeat(n)),
        format!("{}is_odd", "not ".repeat(n)),
        format!("{}price > 1", "-".repeat(n)),
        format!("price in {}", "(".repeat(n)),
        format!("price{} > 1", " + price".repeat(n)),
        format!("price{} > 1", " * 2".repeat(n)),
    ];
    for text in deep {
        let mistake = Stable::new().mistake::<MarketData>(&text);
        assert!(mistake.help.contains("write a predicate"), "{mistake:?}");
    }
    let (open, close) = ("(1 + ".repeat(63), ")".repeat(63));
    let tall =
        format!("{open}price{}{close} > 0{}", " - price".repeat(190), " && is_odd".repeat(n));
    assert!(Stable::new().compile::<MarketData>(&tall).is_ok());
}

#[test]
fn refuses_fields_that_lie_where_no_event_has_room() {
    static FIELDS: [Field; 3] = [
        Field { name: "out", doc: "", kind: FieldKind::Decimal { byte: 64, kinds: 1 } },
        Field { name: "askew", doc: "", kind: FieldKind::Float { byte: 36 } },
        Field { name: "odd", doc: "", kind: FieldKind::Integer { byte: 33, bytes: 3, kinds: 1 } },
    ];
    let stable = Stable::new();
    let fields = Fields { event: Slot::TYPE, fields: &FIELDS };
    let errors = compile("out > 1 || askew > 1 || odd > 1", &fields, &stable.world()).unwrap_err();
    assert_eq!(errors.len(), 3);
    assert!(errors[0].message.starts_with("the field `out` is said to be the 8 bytes at 64"));
}

#[test]
fn draws_the_line_with_carets_whatever_the_letters() {
    let text = "symbol == 'Ünïcødé' &&\n\tprize > 5 || true";
    let found = Stable::new().mistake::<MarketData>(text);
    let drawn = "\
`prize` is neither a field nor a predicate of MarketData
  |
2 | \tprize > 5 || true
  | \t^^^^^ did you mean `price`?";
    assert_eq!(found.render(text), drawn);

    let text = "symbol == 'Ünïcødé' && prize > 5";
    let drawn = Stable::new().mistake::<MarketData>(text).render(text);
    let lines: Vec<_> = drawn.lines().collect();
    assert_eq!(lines[3].find('^'), Some("1 | symbol == 'Unicode' && ".len()));
}

#[test]
fn draws_ranges_of_several_lines_at_the_end_and_of_other_texts() {
    let found = mistake::<MarketData>("symbol\n<\n'a'");
    assert_eq!(found.2, "symbol\n<\n'a'");
    let drawn = Stable::new().mistake::<MarketData>("symbol\n<\n'a'").render("symbol\n<\n'a'");
    assert!(drawn.contains("1 | symbol\n  | ^^^^^^ compare"), "{drawn}");

    let drawn = Stable::new().mistake::<MarketData>("price >").render("price >");
    assert!(drawn.ends_with("1 | price >\n  |        ^"), "{drawn}");

    let far = ConditionError { at: 7..99, message: "m".into(), help: String::new() };
    assert_eq!(far.render("äöü\u{1b}"), "m\n  |\n1 | äöü�\n  |     ^");
    assert_eq!(far.render(""), "m\n  |\n1 |\n  | ^");
}
