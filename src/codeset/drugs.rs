//! Drugs as notes name them: class, routes, prescription status, monitoring for toxicity, HCPCS codes.
//!
//! The table `codesets/drugs.tsv` is compiled from this project's own phrase lexicon; its facts come from general
//! pharmacological knowledge and have not been reviewed by a pharmacist.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

/// One drug (or group of drugs that share all facts here).
#[derive(Clone, Debug, PartialEq)]
pub struct Drug {
    /// Generic name.
    pub name: &'static str,
    /// Names as written: generic, brands, abbreviations, common misspellings.
    pub names: Vec<&'static str>,
    /// Pharmacological class.
    pub class: &'static str,
    /// Routes of administration.
    pub routes: Vec<&'static str>,
    /// Conditions it is given for: ICD-10-CM stems without the dot.
    pub uses: Vec<&'static str>,
    /// ICD-10-CM code of long-term use.
    pub long_term: Option<&'static str>,
    /// What is monitored for toxicity, where therapy with it can count as needing intensive monitoring.
    pub monitoring: Option<&'static str>,
    /// Prescription drug; `false` means sold over the counter.
    pub prescription: bool,
    /// HCPCS code and its billing unit.
    pub hcpcs: Vec<(&'static str, &'static str)>,
}

/// A drug name found in a text.
#[derive(Clone, Copy, Debug)]
pub struct DrugHit<'a> {
    /// The drug.
    pub drug: &'a Drug,
    /// First byte of the name.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// All drugs with an automaton over their names.
pub struct Drugs {
    drugs: Vec<Drug>,
    /// Index into `drugs` for each pattern of the automaton.
    owner: Vec<usize>,
    names: AhoCorasick,
}

/// Names that are everyday words too; they are never taken for a drug by themselves.
const AMBIGUOUS: &[&str] =
    &["muse", "nix", "soma", "urex", "lysine", "coc", "taf", "tig", "cee", "serc", "trt", "tst", "icg", "lmx", "alli"];

impl Drugs {
    /// The embedded table.
    pub fn embedded() -> &'static Drugs {
        static TABLE: LazyLock<Drugs> = LazyLock::new(|| Drugs::parse(include_str!("../../codesets/drugs.tsv")));
        &TABLE
    }

    /// Reads the compiled table; malformed rows are left out (a test holds the embedded one complete).
    fn parse(text: &'static str) -> Drugs {
        let list = |field: &'static str| field.split('|').filter(|s| !s.is_empty()).collect::<Vec<_>>();
        let optional = |field: &'static str| (!field.is_empty()).then_some(field);
        let mut drugs = Vec::new();
        for row in text.lines().filter(|l| !l.starts_with('#')) {
            let f: Vec<&'static str> = row.split('\t').collect();
            let [name, names, class, routes, uses, long_term, monitoring, prescription, hcpcs] = f[..] else { continue };
            drugs.push(Drug {
                name,
                names: list(names),
                class,
                routes: list(routes),
                uses: list(uses),
                long_term: optional(long_term),
                monitoring: optional(monitoring),
                prescription: prescription == "1",
                hcpcs: list(hcpcs).into_iter().filter_map(|pair| pair.split_once('=')).collect(),
            });
        }
        let mut pattern_owner: BTreeMap<String, usize> = BTreeMap::new();
        for (i, drug) in drugs.iter().enumerate() {
            for name in drug.names.iter().copied().chain([drug.name]) {
                let lower = name.to_ascii_lowercase();
                if lower.len() > 2 && !AMBIGUOUS.contains(&lower.as_str()) {
                    pattern_owner.entry(lower).or_insert(i);
                }
            }
        }
        let names = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(pattern_owner.keys())
            .expect("the embedded drug names fit one automaton");
        Drugs { owner: pattern_owner.into_values().collect(), drugs, names }
    }

    /// All drugs, in table order.
    pub fn all(&self) -> &[Drug] {
        &self.drugs
    }

    /// Every drug name in `text` that stands as a word of its own, in order; offsets count in `text`.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = DrugHit<'a>> + 'a {
        let bytes = text.as_bytes();
        let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
        self.names.find_iter(text).filter_map(move |m| {
            let before = m.start().checked_sub(1).and_then(|i| bytes.get(i));
            if word(before) || word(bytes.get(m.end())) {
                return None;
            }
            let drug = self.drugs.get(*self.owner.get(m.pattern().as_usize())?)?;
            Some(DrugHit { drug, start: m.start(), end: m.end() })
        })
    }

    /// The drug of a name, ignoring case.
    pub fn named<'a>(&'a self, name: &'a str) -> Option<&'a Drug> {
        self.find(name).find(|h| h.start == 0 && h.end == name.len()).map(|h| h.drug)
    }
}

/// Compiles the phrase lexicon's `drugs.jsonl` into the text of `codesets/drugs.tsv`.
///
/// # Errors
/// The number (from 1) of the first line that is not a drug record, and why.
pub fn compile(jsonl: &str) -> Result<String, (usize, serde_json::Error)> {
    #[derive(serde::Deserialize)]
    struct Record {
        drug: String,
        names: Vec<String>,
        class: String,
        route: Vec<String>,
        uses: Vec<String>,
        long_term: Option<String>,
        monitoring: Option<String>,
        prescription: bool,
        hcpcs: Vec<Billing>,
    }
    #[derive(serde::Deserialize)]
    struct Billing {
        code: String,
        unit: String,
    }
    let mut out = String::from("# drug\tnames\tclass\troutes\tuses\tlong_term\tmonitoring\tprescription\thcpcs=unit\n");
    for (i, line) in jsonl.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let r: Record = serde_json::from_str(line).map_err(|e| (i + 1, e))?;
        let clean = |s: &str| s.replace(['\t', '\n', '|', '='], " ");
        let join = |v: &[String]| v.iter().map(|s| clean(s)).collect::<Vec<_>>().join("|");
        let hcpcs: Vec<String> = r.hcpcs.iter().map(|b| format!("{}={}", b.code, clean(&b.unit))).collect();
        let fields = [
            clean(&r.drug),
            join(&r.names),
            clean(&r.class),
            join(&r.route),
            join(&r.uses),
            r.long_term.unwrap_or_default(),
            clean(&r.monitoring.unwrap_or_default()),
            u8::from(r.prescription).to_string(),
            hcpcs.join("|"),
        ];
        out.push_str(&fields.join("\t"));
        out.push('\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_words_with_offsets() {
        let drugs = Drugs::embedded();
        let text = "Start Lisinopril 10 mg; no methotrexate-like rash, preaspirins.";
        let hits: Vec<_> = drugs.find(text).map(|h| (&text[h.start..h.end], h.drug.prescription)).collect();
        assert_eq!(hits, [("Lisinopril", true), ("methotrexate", true)]);
        assert!(drugs.named("methotrexate").is_some_and(|d| d.monitoring.is_some()));
        assert!(drugs.named("Tylenol").is_some_and(|d| !d.prescription));
    }

    #[test]
    fn embedded_table_is_the_compiled_lexicon() {
        let shared =
            std::env::var("SUPERBILL_SHARED").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").into());
        let path = format!("{shared}/data/corpora/phrases/drugs.jsonl");
        let Ok(jsonl) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {path} is not there");
            return;
        };
        let table = compile(&jsonl).expect("lexicon reads");
        assert_eq!(Drugs::embedded().all().len(), jsonl.lines().count());
        assert!(table == include_str!("../../codesets/drugs.tsv"), "codesets/drugs.tsv is not what drugs.jsonl compiles to");
    }
}
