//! The nearest right spelling.

/// The known word most like `word`, where one is like it at all.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, candidate)| *likeness >= 0.8 || close(&lower, candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Whether a typing mistake or two would turn one into the other, and they are not the same.
pub(crate) fn misspelled(word: &str, candidate: &str) -> bool {
    word != candidate && close(word, candidate)
}

fn close(word: &str, candidate: &str) -> bool {
    let allowed = match word.chars().count().min(candidate.chars().count()) {
        0..=2 => 0,
        3 | 4 => 1,
        _ => 2,
    };
    strsim::damerau_levenshtein(word, &candidate.to_lowercase()) <= allowed
}

/// A sentence with the nearest known word, or with all of them.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    what: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(word, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<String> = known.into_iter().map(|word| format!("`{word}`")).collect();
    match all.as_slice() {
        [] => format!("there is no {what} here"),
        [one] => format!("the only {what} here is {one}"),
        many if many.len() > 24 => format!("there are {} here, none like it", many.len()),
        many => format!("known here: {}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_and_nothing_where_none_is_near() {
        assert_eq!(nearest("fsat", ["fast", "slow"]), Some("fast"));
        assert_eq!(nearest("Fast", ["fast", "slow"]), Some("fast"));
        assert_eq!(nearest("zzz", ["fast", "slow"]), None);
    }

    #[test]
    fn lists_what_is_known_where_nothing_is_near() {
        assert_eq!(did_you_mean("zzz", "key", ["a", "b"]), "known here: `a`, `b`");
        assert_eq!(did_you_mean("zzz", "key", []), "there is no key here");
    }
}
