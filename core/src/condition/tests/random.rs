//! Conditions without mistakes, and events that they may match, at random.

use crate::condition::ast::{Arithmetic, Comparison, Expr, Node};
use crate::condition::number::Literal;
use crate::event::{Header, Slot, fixed};
use proptest::prelude::*;
use proptest::sample::select;

/// Names that conditions over a type may use, by what they stand for.
#[derive(Debug)]
pub(super) struct Shape {
    exact: &'static [&'static str],
    floats: &'static [&'static str],
    /// Fields of words, and what to compare them with.
    words: &'static [(&'static str, &'static [&'static str])],
    names: &'static [&'static str],
    predicates: &'static [&'static str],
}

const SYMBOL: (&str, &[&str]) =
    ("symbol", &["AAPL", "AAPL.XNYS", "BRK.B", "BRK", "EURUSD", "NONE", ""]);
const VENUE: (&str, &[&str]) = ("venue", &["XNAS", "XNYS", "B", ""]);
const SOURCE: (&str, &[&str]) = ("source", &["feed", "sma", "nobody"]);
const SIDE: (&str, &[&str]) = ("side", &["none", "bid", "buy", "ask", "sell"]);

pub(super) static MARKET_DATA: Shape = Shape {
    exact: &[
        "price",
        "size",
        "bid_price",
        "ask_price",
        "bid_size",
        "ask_size",
        "order_id",
        "venue_sequence",
        "ts_event",
        "ts_recv",
        "root",
        "flags",
    ],
    floats: &[],
    words: &[SYMBOL, VENUE, SOURCE, SIDE, ("kind", &["trade", "quote", "add", "bar"])],
    names: &["source"],
    predicates: &["is_large", "is_odd"],
};

pub(super) static SIGNAL: Shape = Shape {
    exact: &["price", "quantity", "root", "ts_event", "flags"],
    floats: &["strength"],
    words: &[
        SYMBOL,
        VENUE,
        SOURCE,
        ("component", &["gate", "sma", "nobody"]),
        ("action", &["hold", "buy", "sell"]),
    ],
    names: &["source", "component", "strategy"],
    predicates: &["is_sell", "is_odd"],
};

pub(super) static ORDER: Shape = Shape {
    exact: &["client_order_id", "price", "quantity", "reason", "root"],
    floats: &[],
    words: &[
        SYMBOL,
        VENUE,
        SOURCE,
        SIDE,
        ("type", &["market", "limit"]),
        ("time_in_force", &["gtc", "day"]),
        ("strategy", &["sma", "revert"]),
    ],
    names: &["source", "strategy"],
    predicates: &["is_odd"],
};

/// Numbers as written; all exact.
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2.5",
    "0.1",
    "0.2",
    "0.3",
    "3",
    "10",
    "1e-9",
    "40.5",
    "255",
    "300",
    "9223372036.854775806",
    "18446744073709551615",
];

fn expr(node: Node) -> Expr {
    Expr::new(node, 0..0)
}

fn boxed(inner: Expr) -> Box<Expr> {
    Box::new(inner)
}

fn name(names: &'static [&'static str]) -> impl Strategy<Value = Expr> {
    select(names).prop_map(|name| expr(Node::Name(name.to_owned())))
}

fn literal(text: &str) -> Expr {
    expr(Node::Number(Literal::parse(text).expect("a number")))
}

fn constant() -> impl Strategy<Value = Expr> {
    (select(&NUMBERS[..]), any::<bool>()).prop_map(|(text, negative)| {
        let literal = literal(text);
        if negative { expr(Node::Negative(boxed(literal))) } else { literal }
    })
}

fn numbers(shape: &'static Shape) -> BoxedStrategy<Expr> {
    let operators = [
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Remainder,
    ];
    let mut leaves = vec![name(shape.exact).boxed(), name(shape.exact).boxed(), constant().boxed()];
    if !shape.floats.is_empty() {
        leaves.push(name(shape.floats).boxed());
    }
    proptest::strategy::Union::new(leaves)
        .prop_recursive(3, 8, 2, move |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| expr(Node::Negative(boxed(inner)))),
                (select(operators.to_vec()), inner.clone(), inner).prop_map(|(operator, l, r)| {
                    expr(Node::Arithmetic(operator, boxed(l), boxed(r)))
                }),
            ]
        })
        .boxed()
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual])
}

fn compare(comparison: Comparison, left: Expr, right: Expr) -> Expr {
    expr(Node::Compare(comparison, boxed(left), boxed(right)))
}

fn equality(negated: bool) -> Comparison {
    if negated { Comparison::NotEqual } else { Comparison::Equal }
}

