//! A long-term drug (Z79) is one that the patient takes: not one that is begun today, nor insulin given to an acutely sick
//! patient (guidelines I.C.4.a.3, I.C.21.c.3: not for medication given for a brief time to treat an acute illness).
use std::sync::LazyLock;

use regex::Regex;

use super::Note;

/// Right before the name of a drug: it is begun now. "Restarted" and "started in 2019" are another thing.
static BEGUN: LazyLock<Regex> = LazyLock::new(|| {
    let verb =
        r"\b(?:starts?|starting|started|begin|begins|beginning|begun|began|initiated?|initiating|commenced?|load(?:ed)? with)";
    let between =
        r"(?:\W+(?:on|her|him|pt|patient|the|a|an|po|oral|low|dose|therapeutic|anticoagulation|with|today|now|trial|of|and))*";
    Regex::new(&format!(r"{verb}{between}\W*$")).expect("constant pattern")
});

/// Behind the name of a drug: a time gone by since the beginning.
static EARLIER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[^.;]{0,40}\b(?:ago|last (?:week|month|year|visit)|yesterday|in (?:19|20)\d\d|since)\b")
        .expect("constant pattern")
});

/// Insulin by drip, or with glucose for potassium.
static ACUTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\W*(?:regular\W+)?(?:gtt|drip|infusion|iv\b|/\s*d50|/\s*dextrose|and (?:d50|dextrose)|\+\s*d50)")
        .expect("constant pattern")
});

/// Whether the code is a long-term drug's and all its words tell of a beginning, or of acute treatment.
pub(super) fn is_none(note: &Note<'_>, row: usize) -> bool {
    let code = note.code(row);
    if !code.starts_with("Z79") {
        return false;
    }
    let mut places = note.places(row, 0.3).peekable();
    places.peek().is_some()
        && places.all(|place| {
            let (before, after) = note.around(place);
            let words = note.words(place);
            // Insulin that is begun goes on.
            if code == "Z79.4" { ACUTE.is_match(&after) || is_drip(&words) } else { is_begun(&before, &after) }
        })
}

fn is_begun(before: &str, after: &str) -> bool {
    BEGUN.is_match(before) && !EARLIER.is_match(after)
}

fn is_drip(words: &str) -> bool {
    words.split_once("insulin").is_some_and(|(_, after)| ACUTE.is_match(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drug_begun_today_is_not_long_term() {
        for before in ["afib new onset. start ", "started on ", "chads 3, starting oral ", "begin therapeutic ", "initiate "] {
            assert!(is_begun(before, " 5 mg bid"), "{before}");
        }
        for (before, after) in
            [("restarted ", ""), ("continue ", ""), ("started ", " 3 weeks ago"), ("he is on ", " and is to start x")]
        {
            assert!(!is_begun(before, after), "{before}{after}");
        }
    }

    #[test]
    fn insulin_by_drip_is_acute() {
        assert!(ACUTE.is_match(" gtt, picu") && ACUTE.is_match("/d50, neb") && is_drip("insulin drip"));
        assert!(!ACUTE.is_match(" pump") && !ACUTE.is_match(" 20 u qhs") && !is_drip("on insulin"));
    }
}
