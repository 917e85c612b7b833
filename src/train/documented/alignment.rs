//! Which English words say what a Spanish piece of evidence says?
//!
//! The English texts of CodiEsp are translations, one sentence a line, and the evidence counts in the Spanish text.
//! Sentences are aligned by length and shared word beginnings (dynamic programming over small groups), words by IBM
//! model 1 with a prior for cognates. About one piece in twelve has no English counterpart: the translation dropped it.
use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::train::data::codiesp::{CaseReport, Task};

/// A diagnosis code with the English line that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlignedEvidence {
    /// Upper case.
    pub code: String,
    /// Number of the English line.
    pub line: usize,
    /// Its English words; empty where none correspond.
    pub phrase: String,
    /// Byte range of the English text from the first to the last of them.
    pub range: Option<(usize, usize)>,
}

/// A word: folded, with its byte range.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    start: usize,
    end: usize,
}

/// Groups of sentences that may correspond: Spanish, English, cost.
const GROUPS: [(usize, usize, f64); 10] = [
    (1, 1, 0.0),
    (1, 2, 0.6),
    (2, 1, 0.6),
    (1, 3, 1.2),
    (3, 1, 1.2),
    (2, 2, 1.2),
    (1, 0, 1.5),
    (0, 1, 1.5),
    (1, 4, 2.0),
    (4, 1, 2.0),
];
/// Rounds of expectation and maximisation.
const ROUNDS: usize = 6;
/// What a cognate weighs at the start, against 1.
const COGNATE: f32 = 7.0;
/// An English word belongs to the evidence from this share of its words' weight on.
const BELONGS: f32 = 0.3;
/// A longer group of sentences says too little about its words.
const LONGEST: usize = 150;

/// Lower case without accents.
fn fold(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn words(text: &str, base: usize) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut start: Option<(usize, bool)> = None;
    let ends = text.char_indices().map(|(i, c)| (i, Some(c))).chain([(text.len(), None)]);
    for (i, c) in ends {
        let kind = c.filter(|c| c.is_alphanumeric()).map(char::is_numeric);
        if let Some((from, numeric)) = start
            && kind != Some(numeric)
        {
            out.push(Word { text: fold(&text[from..i]), start: base + from, end: base + i });
            start = None;
        }
        if start.is_none() {
            start = kind.map(|numeric| (i, numeric));
        }
    }
    out
}

/// Byte ranges of the sentences of a Spanish text.
fn spanish_sentences(text: &str) -> Vec<(usize, usize)> {
    const SHORT: [&str; 12] = ["Dr.", "Dra.", "Sr.", "Sra.", "vs.", "aprox.", "pág.", "Fig.", "fig.", "Ud.", "i.v.", "etc."];
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split('\n') {
        let mut start = at;
        let chars: Vec<(usize, char)> = line.char_indices().collect();
        for i in 1..chars.len() {
            let (here, c) = chars[i];
            if !c.is_whitespace() || !matches!(chars[i - 1].1, '.' | '?' | '!') {
                continue;
            }
            let next = chars[i..].iter().find(|(_, c)| !c.is_whitespace());
            let begins = |c: char| c.is_uppercase() || c.is_numeric() || matches!(c, '¿' | '-' | '"' | '(');
            let Some((next, _)) = next.filter(|(_, c)| begins(*c)) else { continue };
            let left = text.get(start..at + here).unwrap_or_default();
            if left.trim().is_empty() || SHORT.iter().any(|s| left.ends_with(s)) {
                continue;
            }
            out.push((start, at + here));
            start = at + next;
        }
        if text.get(start..at + line.len()).is_some_and(|rest| !rest.trim().is_empty()) {
            out.push((start, at + line.len()));
        }
        at += line.len() + 1;
    }
    out
}

/// Byte ranges of the lines of an English text, blank ones too, so that their numbers are those of the text's lines.
pub fn english_lines(text: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    text.split('\n')
        .map(|line| {
            let range = (at, at + line.len());
            at += line.len() + 1;
            range
        })
        .collect()
}

