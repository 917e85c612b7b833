//! Drugs as written in notes: class, conditions they are given for, long-term-use code.
use serde_json::Value;

use super::bags::BagIndex;
use super::container::Bytes;
use super::normalise::stems;
use crate::document::{Document, Span};

/// Number of a drug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DrugId(pub u32);

/// A drug of the phrase lexicon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drug {
    /// Generic name.
    pub name: String,
    /// Class.
    pub class: String,
    /// Routes.
    pub routes: Vec<String>,
    /// ICD-10-CM stems, without dot, of the conditions it is given for.
    pub uses: Vec<String>,
    /// Long-term-use code.
    pub long_term: Option<String>,
    /// Whether its toxicity is monitored in the sense of the MDM table.
    pub monitoring: bool,
    /// Prescription only.
    pub prescription: bool,
}

/// A drug name in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DrugHit {
    /// The name.
    pub span: Span,
    /// Index into the sentences.
    pub sentence: u32,
    /// Which drug.
    pub drug: DrugId,
}

/// All drugs and their names.
pub struct Drugs {
    list: Vec<Drug>,
    index: BagIndex,
    /// Name number → drugs of that name.
    named: Vec<Vec<DrugId>>,
}

impl Drugs {
    /// From JSON lines as the phrase lexicon has them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut list = Vec::new();
        let mut names: std::collections::BTreeMap<Vec<String>, Vec<DrugId>> = Default::default();
        for line in text.lines().filter(|l| !l.trim().is_empty()) {
            let value: Value = serde_json::from_str(line).ok()?;
            let strings = |key: &str| -> Vec<String> {
                let list = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
            let id = DrugId(list.len() as u32);
            let name = text("drug")?;
            for n in strings("names").iter().chain([&name]) {
                let key = stems(n);
                let drugs = names.entry(key).or_default();
                if !drugs.contains(&id) {
                    drugs.push(id);
                }
            }
            list.push(Drug {
                name,
                class: text("class").unwrap_or_default(),
                routes: strings("route"),
                uses: strings("uses"),
                long_term: text("long_term"),
                monitoring: value.get("monitoring").is_some_and(|m| !m.is_null() && m != &Value::Bool(false)),
                prescription: value.get("prescription").and_then(Value::as_bool).unwrap_or(false),
            });
        }
        names.remove(&Vec::new());
        let keys: Vec<(Vec<String>, Vec<DrugId>)> = names.into_iter().collect();
        let (words, bags) = BagIndex::build(keys.iter().enumerate().map(|(n, (k, _))| (k.as_slice(), n as u64)))?;
        let index = BagIndex::new(Bytes::owned(words), Bytes::owned(bags)).ok()?;
        Some(Self { list, index, named: keys.into_iter().map(|(_, d)| d).collect() })
    }

    /// A drug by its number.
    pub fn get(&self, id: DrugId) -> Option<&Drug> {
        self.list.get(id.0 as usize)
    }

    /// Number of drugs.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Drug names in a document, in order; a name inside a longer name is left out.
    pub fn matches(&self, document: &Document) -> Vec<DrugHit> {
        let found = self.index.find(document).into_iter().filter(|f| !f.subsumed && f.skipped == 0 && f.commas == 0);
        found
            .flat_map(|f| {
                let drugs = self.named.get(f.value as usize).map(Vec::as_slice).unwrap_or_default();
                drugs.iter().map(move |d| DrugHit { span: f.span, sentence: f.sentence, drug: *d })
            })
            .collect()
    }
}
