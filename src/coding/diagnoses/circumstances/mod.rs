//! Codes for what was done to a patient or what a patient came for: status, reasons for the encounter, adherence,
//! social circumstances, external causes.
//!
//! Notes state these as events ("stent to the LAD in 2018", "sutures removed today"), not under the title of a code, so
//! that no dictionary of diseases finds them. Each row of `table.tsv` names an anchor word and what else its sentence
//! must and must not say. A row only makes a candidate; the ranking decides from place, assertion and note.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::candidates::{Candidates, FACT, Support};
use super::gather::Material;
use crate::coding::attributes::{AttributeContext, specialise};
use crate::coding::lexicon::CodeId;
use crate::document::{SectionKind, Span};
use crate::note::{Context, Sex};

/// Share of a circumstance: less than that of a measured fact.
const SHARE: f32 = 0.6;
/// Longest evidence in bytes; a sentence that spreads its words further is quoted at the anchor alone.
const LONGEST: usize = 140;

/// A word or words, perhaps open at the end (`allerg*`).
struct Words {
    text: &'static str,
    open: bool,
}

impl Words {
    fn read(text: &'static str) -> Self {
        match text.strip_suffix('*') {
            Some(stem) => Self { text: stem, open: true },
            None => Self { text, open: false },
        }
    }
    /// First place in `text` (lower case) where these words stand as words.
    fn find(&self, text: &str) -> Option<(usize, usize)> {
        text.match_indices(self.text)
            .map(|(start, found)| (start, start + found.len()))
            .find(|(start, end)| stands_alone(text, *start, *end, self.open))
    }
}

fn stands_alone(text: &str, start: usize, end: usize, open: bool) -> bool {
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let bytes = text.as_bytes();
    !word(start.checked_sub(1).and_then(|i| bytes.get(i))) && (open || !word(bytes.get(end)))
}

/// When a row may speak at all.
#[derive(Clone, Copy)]
enum Condition {
    Sex(Sex),
    AtLeast(u16),
    Below(u16),
    /// A visit: no report of an operation or test, no hospital course.
    Visit,
}

impl Condition {
    fn read(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "sex=F" => Self::Sex(Sex::F),
            "sex=M" => Self::Sex(Sex::M),
            "note=office" => Self::Visit,
            other => match (other.strip_prefix("age>="), other.strip_prefix("age<")) {
                (Some(years), _) => Self::AtLeast(years.parse().ok()?),
                (_, Some(years)) => Self::Below(years.parse().ok()?),
                _ => return None,
            },
        })
    }
    /// What is not known does not forbid.
    fn holds(self, context: &Context) -> bool {
        match self {
            Self::Sex(sex) => context.patient.sex.is_none_or(|s| s == sex),
            Self::AtLeast(years) => context.patient.age_years.is_none_or(|a| a >= years),
            Self::Below(years) => context.patient.age_years.is_none_or(|a| a < years),
            Self::Visit => !context.note_type.is_report(),
        }
    }
}

struct Row {
    codes: Vec<&'static str>,
    anchors: Vec<Words>,
    groups: Vec<Vec<Words>>,
    not: Vec<Words>,
    when: Vec<Condition>,
}

struct Table {
    rows: Vec<Row>,
    anchors: AhoCorasick,
    /// Row and anchor of each pattern of the automaton.
    owners: Vec<Vec<(usize, bool)>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("table.tsv")));

impl Table {
    /// Reads the table; rows that do not parse are left out (a test holds the embedded one complete).
    fn parse(text: &'static str) -> Self {
        let words = |field: &'static str| field.split('|').filter(|w| !w.is_empty()).map(Words::read).collect::<Vec<_>>();
        let mut rows = Vec::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [codes, anchors, groups, not, when] = fields[..] else { continue };
            let conditions: Option<Vec<Condition>> = when.split('&').filter(|c| !c.is_empty()).map(Condition::read).collect();
            let Some(when) = conditions else { continue };
            rows.push(Row {
                codes: codes.split('|').collect(),
                anchors: words(anchors),
                groups: groups.split('&').map(words).filter(|g| !g.is_empty()).collect(),
                not: words(not),
                when,
            });
        }
        let mut patterns: BTreeMap<&'static str, Vec<(usize, bool)>> = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            for anchor in &row.anchors {
                patterns.entry(anchor.text).or_default().push((number, anchor.open));
            }
        }
        let anchors = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .build(patterns.keys())
            .expect("the embedded anchors fit one automaton");
        Self { rows, anchors, owners: patterns.into_values().collect() }
    }
}

