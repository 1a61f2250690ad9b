//! The nearest known word to one that is not known.

/// The known word that is nearest to `word`, if one is near: at most a third of its letters differ, and none of its digits,
/// since `5_days` is no slip for `3_days`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(word);
    let most = (wanted.chars().count() / 3).max(1);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    known
        .into_iter()
        .filter(|candidate| digits(candidate) == digits(word))
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Known words for a help line: `a`, `b` and `c`.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["sync_schedule", "host", "use_ssl"];
        assert_eq!(nearest("sync_shedule", known), Some("sync_schedule"));
        assert_eq!(nearest("Use-SSL", known), Some("use_ssl"));
        assert_eq!(nearest("hots", known), Some("host"));
        assert_eq!(nearest("password", known), None);
        assert_eq!(nearest("2 weeks", ["1_week", "2_weeks"]), Some("2_weeks"));
        assert_eq!(nearest("5_days", ["3_days", "1_day"]), None);
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
