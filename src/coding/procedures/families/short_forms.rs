//! Short forms of dictation as whole words, so that tables and notes meet in one spelling.

/// The whole word of a short form (lower case).
pub fn full(word: &str) -> Option<&'static str> {
    Some(match word {
        "bx" | "bxs" => "biopsy",
        "bxed" | "bxd" => "biopsied",
        "inj" | "injn" => "injection",
        "injs" => "injections",
        "injed" | "injd" => "injected",
        "tx" => "treatment",
        "txed" | "txd" => "treated",
        "fx" => "fracture",
        "fxs" => "fractures",
        "lac" => "laceration",
        "lacs" => "lacerations",
        "neg" => "negative",
        "pos" => "positive",
        "tol" => "tolerated",
        "hx" => "history",
        "perfed" => "performed",
        "irriged" => "irrigated",
        "exced" | "excd" => "excised",
        "asped" | "aspd" => "aspirated",
        "admined" => "administered",
        "xr" | "xrs" => "xray",
        _ => return None,
    })
}

/// Words before an apostrophe and a d that are no verbs ("he'd had it frozen").
const PRONOUNS: [&str; 9] = ["i", "he", "she", "it", "we", "you", "they", "that", "who"];

/// The past tense that "inj'd" or "cryo'd" stands for: the word before the apostrophe with its ending.
pub fn past(word: &str) -> Option<String> {
    let verb = word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase()) && !PRONOUNS.contains(&word);
    verb.then(|| if word.ends_with('e') { format!("{word}d") } else { format!("{word}ed") })
}

/// Two letters with a slash between them that are one word.
pub fn slashed(first: &str, second: &str) -> Option<&'static str> {
    match (first, second) {
        ("b", "l") => Some("bilateral"),
        ("u", "s") => Some("us"),
        ("h", "o") | ("s", "p") => Some("history"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_whole_words() {
        assert_eq!(full("bx"), Some("biopsy"));
        assert_eq!(full("knee"), None);
        assert_eq!(past("cryo").as_deref(), Some("cryoed"));
        assert_eq!(past("they"), None);
        assert_eq!(slashed("b", "l"), Some("bilateral"));
    }
}