/// Adds the candidates of a note.
pub fn add(candidates: &mut Candidates, material: &Material<'_>) {
    let table = &*TABLE;
    let document = material.document;
    let text = &document.text;
    // One candidate a row and sentence.
    let mut done: Vec<(usize, usize)> = Vec::new();
    let mut lowered: BTreeMap<usize, String> = BTreeMap::new();
    for hit in table.anchors.find_overlapping_iter(text.as_ref()) {
        let Some(owners) = table.owners.get(hit.pattern().as_usize()) else { continue };
        let Some(sentence) = document.sentence_at(hit.start()) else { continue };
        let section = document.section_kind_at(hit.start());
        for (number, open) in owners {
            let row = &table.rows[*number];
            if done.contains(&(*number, sentence))
                || !stands_alone(text, hit.start(), hit.end(), *open)
                || (section == SectionKind::FamilyHistory && !is_family(row))
                || !row.when.iter().all(|c| c.holds(material.context))
            {
                continue;
            }
            let whole = document.sentences[sentence].span;
            let lower = lowered.entry(sentence).or_insert_with(|| whole.of(text).to_ascii_lowercase());
            if row.not.iter().any(|w| w.find(lower).is_some()) {
                continue;
            }
            let found: Option<Vec<(usize, usize)>> =
                row.groups.iter().map(|group| group.iter().filter_map(|w| w.find(lower)).min()).collect();
            let Some(found) = found else { continue };
            done.push((*number, sentence));
            let start = found.iter().map(|f| whole.start + f.0).min().unwrap_or(hit.start()).min(hit.start());
            let end = found.iter().map(|f| whole.start + f.1).max().unwrap_or(hit.end()).max(hit.end());
            let span = if end - start <= LONGEST { Span::new(start, end) } else { Span::new(hit.start(), hit.end()) };
            let place = candidates.places.at(document, material.mentions, material.assertion, span);
            let around = AttributeContext::around(material.attributes, span);
            let words = (1 + row.groups.len()) as u8;
            let mut codes: Vec<_> = row
                .codes
                .iter()
                .filter_map(|c| material.lexicon.code_id(c))
                .map(|c| if row.codes.len() > 1 { specialise(material.lexicon, c, &around) } else { c })
                .collect();
            codes.sort_unstable();
            codes.dedup();
            in_trimester(&mut codes, material);
            for code in codes {
                candidates.add(code, Support { place, source: FACT, share: SHARE, words, gaps: 0, subsumed: false, count: 0.0 });
            }
        }
    }
}

/// Of a row's codes by trimester (their last digit: 1, 2, 3) only that of the weeks of gestation which the note states.
fn in_trimester(codes: &mut Vec<CodeId>, material: &Material<'_>) {
    let last = |code: CodeId| material.lexicon.code(code).bytes().last();
    let by_trimester = codes.len() > 1
        && codes.iter().all(|c| ["O", "Z34"].iter().any(|p| material.lexicon.code(*c).starts_with(p)))
        && (b'1'..=b'3').all(|t| codes.iter().any(|c| last(*c) == Some(t)));
    let Some((weeks, _)) = material.attributes.weeks_of_gestation().filter(|_| by_trimester) else { return };
    let trimester = match weeks {
        w if w < 14.0 => b'1',
        w if w < 28.0 => b'2',
        _ => b'3',
    };
    codes.retain(|c| last(*c) == Some(trimester));
}

/// The codes of relatives' conditions are the only ones that a family history states.
fn is_family(row: &Row) -> bool {
    row.codes.iter().all(|c| ("Z80".."Z85").contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let text = include_str!("table.tsv");
        let rows = text.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(TABLE.rows.len(), rows);
        let sets = crate::codeset::CodeSets::open(std::path::Path::new("codesets")).expect("the tables");
        for code in TABLE.rows.iter().flat_map(|r| &r.codes) {
            assert!(sets.icd10cm.find(code).is_some(), "{code} is no ICD-10-CM code");
        }
    }

    #[test]
    fn words_stand_as_words() {
        assert_eq!(Words::read("stent").find("a stent here"), Some((2, 7)));
        assert_eq!(Words::read("stent").find("consistent"), None);
        assert_eq!(Words::read("allerg*").find("allergic to it"), Some((0, 6)));
    }
}