/// What two sentences share: numbers, and beginnings of words of five letters and more.
fn features<'a>(words: impl Iterator<Item = &'a Word>) -> BTreeMap<String, f64> {
    let mut out: BTreeMap<String, f64> = BTreeMap::new();
    for w in words {
        if w.text.chars().all(char::is_numeric) {
            *out.entry(format!("#{}", w.text)).or_default() += 1.5;
        } else if w.text.chars().count() >= 5 {
            *out.entry(w.text.chars().take(4).collect()).or_default() += 1.0;
        }
    }
    out
}

fn shared(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> f64 {
    a.iter().filter_map(|(k, x)| b.get(k).map(|y| x.min(*y))).sum()
}

/// For each Spanish sentence the English lines that correspond.
fn align_sentences(spanish: &[Vec<Word>], lengths: (&[usize], &[usize]), english: &[Vec<Word>]) -> Vec<Vec<usize>> {
    let (n, m) = (spanish.len(), english.len());
    let total = |l: &[usize]| l.iter().sum::<usize>().max(1) as f64;
    let ratio = total(lengths.1) / total(lengths.0);
    let mut best = vec![vec![f64::MIN; m + 1]; n + 1];
    let mut back = vec![vec![(0usize, 0usize); m + 1]; n + 1];
    best[0][0] = 0.0;
    for i in 0..=n {
        for j in 0..=m {
            if best[i][j] == f64::MIN {
                continue;
            }
            for (a, b, cost) in GROUPS.into_iter().filter(|(a, b, _)| i + a <= n && j + b <= m) {
                let mut value = -cost;
                if a > 0 && b > 0 {
                    let left = lengths.0[i..i + a].iter().sum::<usize>() as f64 * ratio;
                    let right = lengths.1[j..j + b].iter().sum::<usize>() as f64;
                    let x = features(spanish[i..i + a].iter().flatten());
                    let y = features(english[j..j + b].iter().flatten());
                    value += shared(&x, &y) - ((left + 15.0) / (right + 15.0)).ln().abs();
                }
                if best[i][j] + value > best[i + a][j + b] {
                    best[i + a][j + b] = best[i][j] + value;
                    back[i + a][j + b] = (a, b);
                }
            }
        }
    }
    let mut out = vec![Vec::new(); n];
    let (mut i, mut j) = (n, m);
    while (i, j) != (0, 0) {
        let (a, b) = back[i][j];
        if (a, b) == (0, 0) {
            break;
        }
        out[i - a..i].iter_mut().for_each(|lines| *lines = (j - b..j).collect());
        (i, j) = (i - a, j - b);
    }
    out
}

/// Spanish and English words that correspond as a group.
struct Pair {
    report: usize,
    spanish: Vec<Word>,
    /// With the number of the line.
    english: Vec<(usize, Word)>,
    /// Number of the table's entry for (English word, 0 or Spanish word + 1), English by English.
    entries: Vec<u32>,
}

/// Aligns the evidence of all reports; one list a report.
pub fn align(reports: &[CaseReport]) -> Vec<Vec<AlignedEvidence>> {
    let aligned = |(number, report): (usize, &CaseReport)| {
        let mut pairs: Vec<Pair> = Vec::new();
        let spans = spanish_sentences(&report.spanish);
        let lines = english_lines(&report.text);
        let spanish: Vec<Vec<Word>> = spans.iter().map(|(a, b)| words(&report.spanish[*a..*b], *a)).collect();
        let english: Vec<Vec<Word>> = lines.iter().map(|(a, b)| words(&report.text[*a..*b], *a)).collect();
        let length = |spans: &[(usize, usize)]| spans.iter().map(|(a, b)| b - a).collect::<Vec<_>>();
        let lines_of = align_sentences(&spanish, (&length(&spans), &length(&lines)), &english);
        let mut groups: BTreeMap<&[usize], Vec<usize>> = BTreeMap::new();
        for (sentence, lines) in lines_of.iter().enumerate().filter(|(_, l)| !l.is_empty()) {
            groups.entry(lines).or_default().push(sentence);
        }
        for (lines, members) in groups {
            let spanish: Vec<Word> = members.iter().flat_map(|s| spanish[*s].iter().cloned()).collect();
            let english: Vec<(usize, Word)> = lines.iter().flat_map(|l| english[*l].iter().map(|w| (*l, w.clone()))).collect();
            if !spanish.is_empty() && !english.is_empty() && spanish.len() < LONGEST {
                pairs.push(Pair { report: number, spanish, english, entries: Vec::new() });
            }
        }
        (pairs, spans, lines_of)
    };
    let (mut pairs, mut sentences, mut lines_of) = (Vec::new(), Vec::new(), Vec::new());
    for (of_report, spans, lines) in reports.par_iter().enumerate().map(aligned).collect::<Vec<_>>() {
        pairs.extend(of_report);
        sentences.push(spans);
        lines_of.push(lines);
    }
    let table = translate(&mut pairs);
    let mut of_report: Vec<Vec<usize>> = vec![Vec::new(); reports.len()];
    pairs.iter().enumerate().for_each(|(i, p)| of_report[p.report].push(i));
    let one = |number: usize, report: &CaseReport| {
        let bytes: Vec<usize> = report.spanish.char_indices().map(|(i, _)| i).chain([report.spanish.len()]).collect();
        let mut out = Vec::new();
        for evidence in report.evidence.iter().filter(|e| e.task == Task::Diagnoses) {
            let at = |c: usize| bytes.get(c).copied().unwrap_or(report.spanish.len());
            let ranges: Vec<(usize, usize)> = evidence.ranges.iter().map(|(a, b)| (at(*a), at(*b))).collect();
            let found = of_report[number].iter().filter_map(|p| words_of(&pairs[*p], &ranges, &table)).next();
            let (line, phrase, range) = match found {
                Some(found) => found,
                None => {
                    let touched = sentences[number]
                        .iter()
                        .position(|(a, b)| ranges.iter().any(|(x, y)| x < b && y > a))
                        .and_then(|s| lines_of[number][s].first().copied());
                    let Some(line) = touched else { continue };
                    (line, String::new(), None)
                }
            };
            out.push(AlignedEvidence { code: evidence.code.clone(), line, phrase, range });
        }
        out
    };
    reports.iter().enumerate().map(|(i, r)| one(i, r)).collect()
}

/// Line, English words and their range, of Spanish byte ranges inside a pair.
fn words_of(pair: &Pair, ranges: &[(usize, usize)], table: &[f32]) -> Option<(usize, String, Option<(usize, usize)>)> {
    let inside = |w: &Word| w.text.len() > 2 && ranges.iter().any(|(a, b)| w.start < *b && w.end > *a);
    let chosen: Vec<usize> = pair.spanish.iter().enumerate().filter(|(_, w)| inside(w)).map(|(i, _)| i + 1).collect();
    if chosen.is_empty() {
        return None;
    }
    let width = pair.spanish.len() + 1;
    let mut kept: BTreeMap<usize, (f32, Vec<&Word>)> = BTreeMap::new();
    for (e, (line, word)) in pair.english.iter().enumerate() {
        let row: Vec<f32> = pair.entries[e * width..(e + 1) * width].iter().map(|i| table[*i as usize]).collect();
        let sum: f32 = row.iter().sum();
        let weight = chosen.iter().map(|s| row[*s]).sum::<f32>() / sum.max(1e-9);
        if weight > BELONGS {
            let entry = kept.entry(*line).or_default();
            entry.0 += weight;
            entry.1.push(word);
        }
    }
    let (line, (_, words)) = kept.into_iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0).then(b.0.cmp(&a.0)))?;
    let range = words.first().zip(words.last()).map(|(a, b)| (a.start, b.end));
    Some((line, words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" "), range))
}

