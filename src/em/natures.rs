//! Nature of a problem by its ICD-10-CM code or by the words for it.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use regex::Regex;

use super::view::pattern;

/// What kind of problem it is before its status is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// Status, history, screening: no problem by itself.
    None,
    /// Self-limited or minor.
    Minor,
    /// Acute, uncomplicated illness.
    Acute,
    /// Acute, uncomplicated injury.
    Injury,
    /// Chronic illness.
    Chronic,
    /// New problem with uncertain prognosis.
    Uncertain,
    /// Acute illness with systemic symptoms.
    Systemic,
    /// Acute complicated injury.
    Complicated,
    /// Malignancy.
    Cancer,
    /// Threat to life or bodily function.
    Threat,
}

fn nature_of_word(word: &str) -> Option<Nature> {
    Some(match word {
        "none" => Nature::None,
        "minor" => Nature::Minor,
        "acute" => Nature::Acute,
        "injury" => Nature::Injury,
        "chronic" => Nature::Chronic,
        "uncertain" => Nature::Uncertain,
        "systemic" => Nature::Systemic,
        "complicated" => Nature::Complicated,
        "cancer" => Nature::Cancer,
        "threat" => Nature::Threat,
        _ => return None,
    })
}

static STEMS: LazyLock<BTreeMap<&'static str, Nature>> = LazyLock::new(|| {
    let rows = include_str!("../../codesets/em/natures.tsv").lines().filter(|l| !l.starts_with('#'));
    rows.filter_map(|l| l.split_once('\t')).filter_map(|(stem, word)| Some((stem, nature_of_word(word)?))).collect()
});

/// Nature of an ICD-10-CM code by its longest listed stem.
pub fn nature_of_code(code: &str) -> Nature {
    let plain: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    let nature = (1..=plain.len()).rev().find_map(|n| STEMS.get(plain.get(..n)?).copied()).unwrap_or(Nature::Acute);
    // Fracture and injury follow-up (7th character other than initial treatment) is routine healing.
    let healing =
        plain.len() == 7 && plain.starts_with('S') && matches!(plain.as_bytes().get(6), Some(b'D' | b'E' | b'F' | b'S'));
    if healing && nature > Nature::Injury { Nature::Injury } else { nature }
}

static HARMLESS_CHEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:chest wall|musculoskeletal|costochondr\w+|intercostal|muscle strain|pleurodynia)\b"));
static GRAVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:perforat(?:ed|ion)|ruptured (?:aneurysm|spleen|ectopic|viscus)|septic|sepsis|shock|gangren\w+|necroti[sz]ing|peritonitis|strangulat\w+|(?:acute )?respiratory failure|airway compromise|threat\w* (?:to )?(?:\w+ )?(?:vision|visual|life|limb|airway)|(?:vision|sight|limb)[- ]threatening)\b",
    )
});
static UNKNOWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:nature|cause|etiology|origin|significance|outcome|prognosis|behavior) (?:is |still |remains |as yet )?(?:unknown|uncertain|unclear|undetermined)|(?:unknown|uncertain|undetermined) (?:nature|outcome|prognosis|significance|behavior)|suspicious|until proven otherwise|(?:rule out|concern\w* for|worri\w+ for|possible|probable|suspected) (?:malignan\w+|cancer|tumou?r|lymphoma|carcinoma))\b",
    )
});

/// Words of a grave course; a perforated eardrum or nasal septum is none.
fn grave(code: &str, naming: &str) -> bool {
    let harmless = ["H6", "H7", "J34"].iter().any(|p| code.starts_with(p));
    GRAVE.find_iter(naming).any(|m| !(harmless && m.as_str().starts_with("perforat")))
}

/// The nature of a coded problem in view of the words that name it.
pub fn refine(nature: Nature, code: &str, naming: &str) -> Nature {
    match nature {
        Nature::Acute | Nature::Systemic if grave(code, naming) => Nature::Threat,
        Nature::Uncertain if code.starts_with("R07") && HARMLESS_CHEST.is_match(naming) => Nature::Acute,
        Nature::Minor | Nature::Acute | Nature::Chronic if UNKNOWN.is_match(naming) => Nature::Uncertain,
        _ => nature,
    }
}

/// Words for problems with their natures.
pub struct Terms {
    /// By pattern of the automaton.
    pub natures: Vec<Nature>,
    /// Finds the words.
    pub words: AhoCorasick,
}

/// `codesets/em/terms.tsv`.
pub static TERMS: LazyLock<Terms> = LazyLock::new(|| {
    let mut owners: BTreeMap<&'static str, Nature> = BTreeMap::new();
    for (word, terms) in include_str!("../../codesets/em/terms.tsv").lines().filter_map(|l| l.split_once('\t')) {
        if let Some(nature) = nature_of_word(word) {
            terms.split('|').for_each(|t| _ = owners.entry(t).or_insert(nature));
        }
    }
    let words = AhoCorasickBuilder::new()
        .match_kind(MatchKind::LeftmostLongest)
        .build(owners.keys())
        .expect("the embedded problem terms fit one automaton");
    Terms { natures: owners.into_values().collect(), words }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perforated_eardrum_is_no_perforated_bowel() {
        assert_eq!(refine(Nature::Acute, "K57.20", "perforated diverticulitis"), Nature::Threat);
        assert_eq!(refine(Nature::Acute, "H66.92", "infection of the perforated eardrum"), Nature::Acute);
        assert_eq!(refine(Nature::Acute, "H66.92", "otitis with sepsis"), Nature::Threat);
    }

    #[test]
    fn low_sugar_and_a_changed_mind_are_grave() {
        assert_eq!(nature_of_code("E11.641"), Nature::Threat);
        assert_eq!(nature_of_code("E11.649"), Nature::Systemic);
        assert_eq!(nature_of_code("E11.9"), Nature::Chronic);
        assert_eq!(nature_of_code("R41.82"), Nature::Threat);
    }
}
