//! Habits that a machine can watch, with a ratchet: what was there when a rule came is listed in
//! `style-known.txt` and may only shrink; anything new fails.

use crate::workspace::{self, root};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Most lines of a file, and of a function.
const FILE_LINES: usize = 450;
const FUNCTION_LINES: usize = 70;

/// Violations by rule and place, each with its size.
type Violations = BTreeMap<String, usize>;

/// The source with comments and the insides of texts blanked, line by line as it was, so that braces
/// and words in it are code.
fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let skipped = skip(rest, code.chars().next_back());
        if skipped == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        } else {
            code.extend(rest[..skipped].chars().map(|c| if c == '\n' { c } else { ' ' }));
            rest = &rest[skipped..];
        }
    }
    code
}

/// Bytes of the comment, text or character that `rest` begins with; 0 where it begins with code.
fn skip(rest: &str, before: Option<char>) -> usize {
    let upto = |end: &str, from: usize| {
        rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return upto("*/", 2);
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let hashes = rest.trim_start_matches(['b', 'c']).strip_prefix('r').map(|raw| {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        (hashes, raw[hashes..].starts_with('"'))
    });
    if let (false, Some((hashes, true))) = (in_word, hashes) {
        let start = rest.find('"').expect("seen above") + 1;
        return upto(&format!("\"{}", "#".repeat(hashes)), start);
    }
    match rest.as_bytes() {
        [b'"', ..] => quoted(rest, b'"'),
        // A character, not a lifetime: a quote follows at once, or a backslash stands before.
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', ..] => {
            let mut chars = rest[1..].char_indices();
            match (chars.next(), chars.next()) {
                (Some(_), Some((at, '\''))) => 1 + at + 1,
                _ => 0,
            }
        }
        _ => 0,
    }
}

/// Bytes up to the closing quote, past what a backslash protects.
fn quoted(rest: &str, quote: u8) -> usize {
    let mut bytes = rest.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Name and number of lines of each function with a body.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let in_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String =
            code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if in_word || name.is_empty() {
            continue;
        }
        if let Some(body) = body_of(&code[at..]) {
            found.push((name, code[at..at + body].lines().count()));
        }
    }
    found
}

/// Where the body of the function that `code` begins with ends; `None` where it has none.
fn body_of(code: &str) -> Option<usize> {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets = brackets.saturating_sub(1),
            b';' if braces == 0 && brackets == 0 => return None,
            b'{' => braces += 1,
            b'}' if braces == 1 => return Some(at + 1),
            b'}' => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Attributes that allow or expect something without saying why.
fn unreasoned(code: &str) -> usize {
    let attributes = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
    let places = attributes.iter().flat_map(|attribute| code.match_indices(attribute));
    places.filter(|(at, _)| !code[*at..].split(']').next().unwrap_or("").contains("reason")).count()
}

fn judge(place: &str, source: &str) -> Violations {
    let code = code_of(source);
    let mut found = Violations::new();
    let lines = source.lines().count();
    if lines > FILE_LINES {
        found.insert(format!("file {place}"), lines);
    }
    for (name, lines) in functions(&code).into_iter().filter(|(_, n)| *n > FUNCTION_LINES) {
        let size = found.entry(format!("function {place} {name}")).or_default();
        *size = lines.max(*size);
    }
    let unreasoned = unreasoned(&code);
    if unreasoned > 0 {
        found.insert(format!("allow {place}"), unreasoned);
    }
    found
}

/// The list: lines such as `file core/src/topology/check.rs 486`.
fn known() -> Violations {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour/style-known.txt");
    let text = std::fs::read_to_string(path).expect("the list can be read");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let entry = |line: &str| {
        let (what, size) = line.rsplit_once(' ').expect("a size at the end");
        (what.to_owned(), size.parse().expect("a number"))
    };
    lines.map(entry).collect()
}

#[test]
fn style_gets_no_worse() {
    let mut found = Violations::new();
    for path in workspace::files(&[".rs"]) {
        let place = path.strip_prefix(root()).expect("below the root").display().to_string();
        found.extend(judge(&place, &std::fs::read_to_string(&path).expect("a file can be read")));
    }
    let known = known();
    let mut complaints = String::new();
    for (what, size) in &found {
        match known.get(what) {
            None => writeln!(complaints, "new: {what} {size}"),
            Some(limit) if size > limit => writeln!(complaints, "grew from {limit}: {what} {size}"),
            Some(_) => Ok(()),
        }
        .expect("a text can be written");
    }
    for what in known.keys().filter(|what| !found.contains_key(*what)) {
        writeln!(complaints, "mended, so take it out of style-known.txt: {what}")
            .expect("a text can be written");
    }
    assert!(
        complaints.is_empty(),
        "files stay under {FILE_LINES} lines, functions under {FUNCTION_LINES}, and what is allowed \
         has a reason:\n{complaints}"
    );
}

#[test]
fn a_long_file_a_long_function_and_an_allowance_without_reason_are_found() {
    let body = "    let open = \"{\"; // {\n".repeat(FUNCTION_LINES);
    let long =
        format!("fn short() {{}}\nfn long<'a>(_: &'a [u8; 4]) {{\n{body}}}\nfn after() {{}}\n");
    assert_eq!(judge("x.rs", &long), [("function x.rs long".into(), 72)].into());

    let lines = "// a line\n".repeat(FILE_LINES + 1);
    assert_eq!(judge("x.rs", &lines), [("file x.rs".into(), 451)].into());

    let bare = "#[allow(dead_code)]\nfn f() {}\n#[allow(dead_code, reason = \"x\")]\nfn g() {}\n";
    assert_eq!(judge("x.rs", bare), [("allow x.rs".into(), 1)].into());
}

#[test]
fn braces_in_texts_characters_and_comments_are_not_code() {
    let source = "fn f() { '{'; '\\''; b\"}\\\"\"; r#\"}\"}\"#; /* } */ } // }\nfn g();\n";
    let code = code_of(source);
    assert_eq!(code.matches(['{', '}']).count(), 2, "{code}");
    assert_eq!(functions(&code), [("f".to_owned(), 1)]);
}
