//! What drugs did: adverse effect, poisoning, underdosing (T36–T50; guidelines I.C.19.e).
//!
//! A sentence that names a drug and says that something came from it, that too much of it was taken, or that it was
//! taken too little, makes the code of that drug a candidate. The drug's category is that of the official table of
//! drugs and chemicals (`codesets/drug_effects.tsv`).
use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use super::candidates::{Candidates, FACT, Support};
use super::gather::Material;
use crate::codeset::drugs::Drugs;
use crate::coding::attributes::{AttributeContext, specialise};
use crate::document::{SectionKind, Span};

/// Share of a drug's effect: less than that of a measured fact.
const SHARE: f32 = 0.5;

/// Where a cue stands to the drug.
#[derive(Clone, Copy, PartialEq)]
enum Stands {
    /// Anywhere in its sentence.
    Anywhere,
    /// Shortly before it ("due to carvedilol").
    Before,
    /// Right behind it ("steroid-induced").
    Behind,
}

/// Bytes between a cue that stands before its drug and the drug.
const BEFORE: usize = 45;
/// Bytes between a drug and the cue right behind it.
const BEHIND: usize = 3;

/// What a sentence says that the drug did: sixth character of the code, cues.
const CAUSES: [(&str, Stands, &[&str]); 6] = [
    (
        "5",
        Stands::Before,
        &[
            "due to",
            "d/t",
            "2/2",
            "secondary to",
            "caused by",
            "because of",
            "b/c of",
            "bc of",
            "related to",
            "attributed to",
            "from",
            "result of",
            "after",
            "following",
            "since",
            "started on",
            "while on",
            "s/e of",
            "se of",
        ],
    ),
    (
        "5",
        Stands::Behind,
        &[
            "induced",
            "related",
            "toxicity",
            "associated",
            "assoc",
            "reaction",
            "tox",
            "effect",
            "intoleran",
            "cough",
            "rash",
            "myalgia",
        ],
    ),
    (
        "5",
        Stands::Anywhere,
        &[
            "adverse",
            "side effect",
            "reaction to",
            "toxicity",
            "intoleran",
            "did not tolerate",
            "hypersensitivity",
            "supratherapeutic",
            "effects of",
            "effect of",
            "too much",
            "allergic to",
            "tox",
        ],
    ),
    (
        "1",
        Stands::Anywhere,
        &[
            "overdose",
            "ingest",
            "poison",
            "accidental",
            "too many",
            "by mistake",
            "double dose",
            "extra dose",
            "wrong dose",
            "got into",
        ],
    ),
    ("2", Stands::Anywhere, &["overdose", "suicid", "intentional", "self-harm", "on purpose", "kill himself", "kill herself"]),
    (
        "6",
        Stands::Anywhere,
        &[
            "noncomplian",
            "non-complian",
            "not taking",
            "nonadheren",
            "non-adheren",
            "nonadherent",
            "not adherent",
            "forget",
            "forgot",
            "skips",
            "stopped",
            "quit taking",
            "self-dc",
            "self-discontinued",
            "off his",
            "off her",
            "rations",
            "rationing",
            "cost",
            "not been taking",
            "ran out",
            "stopped taking",
            "skipping",
            "skipped",
            "did not fill",
            "afford",
            "underus",
            "underdos",
            "missed",
        ],
    ),
];

struct Table {
    stem_of: BTreeMap<&'static str, &'static str>,
    words: AhoCorasick,
    stems: Vec<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("../../../codesets/drug_effects.tsv")));

impl Table {
    /// Reads the table; malformed rows are left out (a test holds the embedded one complete).
    fn parse(text: &'static str) -> Self {
        let (mut stem_of, mut words, mut stems) = (BTreeMap::new(), Vec::new(), Vec::new());
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [stem, drugs, of_class] = fields[..] else { continue };
            stem_of.extend(drugs.split('|').filter(|d| !d.is_empty()).map(|d| (d, stem)));
            for word in of_class.split('|').filter(|w| !w.is_empty()) {
                words.push(word);
                stems.push(stem);
            }
        }
        let words = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(words)
            .expect("the embedded words fit one automaton");
        Self { stem_of, words, stems }
    }

    /// Category stems with the place of the drug.
    fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'static str, Span)> + 'a {
        let bytes = text.as_bytes();
        let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
        let drugs = Drugs::embedded()
            .find(text)
            .filter_map(|hit| self.stem_of.get(hit.drug.name).map(|stem| (*stem, Span::new(hit.start, hit.end))));
        let classes = self.words.find_iter(text).filter_map(move |m| {
            let alone = !word(m.start().checked_sub(1).and_then(|i| bytes.get(i))) && !word(bytes.get(m.end()));
            alone.then(|| (self.stems[m.pattern().as_usize()], Span::new(m.start(), m.end())))
        });
        drugs.chain(classes)
    }
}