/// IBM model 1: probability of an English word for a Spanish one (number 0: for none), by entry number.
fn translate(pairs: &mut [Pair]) -> Vec<f32> {
    let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
    let (mut spanish, mut english): (HashMap<String, u32>, HashMap<String, u32>) = Default::default();
    // Of each entry: Spanish word and weight as a cognate.
    let mut of_entry: Vec<(u32, f32)> = Vec::new();
    for pair in pairs.iter_mut() {
        let mut ids = vec![0u32];
        for w in &pair.spanish {
            let next = spanish.len() as u32 + 1;
            ids.push(*spanish.entry(w.text.clone()).or_insert(next));
        }
        for (_, w) in &pair.english {
            let next = english.len() as u32;
            let e = *english.entry(w.text.clone()).or_insert(next);
            for (i, s) in ids.iter().enumerate() {
                let entry = *numbers.entry((*s, e)).or_insert_with(|| {
                    let cognate = i > 0 && cognate(&pair.spanish[i - 1].text, &w.text);
                    of_entry.push((*s, if cognate { COGNATE } else { 1.0 }));
                    of_entry.len() as u32 - 1
                });
                pair.entries.push(entry);
            }
        }
    }
    let normalise = |weights: &[f32]| {
        let mut sums = vec![1e-9f32; spanish.len() + 1];
        of_entry.iter().zip(weights).for_each(|((s, _), w)| sums[*s as usize] += w);
        of_entry.iter().zip(weights).map(|((s, _), w)| w / sums[*s as usize]).collect::<Vec<f32>>()
    };
    let mut table = normalise(&of_entry.iter().map(|e| e.1).collect::<Vec<_>>());
    for _ in 0..ROUNDS {
        let mut expected: Vec<f32> = of_entry.iter().map(|(_, c)| 0.02 * (c - 1.0)).collect();
        for pair in pairs.iter() {
            for row in pair.entries.chunks_exact(pair.spanish.len() + 1) {
                let sum: f32 = row.iter().map(|i| table[*i as usize]).sum();
                row.iter().for_each(|i| expected[*i as usize] += table[*i as usize] / sum.max(1e-9));
            }
        }
        table = normalise(&expected);
    }
    table
}