/// Tests without `&&`, `||` and `!`.
fn leaves(shape: &'static Shape) -> BoxedStrategy<Expr> {
    let text = |text: &str| expr(Node::Text(text.to_owned()));
    let word = select(shape.words).prop_flat_map(move |(field, texts)| {
        let field = expr(Node::Name(field.to_owned()));
        let list = prop::collection::vec(select(texts), 1..4);
        (Just(field), list, any::<bool>(), 0..3_u8)
    });
    let word = word.prop_map(move |(field, list, negated, form)| match form {
        0 => compare(equality(negated), field, text(list[0])),
        1 => compare(equality(negated), text(list[0]), field),
        _ => {
            let list = list.into_iter().map(text).collect();
            expr(Node::In { value: boxed(field), list, negated })
        }
    });
    let number_in = (numbers(shape), prop::collection::vec(constant(), 1..6), any::<bool>());
    let simple = (comparisons(), name(shape.exact), constant());
    let mut leaves = vec![
        (comparisons(), numbers(shape), numbers(shape))
            .prop_map(|(comparison, l, r)| compare(comparison, l, r))
            .boxed(),
        simple.prop_map(|(comparison, l, r)| compare(comparison, l, r)).boxed(),
        word.boxed(),
        number_in
            .prop_map(|(value, list, negated)| {
                expr(Node::In { value: boxed(value), list, negated })
            })
            .boxed(),
        (name(shape.names), name(shape.names), any::<bool>())
            .prop_map(|(l, r, negated)| compare(equality(negated), l, r))
            .boxed(),
        name(shape.predicates).boxed(),
        any::<bool>().prop_map(|truth| expr(Node::Truth(truth))).boxed(),
    ];
    if !shape.floats.is_empty() {
        let fine = (comparisons(), select(shape.floats), any::<bool>());
        let fine = fine.prop_map(|(comparison, float, swapped)| {
            let (float, fine) = (expr(Node::Name(float.to_owned())), literal("0.7000000000001"));
            let (l, r) = if swapped { (fine, float) } else { (float, fine) };
            compare(comparison, l, r)
        });
        leaves.push(fine.boxed());
    }
    proptest::strategy::Union::new(leaves).boxed()
}

/// Conditions without mistakes.
pub(super) fn conditions(shape: &'static Shape) -> impl Strategy<Value = Expr> {
    leaves(shape).prop_recursive(4, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..5);
        prop_oneof![
            inner.clone().prop_map(|inner| expr(Node::Not(boxed(inner)))),
            parts().prop_map(|parts| expr(Node::All(parts))),
            parts().prop_map(|parts| expr(Node::Any(parts))),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(l, r, negated)| compare(
                equality(negated),
                l,
                r
            )),
        ]
    })
}

/// One of the events' own words: a decimal near the numbers above, a null, a float, ids, anything.
fn words() -> impl Strategy<Value = u64> {
    let decimal = |text: &str| fixed::parse(text.as_bytes()).unwrap_or(i64::MAX - 1);
    let decimals: Vec<i64> = NUMBERS.iter().map(|text| decimal(text)).collect();
    prop_oneof![
        4 => (select(decimals), -1..2_i64, any::<bool>()).prop_map(|(value, near, negative)| {
            let value = value.saturating_add(near);
            (if negative { -value } else { value }).cast_unsigned()
        }),
        1 => Just(fixed::NULL.cast_unsigned()),
        1 => select(vec![0.7, 0.7000000000001, 0.1, 3.0, -0.0, f64::NAN, f64::INFINITY])
            .prop_map(f64::to_bits),
        1 => [0..6_u16, 0..6, 0..6, 0..6].prop_map(bytemuck::cast::<[u16; 4], u64>),
        1 => any::<[u8; 8]>().prop_map(|bytes| u64::from_ne_bytes(bytes.map(|byte| byte % 8))),
        1 => any::<u64>(),
    ]
}

/// Events of any type.
pub(super) fn events() -> impl Strategy<Value = Slot> {
    let times = || prop_oneof![0..4_u64, Just(300), Just(u64::MAX), any::<u64>()];
    let kinds = prop_oneof![8 => 0..11_u8, 1 => Just(33), 1 => Just(255)];
    let ids = (0..10_u32, 0..6_u16, kinds, any::<u8>());
    let own = [words(), words(), words(), words()];
    (times(), times(), times(), ids, own).prop_map(
        |(ts_event, ts_recv, root, (instrument, source, kind, flags), words)| Slot {
            header: Header { ts_event, ts_recv, root, instrument, source, kind, flags },
            words,
        },
    )
}
