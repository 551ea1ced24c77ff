//! The tree of a text, and that any text is survived.

use super::random::{MARKET_DATA, SIGNAL, conditions};
use super::{Stable, interpreter::print};
use crate::condition::ast::Expr;
use crate::condition::error::Findings;
use crate::condition::number::{Inexact, Literal, to_float};
use crate::condition::parser::parse;
use crate::event::{MarketData, Order, Signal};
use proptest::prelude::*;

fn tree(text: &str) -> Expr {
    let mut findings = Findings::default();
    let expr = parse(text, &mut findings);
    match findings.conclude() {
        Ok(_) => expr,
        Err(errors) => panic!("{}", errors[0].render(text)),
    }
}

#[test]
fn reads_words_and_signs_alike() {
    for (left, right) in [
        ("a and not b or c", "a && !b || c"),
        ("a not in [1, 2,]", "a not in (1,2)"),
        ("symbol == 'A\\'\"B'", r#"symbol == "A'\"B""#),
        ("1_000.5_0e-0_1 < .5", "100.05<0.5"),
        ("a\n\t>\r\n1", "a > 1"),
        ("((a))", "a"),
        ("a - -1", "a - (-1)"),
        ("!!a", "not not a"),
    ] {
        assert_eq!(tree(left), tree(right), "{left}");
    }
    for (left, right) in [("a - (b - c) > 1", "a - b - c > 1"), ("a && (b || c)", "a && b || c")] {
        assert_ne!(tree(left), tree(right), "{left}");
    }
}

#[test]
fn reads_numbers_exactly() {
    for (text, exact) in [
        ("0", Ok(0)),
        ("0e99999999999999999999", Ok(0)),
        ("1", Ok(1_000_000_000)),
        ("1e-9", Ok(1)),
        ("0.1e-8", Ok(1)),
        ("10e-10", Ok(1)),
        ("1e-10", Err(Inexact::TooFine)),
        ("0.12345678901", Err(Inexact::TooFine)),
        ("0.123456789000", Ok(123_456_789)),
        ("18446744073709551615", Ok(18_446_744_073_709_551_615_000_000_000)),
        ("1.5e2", Ok(150_000_000_000)),
        ("1e19", Ok(10_i128.pow(28))),
        ("1e20", Err(Inexact::TooLarge)),
        ("123456789012345678901234567890123456789012345678901234567890", Err(Inexact::TooLarge)),
    ] {
        let literal = Literal::parse(text).expect(text);
        assert_eq!(literal.exact, exact, "{text}");
        assert_eq!(literal.float, text.parse::<f64>().unwrap(), "{text}");
    }
    assert_eq!(Literal::parse("1e999"), None);
    assert_eq!(Literal::parse("1e-999"), None);
}

#[test]
fn makes_the_nearest_float_of_an_exact_number() {
    for text in ["0.1", "182.50050698", "12345678901", "18446744073709551615", "0.000000001"] {
        let literal = Literal::parse(text).expect(text);
        assert_eq!(to_float(literal.exact.unwrap()), literal.float, "{text}");
    }
}

/// Pieces that conditions are made of, right and wrong, in any order.
fn soup() -> impl Strategy<Value = String> {
    const PIECES: [&str; 45] = [
        "price", "symbol", "side", "is_odd", "strength", "prise", "'AAPL'", "\"bid\"", "1", "2.5",
        "1e-10", "1e999", ".", "(", ")", "[", "]", ",", "&&", "||", "!", "and", "or", "not", "in",
        "==", "!=", "<", "<=", "=", "<>", "+", "-", "*", "/", "%", "true", "null", "'", "\\", "é",
        "\n", "$", "10ms", "",
    ];
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24).prop_map(|all| all.join(" "))
}

fn survives(text: &str) {
    let stable = Stable::new();
    let results = [
        stable.compile::<MarketData>(text),
        stable.compile::<Signal>(text),
        stable.compile::<Order>(text),
    ];
    for result in results {
        let Err(errors) = result else { continue };
        assert!(!errors.is_empty());
        for error in errors {
            assert!(text.get(error.at.clone()).is_some(), "{error:?}");
            assert!(error.render(text).contains('^'));
        }
    }
}

proptest! {
    #[test]
    fn survives_any_characters(text in "\\PC*") {
        survives(&text);
    }

    #[test]
    fn survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn survives_any_order_of_pieces(text in soup()) {
        survives(&text);
    }

    #[test]
    fn survives_the_loss_of_any_part(
        expr in conditions(&SIGNAL), from in any::<prop::sample::Index>(), bytes in 1..9_usize,
    ) {
        let mut text = print(&expr);
        let from = text.floor_char_boundary(from.index(text.len()));
        let to = text.ceil_char_boundary((from + bytes).min(text.len()));
        text.replace_range(from..to, "");
        survives(&text);
    }

    #[test]
    fn reads_again_what_it_printed(expr in conditions(&MARKET_DATA)) {
        let text = print(&expr);
        prop_assert_eq!(tree(&text), expr, "{}", text);
    }

    #[test]
    fn draws_any_range_of_any_text(text in "(\\PC|\n|\t){0,40}", from in 0..60_usize, to in 0..60_usize) {
        let error = crate::condition::ConditionError { at: from..to, message: "m".into(), help: "h".into() };
        prop_assert!(error.render(&text).contains('^'));
    }
}
