//! Words that tell one code of a disease from its sibling: of each group a title and a sentence may name one, the same or
//! another ("single episode" is not "recurrent").
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::coding::lexicon::stems;

/// Groups whose words exclude each other. Words of one inner list mean the same.
const GROUPS: &[&[&[&str]]] = &[
    &[&["recurrent", "recurring"], &["single"]],
    &[&["acute"], &["chronic"], &["subacute"]],
    &[&["displaced"], &["nondisplaced", "undisplaced"]],
    &[&["open", "compound"], &["closed"]],
    &[&["primary"], &["secondary", "metastatic"]],
    &[&["mild"], &["moderate"], &["severe"]],
    &[&["internal"], &["external"]],
    &[&["upper"], &["lower"]],
    &[&["anterior"], &["posterior"]],
    &[&["proximal"], &["distal"]],
    &[&["medial"], &["lateral"]],
    &[&["cervical"], &["thoracic"], &["lumbar"], &["lumbosacral"], &["sacral"]],
    &[&["complete"], &["incomplete", "partial"]],
    &[&["malignant"], &["benign"]],
    &[&["systolic"], &["diastolic"]],
    &[&["congenital"], &["acquired"]],
    &[&["ischemic"], &["hemorrhagic"]],
    &[&["first"], &["second"], &["third"]],
    &[&["persistent"], &["paroxysmal"], &["permanent"]],
    &[&["unilateral"], &["bilateral"]],
];

/// Words of the groups that a text names: one bit a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Qualifiers(u64);

struct Bits {
    of_stem: BTreeMap<String, u64>,
    groups: Vec<u64>,
}

static BITS: LazyLock<Bits> = LazyLock::new(|| {
    let (mut of_stem, mut groups, mut next) = (BTreeMap::new(), Vec::new(), 0u32);
    for group in GROUPS {
        let mut mask = 0;
        for meaning in *group {
            let bit = 1u64 << next;
            next += 1;
            mask |= bit;
            for stem in meaning.iter().flat_map(|w| stems(w)) {
                of_stem.insert(stem, bit);
            }
        }
        groups.push(mask);
    }
    Bits { of_stem, groups }
});

impl Qualifiers {
    /// Of stems.
    pub fn of<'a>(stems: impl Iterator<Item = &'a str>) -> Self {
        let bits = &BITS.of_stem;
        Self(stems.filter_map(|s| bits.get(s)).fold(0, |all, bit| all | bit))
    }

    /// Of an official title; what it says by denying it ("without obstruction", "not specified as recurrent") is left out.
    pub fn of_title(title: &str) -> Self {
        let lower = title.to_lowercase();
        let said: String = lower
            .split(',')
            .map(|part| {
                let end = [" without ", "not specified as "].iter().filter_map(|w| part.find(w)).min();
                part.get(..end.unwrap_or(part.len())).unwrap_or(part)
            })
            .collect::<Vec<_>>()
            .join(",");
        Self::of(stems(&said).iter().map(String::as_str))
    }

    /// Groups where both name the same, and groups where they name different words.
    pub fn beside(self, said: Self) -> (u32, u32) {
        let (mut agreed, mut opposed) = (0, 0);
        for group in &BITS.groups {
            let (own, its) = (self.0 & group, said.0 & group);
            if own != 0 && its != 0 {
                if own & its != 0 { agreed += 1 } else { opposed += 1 }
            }
        }
        (agreed, opposed)
    }

    /// Groups named here that `said` does not name.
    pub fn unsaid(self, said: Self) -> u32 {
        BITS.groups.iter().filter(|g| self.0 & **g != 0 && said.0 & **g == 0).count() as u32
    }

    /// Those of both.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Qualifiers {
        Qualifiers::of(stems(text).iter().map(String::as_str))
    }

    #[test]
    fn a_sentence_speaks_for_one_sibling_and_against_the_other() {
        let sentence = said("Major depression, recurrent, moderate");
        let single = Qualifiers::of_title("Major depressive disorder, single episode, moderate");
        let recurrent = Qualifiers::of_title("Major depressive disorder, recurrent, moderate");
        assert_eq!(single.beside(sentence), (1, 1));
        assert_eq!(recurrent.beside(sentence), (2, 0));
        assert_eq!(recurrent.unsaid(said("depression")), 2);
    }

    #[test]
    fn what_a_title_denies_is_not_named_by_it() {
        let title = "Unilateral inguinal hernia, without obstruction or gangrene, not specified as recurrent";
        assert_eq!(Qualifiers::of_title(title), said("unilateral"));
    }

    #[test]
    fn every_word_has_a_bit_of_its_own() {
        let meanings: usize = GROUPS.iter().map(|g| g.len()).sum();
        let bits = BITS.groups.iter().fold(0u64, |all, g| all | g).count_ones() as usize;
        assert_eq!(bits, meanings);
        assert!(meanings <= 64);
    }
}
