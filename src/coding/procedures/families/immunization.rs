//! Names of vaccines in a note, and immunization records: vaccines named for what a patient has had, will have or refuses.
use std::sync::LazyLock;

use regex::Regex;

/// What stands behind a vaccine's name where it was not given at this encounter: a count of doses ("x2"), an earlier time, a later
/// one, a refusal, a question. Of 26 such places in training notes none is of a vaccine on the claim.
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

/// Characters behind a vaccine's name that are looked at.
const BEHIND: usize = 60;

/// Whether the words behind a vaccine's name place it on another day, or say that it was not given.
pub fn is_record(behind: &str) -> bool {
    let behind = &behind[..behind.char_indices().nth(BEHIND).map_or(behind.len(), |(i, _)| i)];
    let found =
        |pattern: &LazyLock<Option<Regex>>, text: &str| LazyLock::force(pattern).as_ref().is_some_and(|p| p.is_match(text));
    let clause = behind.split(['.', ';', '\n']).next().unwrap_or(behind);
    found(&RECORD, behind) && !found(&GIVEN, clause)
}

/// A year behind the name ("Tdap 2019"); not a season's product ("2025-26").
static DATED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\s.:,(]{0,8}(?:in )?(?:19|20)\d\d(?:[^\d\-–/]|$)").ok());

/// Vaccine products, and words of which every training note that carries one has one: "dose given L deltoid" names none.
static NAMES: LazyLock<Vec<(&[&str], Regex)>> = LazyLock::new(|| {
    let names: [(&[&str], &str); 10] = [
        (&["90651"], r"hpv|papillo|gardasil"),
        (&["90714", "90715"], r"td|boostrix|adacel|pertuss|tetan|tenivac"),
        (&["90750"], r"shingr|zoster|shingl|rzv"),
        (&["90677", "90732"], r"pcv|p20|prevnar|pneum|ppsv"),
        (&["90632", "90633"], r"hep[a-z]*[ .-]?a\b|\bhav\b|vaqta|havrix"),
        (&["90739", "90744", "90746"], r"hep[a-z]*[ .-]?b|hbv|recombivax|engerix|energix"),
        (&["90707", "90710"], r"mmr|measles|m-m-r|rubella|proquad"),
        (&["90716"], r"varic|varivax|chicken|vzv|var "),
        (&["90619", "90734"], r"menin|menac|menve|menq|mcv"),
        (&["90620", "90621"], r"mening|bexsero|trumenba|menb|men b"),
    ];
    names.into_iter().filter_map(|(codes, words)| Some((codes, Regex::new(&format!("(?:{words})[a-z]*")).ok()?))).collect()
});

/// Whether a code is a vaccine of which the note has neither the disease nor the product, or has them in its records alone. Of 256 such
/// lines of training notes that are right none is.
pub fn lacks_its_vaccine(code: &str, text: &str) -> bool {
    let Some((_, names)) = NAMES.iter().find(|(codes, _)| codes.contains(&code)) else { return false };
    let lower = text.to_lowercase();
    let recorded = |end: usize| {
        let behind = lower.get(end..).unwrap_or_default();
        is_record(behind) || LazyLock::force(&DATED).as_ref().is_some_and(|p| p.is_match(behind))
    };
    names.find_iter(&lower).all(|name| recorded(name.end()))
}

#[cfg(test)]
mod tests {
    use super::{is_record, lacks_its_vaccine};

    #[test]
    fn a_vaccine_of_the_record_is_none_of_today() {
        let note = "HM: Shingrix x2 2021, Tdap 2019. PCV20 given today L deltoid.";
        assert!(lacks_its_vaccine("90715", note) && lacks_its_vaccine("90750", note) && !lacks_its_vaccine("90677", note));
        assert!(lacks_its_vaccine("90633", "Hep B #2 given.") && !lacks_its_vaccine("90744", "Hep B #2 given."));
        assert!(!lacks_its_vaccine("90715", "Tdap 2019, so Tdap today."));
    }

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
            "#5 at 4 yr.",
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