/// Adds the candidates of a note.
pub fn add(candidates: &mut Candidates, material: &Material<'_>) {
    let document = material.document;
    let text = &document.text;
    let mut done: Vec<(String, usize)> = Vec::new();
    for (stem, span) in TABLE.find(text) {
        let section = document.section_kind_at(span.start);
        if matches!(
            section,
            SectionKind::Allergies | SectionKind::Medications | SectionKind::FamilyHistory | SectionKind::Anesthesia
        ) {
            continue;
        }
        let Some(sentence) = document.sentence_at(span.start) else { continue };
        let whole = document.sentences[sentence].span.of(text).to_ascii_lowercase();
        let start = span.start - document.sentences[sentence].span.start;
        let end = (span.end - document.sentences[sentence].span.start).min(whole.len());
        for (sixth, stands, cues) in CAUSES {
            let searched = match stands {
                Stands::Anywhere => &whole,
                Stands::Before => char_slice(&whole, start.saturating_sub(BEFORE), start),
                Stands::Behind => char_slice(&whole, end, end + BEHIND + 12),
            };
            if !cues.iter().any(|cue| says(searched, cue)) {
                continue;
            }
            let code = format!("{stem}{sixth}A");
            if done.iter().any(|(c, s)| *c == code && *s == sentence) {
                continue;
            }
            let Some(id) = material.lexicon.code_id(&code) else { continue };
            let id = specialise(material.lexicon, id, &AttributeContext::around(material.attributes, span));
            let place = candidates.places.at(document, material.mentions, material.assertion, span);
            candidates.add(id, Support { place, source: FACT, share: SHARE, words: 3, gaps: 0, subsumed: false, count: 0.0 });
            done.push((code, sentence));
        }
    }
}

/// The part of a text between two bytes, narrowed to whole characters.
fn char_slice(text: &str, from: usize, to: usize) -> &str {
    let up = |mut i: usize| {
        while i < text.len() && !text.is_char_boundary(i) {
            i += 1;
        }
        i.min(text.len())
    };
    let (from, to) = (up(from), up(to));
    &text[from..to.max(from)]
}

/// The cue begins a word of the sentence.
fn says(sentence: &str, cue: &str) -> bool {
    let bytes = sentence.as_bytes();
    sentence.match_indices(cue).any(|(start, found)| {
        let before = start.checked_sub(1).and_then(|i| bytes.get(i));
        let after = bytes.get(start + found.len());
        let joined = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        !joined(before) && (found.len() > 4 || !joined(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stem_has_an_adverse_effect_and_every_drug_is_known() {
        let sets = crate::codeset::CodeSets::open(std::path::Path::new("codesets")).expect("the tables");
        for stem in TABLE.stem_of.values().chain(&TABLE.stems) {
            assert!(sets.icd10cm.find(&format!("{stem}5A")).is_some(), "{stem}");
        }
        let known: std::collections::BTreeSet<&str> = Drugs::embedded().all().iter().map(|d| d.name).collect();
        for drug in TABLE.stem_of.keys() {
            assert!(known.contains(drug), "{drug}");
        }
    }

    #[test]
    fn drugs_and_classes_are_found() {
        let found: Vec<&str> = TABLE.find("Myalgia from atorvastatin; nausea from chemotherapy.").map(|f| f.0).collect();
        assert_eq!(found, ["T46.6X", "T45.1X"]);
    }

    #[test]
    fn cues_are_words() {
        assert!(says("hypokalemia due to the diuretic", "due to"));
        assert!(!says("fromage", "from"));
        assert!(says("he is intolerant of it", "intoleran"));
    }
}
