//! What the model of policy `documented` sees: the row of a claim's candidate, and what the corpus says.
use std::collections::BTreeMap;

use super::candidates::{Found, Origin, Wording};
use super::statistics::{Statistics, category};
pub use crate::coding::diagnoses::features::Table;
use crate::coding::diagnoses::features::{self as claim, NoteFacts, Priors, TitleOf};
use crate::coding::lexicon::Lexicon;

/// Names of the features after those of a claim's row.
pub const CORPUS: [&str; 43] = [
    "corpus_best",
    "corpus_count",
    "corpus_total",
    "corpus_words",
    "corpus_gaps",
    "corpus_whole",
    "corpus_hits",
    "corpus_sentences",
    "corpus_any_sentence",
    "corpus_rank",
    "near_best",
    "near_count",
    "near_words",
    "near_hits",
    "category_best",
    "trust",
    "trust_total",
    "trust_longest",
    "trust_longest_total",
    "code_documents",
    "category_documents",
    "code_of_category",
    "evidence",
    "evidence_behind_category",
    "evidence_better_in_category",
    "candidates_in_category",
    "evidence_behind_place",
    "evidence_of_note",
    "evidence_rank",
    "origin_header",
    "origin_sibling",
    "not_billable",
    "code_letter",
    "code_length",
    "code_ends_with_9",
    "code_ends_with_8",
    "code_seen",
    "sentences_of_note",
    "first_sentence",
    "best_present",
    "likeness",
    "likeness_behind_place",
    "likeness_rank",
];

/// The best, the second best, and how many.
#[derive(Clone, Copy, Default)]
struct Top {
    best: f32,
    second: f32,
    count: u32,
}

impl Top {
    fn add(&mut self, value: f32) {
        self.count += 1;
        if value > self.best {
            (self.second, self.best) = (self.best, value);
        } else if value > self.second {
            self.second = value;
        }
    }
    /// The best of the others.
    fn other(&self, own: f32) -> f32 {
        if own >= self.best { self.second } else { self.best }
    }
}

/// How far the corpus' words for a candidate's places are trusted: share and documents of the best place, and of the
/// longest.
struct Trust {
    best: (f32, u32),
    longest: (f32, u32),
}

fn trust(found: &Found, code: &str, supports: &[crate::coding::diagnoses::candidates::Support]) -> Trust {
    let mut best = (0.0f32, 0u32);
    let mut longest = (0u8, 0.0f32, 0u32);
    for s in supports {
        let span = found.candidates.places.list[s.place].span;
        let (total, count) = match found.phrases.get(&span) {
            Some((total, codes)) => (*total, codes.get(code).copied().unwrap_or_default()),
            None => (0, 0),
        };
        let share = (count as f32 + 0.15) / (total as f32 + 1.0);
        if share > best.0 {
            best = (share, total);
        }
        if s.words > longest.0 || (s.words == longest.0 && share > longest.1) {
            longest = (s.words, share, total);
        }
    }
    Trust { best, longest: (longest.1, longest.2) }
}

