//! The drawing of an order's life in the docs is the table in the code.
//!
//! `PITLANE_BLESS=1 cargo test -p pitlane-tests --test behaviour orders` draws it anew.

use pitlane::event::life::{diagram, matrix};
use std::path::Path;

const MARK: &str = "<!-- the table: made from the code -->\n";
const END: &str = "\nHow this compares:";

#[test]
fn the_drawing_in_the_docs_equals_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let path = root.join("docs/orders.md");
    let page = std::fs::read_to_string(&path).expect("docs/orders.md can be read");
    let (head, rest) = page.split_once(MARK).expect("the mark");
    let (drawn, tail) = rest.split_once(END).expect("the end");
    let expected = format!("\n```mermaid\n{}```\n\n{}", diagram(), matrix());
    if std::env::var_os("PITLANE_BLESS").is_some() {
        let page = format!("{head}{MARK}{expected}{END}{tail}");
        std::fs::write(&path, page).expect("it can be written");
        return;
    }
    assert!(
        drawn == expected,
        "docs/orders.md is not what the table says: draw it anew with \
         PITLANE_BLESS=1 cargo test -p pitlane-tests --test behaviour orders"
    );
}
