//! Codes of mistakes: stable, unique, each with a sentence about what it stands for.
//!
//! Mistakes that the topology check finds keep its own codes (`PL-TOPOLOGY-nnn`).

/// A code and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code, as printed.
    pub name: &'static str,
    /// What it stands for: a sentence.
    pub doc: &'static str,
}

macro_rules! codes {
    ($($ident:ident $name:literal $doc:literal)*) => {
        $(#[doc = $doc] pub const $ident: Code = Code { name: $name, doc: $doc };)*
        /// All codes.
        pub const ALL: &[Code] = &[$($ident),*];
    };
}

codes! {
    UNREADABLE "PL-CONFIG-001" "The file cannot be read."
    SYNTAX "PL-CONFIG-002" "The text is not YAML."
    UNSUPPORTED "PL-CONFIG-003" "The text is YAML, but uses a part of it that configs do without."
    DUPLICATE_KEY "PL-CONFIG-004" "A key stands twice in one mapping."
    UNKNOWN_KEY "PL-CONFIG-010" "A key means nothing where it stands."
    MISSING_KEY "PL-CONFIG-011" "A key that has no default is missing."
    WRONG_TYPE "PL-CONFIG-012" "A value is of another kind than is wanted."
    BAD_VALUE "PL-CONFIG-013" "A value is of the right kind but out of range, or not one of the words that are known."
    BAD_NAME "PL-CONFIG-014" "A name has a character that streams, topics or paths need for themselves."
    UNKNOWN_COMPONENT_TYPE "PL-CONFIG-020" "No component type of that name is registered."
    UNKNOWN_FORMAT "PL-CONFIG-021" "No format of that name is registered."
    UNKNOWN_EVENT "PL-CONFIG-022" "No event type of that name is registered."
    UNKNOWN_COMPONENT "PL-CONFIG-023" "A route names a component that the config does not have."
    UNKNOWN_ROUTE_TYPE "PL-CONFIG-024" "No adapter of that name ships or is registered."
    UNKNOWN_MIDDLEWARE "PL-CONFIG-025" "No middleware of that name ships or is registered."
    COMPONENT_REFUSED "PL-CONFIG-030" "A component's own check of its parameters failed."
    SOURCE_REFUSED "PL-CONFIG-031" "A source cannot be opened as it is described."
    ADAPTER_REFUSED "PL-CONFIG-032" "An adapter refused its parameters or inner routes."
    MIDDLEWARE_REFUSED "PL-CONFIG-034" "A middleware refused its parameters."
    TIER_NOT_HERE "PL-CONFIG-040" "A tier does not exist in this build, or a setting belongs to another tier."
    UNKNOWN_PATH "PL-CONFIG-050" "A path given to `--set` leads nowhere."
    UNKNOWN_INPUT "PL-CONFIG-051" "An input is given for a source that the config does not route."
    NEVER_ROUTED "PL-CONFIG-060" "A component or source is declared, but no route uses it."
    PERHAPS_MISSPELLED "PL-CONFIG-061" "A name is taken as new, but is very like one that exists."
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique_and_well_formed() {
        for (at, code) in ALL.iter().enumerate() {
            assert!(ALL[..at].iter().all(|other| other.name != code.name), "{code:?}");
            let number = code.name.strip_prefix("PL-CONFIG-").expect("the prefix");
            assert!(number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()), "{code:?}");
            assert!(code.doc.ends_with('.'), "{code:?}");
        }
    }
}