fn cognate(spanish: &str, english: &str) -> bool {
    let head = |w: &str| w.chars().take(4).collect::<String>();
    spanish == english || (spanish.chars().count() >= 4 && head(spanish) == head(english))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::data::TextOf;
    use crate::train::data::codiesp::CodedEvidence;

    #[test]
    fn spanish_sentences_survive_abbreviations_and_lines() {
        let text = "Varón visto por el Dr. López en 2004. Refiere dolor.\nSin fiebre. ¿Tos?";
        let found: Vec<&str> = spanish_sentences(text).into_iter().map(|(a, b)| &text[a..b]).collect();
        assert_eq!(found, ["Varón visto por el Dr. López en 2004.", "Refiere dolor.", "Sin fiebre.", "¿Tos?"]);
    }

    #[test]
    fn evidence_finds_its_english_words() {
        let report = |id: &str, spanish: &str, english: &str, range: (usize, usize)| CaseReport {
            id: id.into(),
            text: TextOf(english.into()),
            spanish: TextOf(spanish.into()),
            evidence: vec![CodedEvidence { task: Task::Diagnoses, code: "R50.9".into(), ranges: vec![range] }],
            ..Default::default()
        };
        let reports = [
            report("1", "Mujer de 40 años. Presenta fiebre.", "A 40-year-old woman.\nShe has fever.", (27, 33)),
            report("2", "La fiebre persiste. Alta.", "The fever persists.\nDischarge.", (3, 9)),
            report("3", "Niega fiebre y tos.", "Denies fever and cough.", (6, 12)),
            report("4", "La tos persiste.", "The cough persists.", (3, 6)),
        ];
        let aligned = align(&reports);
        assert_eq!((aligned[0][0].line, aligned[0][0].phrase.contains("fever")), (1, true));
        assert_eq!((aligned[2][0].line, aligned[2][0].phrase.contains("fever")), (0, true));
    }
}
