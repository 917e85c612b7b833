//! Immunization records: vaccines named for what a patient has had, will have or refuses.
use std::sync::LazyLock;

use regex::Regex;

/// What stands behind a vaccine's name where it was not given at this encounter: a count of doses ("x2"), an earlier time, a later
/// one, a refusal, a question. Of 27 such places in training notes none is of a vaccine on the claim.
static RECORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^[^.;,\n]{0,15}?(?:[x×] ?\d\b|\bnever\b|\bdeclin|\brefus|\bdefer|\bdelay|\blater\b|\bnext (?:time|visit|year|yr|wk|week|mo)",
        r"|\bseason (?:is )?over|\bat (?:age )?\d|\bdone\b(?: in (?:the )?past)?[ ]*(?:[.;,\n]|$))",
        r"|^[^.;\n]{0,20}?(?:\b(?:given )?previously\b|\bin (?:the )?past\b)",
        r"|^ ?\?[^.;\n]{0,12}(?:[.;\n]|$)",
    ))
    .ok()
});
/// Words within a clause that tell of the shot itself.
static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bgiven (?:today|here|now|im\b|by|in (?:the )?(?:r|l|right|left)\b)|\btoday\b|\bdeltoid|\blot\b|\bim\b").ok()
});

/// Whether the words behind a vaccine's name place it on another day, or say that it was not given.
pub fn is_record(behind: &str) -> bool {
    let found =
        |pattern: &LazyLock<Option<Regex>>, text: &str| LazyLock::force(pattern).as_ref().is_some_and(|p| p.is_match(text));
    let clause = behind.split(['.', ';', '\n']).next().unwrap_or(behind);
    found(&RECORD, behind) && !found(&GIVEN, clause)
}

#[cfg(test)]
mod tests {
    use super::is_record;

    #[test]
    fn records_and_shots() {
        for behind in [
            " x3. Chlamydia 2020",
            " never.",
            "#1 delayed, T 101",
            ", mpox x2 done in past.",
            " given previously.",
            " next time.",
            "? season over.",
            "#5, IPV#4 at 4 yr.",
            " done. DEXA due",
            " declined again",
        ] {
            assert!(is_record(behind), "{behind}");
        }
        for behind in [
            " given in left deltoid, second dose",
            " 0.5 ml IM, at 2 yr",
            "? we use another: given today",
            " done today by MA",
            " #2 given.",
            " (series of 2), first one",
            "",
        ] {
            assert!(!is_record(behind), "{behind}");
        }
    }
}
