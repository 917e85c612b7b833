//! A vaccine that was given elsewhere, is up to date or was declined is no encounter for immunization (Z23), other injections are
//! none, and the disease that a vaccine is against is not found by naming the vaccine.
use std::sync::LazyLock;

use regex::Regex;

use super::Note;
use crate::codeset::icd10cm::is_under;

/// Right behind the name of a vaccine: it is not given at this encounter.
static NOT_GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\W*(?:(?:vaccines?|vaccination|shots?|booster|series|status|imms?|is|was|are|were|all|all of them)\W+){0,3}(?:up[- ]to[- ]date|utd|current|declin|refus|deferred|not (?:due|given|needed|indicated|today)|at (?:the )?(?:cvs|walgreens|pharmacy|uc|urgent care|work|school|age|\d)|last (?:yr|year)|done (?:at|in|last)|(?:19|20)\d\d\b|out of stock|no stock)",
    )
    .expect("constant pattern")
});

/// Right before the word "shot": one of another kind.
static OTHER_SHOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\bgel|depo|allergy|steroid|cortisone|kenalog|b12|b-12|toradol|rocephin|knee|joint|trigger point|testosterone|botox|head|gun|hip|shoulder|epidural|iron|it)\W*$")
        .expect("constant pattern")
});

/// A vaccine's name around the name of a disease.
static VACCINE_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\W*(?:(?:19|a|b|virus|zoster)\W+)?(?:(?:pfizer|moderna|novavax|mrna|seasonal|annual)\W+)?(?:vaccin|vax|shots?\b|booster|jab|imm(?:s|uniz)|dose|series|spikevax|comirnaty|arexvy|abrysvo|shingrix|#)").expect("constant pattern")
});
static VACCINE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:vaccin\w*|vax\w*|shots?|booster|immuni[sz]\w*|spikevax|comirnaty|mnexspike|arexvy|abrysvo|shingrix|rotateq|rotarix)\W+(?:(?:for|against|of|with|and|both|today|:)\W*){0,3}$")
        .expect("constant pattern")
});

/// Names of vaccines that hold the name of their disease.
const BRANDS: &[&str] = &[
    "rotateq",
    "rotarix",
    "rota",
    "shingrix",
    "varivax",
    "pneumovax",
    "typhim",
    "comirnaty",
    "spikevax",
    "arexvy",
    "abrysvo",
    "mnexspike",
];

/// What vaccines are against.
const DISEASES: &[&str] = &[
    "A01", "A08.0", "A33", "A35", "A36", "A37", "A39", "A80", "A82", "A83", "A92.0", "A95", "B01", "B02", "B05", "B06", "B15",
    "B16", "B18.1", "B19.1", "B26", "B97.4", "B97.7", "B97.29", "G00.0", "J09", "J10", "J11", "J12.1", "J13", "U07.1",
];

/// Whether the code is withheld.
pub(super) fn is_none(note: &Note<'_>, row: usize) -> bool {
    let code = note.code(row);
    let vaccination = code == "Z23";
    if !vaccination && !DISEASES.iter().any(|stem| is_under(code, stem)) {
        return false;
    }
    let mut places = note.places(row, 0.0).peekable();
    places.peek().is_some()
        && places.all(|place| {
            let (before, after) = note.around(place);
            let words = note.words(place);
            if vaccination { is_not_given(&before, &words, &after) } else { is_vaccine(&before, &words, &after) }
        })
}

fn is_not_given(before: &str, words: &str, after: &str) -> bool {
    let shot = words.starts_with("shot") || words.starts_with("injection");
    NOT_GIVEN.is_match(after) || (shot && OTHER_SHOT.is_match(before))
}

fn is_vaccine(before: &str, words: &str, after: &str) -> bool {
    VACCINE_BEHIND.is_match(after)
        || VACCINE_BEFORE.is_match(before)
        || words.contains("vaccin")
        || words.contains("shot")
        || BRANDS.iter().any(|brand| words.contains(brand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vaccine_that_is_current_is_not_given() {
        for (before, words, after) in [
            ("", "tdap", " up to date. dad"),
            ("", "td", " booster is current (tdap at 11)"),
            ("", "flu shot", " was at cvs"),
            ("cat immunized. ", "tdap", " 2022"),
            ("bilateral knee gel ", "shots", " today"),
        ] {
            assert!(is_not_given(before, words, after), "{words}{after}");
        }
        for (before, words, after) in [("", "tdap", " due - given"), ("gave ", "mmr", " #2 sub-q"), ("", "flu shot", " today")] {
            assert!(!is_not_given(before, words, after), "{words}{after}");
        }
    }

    #[test]
    fn the_disease_of_a_vaccine_is_not_found() {
        assert!(is_vaccine("", "covid", " shot 0.2 ml, and boostrix"));
        assert!(is_vaccine("both shots: ", "covid", " pfizer"));
        assert!(is_vaccine("", "rota", " aged fine"));
        assert!(is_vaccine("", "shingles", " #2 shingrix"));
        assert!(!is_vaccine("", "covid", " positive, vaccinated in fall") && !is_vaccine("dx ", "shingles", " r t6"));
    }
}