/// Builds the rows of all candidates, in order of their numbers. `title` gives a code's official title.
pub fn table(
    found: &Found,
    facts: &NoteFacts<'_>,
    lexicon: &Lexicon,
    statistics: &Statistics,
    title: TitleOf<'_>,
    names: bool,
) -> Table {
    // Counts of claims say nothing here; the corpus has its own.
    let base = claim::table(&found.candidates, facts, lexicon, &Priors::default(), title, names);
    let places = &found.candidates.places.list;
    let none = Wording::default();
    let like: Vec<(f32, f32)> =
        found.candidates.by_code.keys().map(|c| found.likeness.get(c).copied().unwrap_or((-1.0, -2.0))).collect();
    let rows: Vec<(&str, &Wording, Trust)> = found
        .candidates
        .by_code
        .values()
        .map(|c| {
            let code = statistics.code(lexicon, c.code);
            (code, found.wording.get(code).unwrap_or(&none), trust(found, code, &c.supports))
        })
        .collect();
    let evidence: Vec<f32> =
        rows.iter().map(|(_, w, t)| w.best + 0.5 * w.near + if t.best.1 > 0 { t.best.0 } else { 0.5 * t.best.0 }).collect();
    let mut by_category: BTreeMap<&str, Top> = BTreeMap::new();
    let mut by_place: Vec<Top> = vec![Top::default(); places.len()];
    let mut of_note = Top::default();
    let here: Vec<Vec<usize>> = found
        .candidates
        .by_code
        .values()
        .map(|c| {
            let mut list: Vec<usize> = c.supports.iter().map(|s| s.place).collect();
            list.sort_unstable();
            list.dedup();
            list
        })
        .collect();
    for (i, (code, ..)) in rows.iter().enumerate() {
        by_category.entry(category(code)).or_default().add(evidence[i]);
        of_note.add(evidence[i]);
        here[i].iter().for_each(|p| by_place[*p].add(evidence[i]));
    }
    let rank_by = |value: &dyn Fn(usize) -> f32| {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| value(*b).total_cmp(&value(*a)).then(a.cmp(b)));
        let mut rank = vec![0f32; rows.len()];
        order.iter().enumerate().for_each(|(r, i)| rank[*i] = r.min(200) as f32);
        rank
    };
    let corpus_rank = rank_by(&|i| rows[i].1.best);
    let evidence_rank = rank_by(&|i| evidence[i]);
    let likeness_rank = rank_by(&|i| like[i].0);
    let better = |i: usize| {
        let key = category(rows[i].0);
        (0..rows.len()).filter(|j| evidence[*j] > evidence[i] && category(rows[*j].0) == key).count()
    };
    let flag = |b: bool| f32::from(u8::from(b));
    let mut values = Vec::with_capacity((base.width + CORPUS.len()) * rows.len());
    for (i, (code, w, t)) in rows.iter().enumerate() {
        values.extend_from_slice(&base.values[i * base.width..(i + 1) * base.width]);
        let (n, of_category) = (statistics.of_code(code), statistics.of_category(code));
        let top = by_category.get(category(code)).copied().unwrap_or_default();
        let missed: f32 = w.by_sentence.values().map(|p| 1.0 - p.min(0.99)).product();
        let behind_place = here[i].iter().map(|p| evidence[i] - by_place[*p].other(evidence[i])).fold(f32::MIN, f32::max);
        let own: [f32; CORPUS.len()] = [
            w.best,
            (w.count as f32).ln_1p(),
            (w.total as f32).ln_1p(),
            f32::from(w.words),
            f32::from(w.gaps),
            w.whole,
            w.hits.min(30) as f32,
            w.by_sentence.len() as f32,
            1.0 - missed,
            if w.best > 0.0 { corpus_rank[i] } else { 201.0 },
            w.near,
            (w.near_count as f32).ln_1p(),
            f32::from(w.near_words),
            w.near_hits.min(30) as f32,
            found.categories.get(category(code)).copied().unwrap_or_default(),
            t.best.0,
            (t.best.1 as f32).ln_1p(),
            t.longest.0,
            (t.longest.1 as f32).ln_1p(),
            (n as f32).ln_1p(),
            (of_category as f32).ln_1p(),
            n as f32 / (of_category + 1) as f32,
            evidence[i],
            evidence[i] - top.other(evidence[i]),
            better(i) as f32,
            top.count as f32,
            behind_place.max(-9.0),
            evidence[i] / of_note.best.max(1e-6),
            evidence_rank[i],
            flag(w.origin == Origin::Header),
            flag(w.origin == Origin::Sibling),
            flag(lexicon.code_id(code).is_none()),
            code.bytes().next().map_or(0.0, |b| f32::from(b) - 65.0),
            code.len() as f32,
            flag(code.ends_with('9')),
            flag(code.ends_with('8')),
            flag(n > 0),
            facts.document.sentences.len() as f32,
            here[i].iter().map(|p| places[*p].sentence).min().map_or(-1.0, |s| s as f32),
            here[i].iter().map(|p| places[*p].present()).fold(0.0, f32::max) * w.best,
            like[i].0,
            like[i].1,
            likeness_rank[i],
        ];
        values.extend(own);
    }
    let names = base.names.map(|n| n.into_iter().chain(CORPUS.map(String::from)).collect());
    Table { codes: base.codes, values, width: base.width + CORPUS.len(), names }
}
