//! Sets of labelled texts that are no encounters: assertions of given concepts, and mentions.
use std::fmt::Write as _;
use std::path::Path;

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::EvalError;
use super::assertions::{self, AssertionPair};
use super::figures::Figures;
use super::mentions::{self, ScoredText};
use super::report::{Mark, Page, Row, Side, Verdict};
use super::run::Measured;
use super::scoring::Scores;
use super::sets::Part;
use crate::engine::{Engine, TextReading};
use crate::extract::{Assertion, MentionKind};
use crate::train::data::{LabelledDocument, brat, negex, pubtator};

/// The classes of the NegEx format; a mention of none of them is present.
const NEGEX: [Assertion; 4] = [Assertion::Absent, Assertion::Historical, Assertion::Family, Assertion::Hypothetical];

/// The assertion of the given concept in each row of a NegEx-format file.
pub(super) fn negex(engine: &Engine, name: &str, file: &Path, part: Part, bar: &ProgressBar) -> Result<Measured, EvalError> {
    let rows = negex::load(file)?;
    bar.set_length(rows.len() as u64);
    let read = |row: &negex::NegexRow| -> Result<AssertionPair, EvalError> {
        let reading = engine.read_text(&row.text, &[(row.span, Some(MentionKind::Problem))])?;
        bar.inc(1);
        let found = reading.assertions.into_iter().next().unwrap_or_else(|| vec![Assertion::Present]);
        Ok(AssertionPair { gold: row.assertions.clone(), found })
    };
    let pairs: Vec<AssertionPair> = rows.par_iter().map(read).collect::<Result<_, _>>()?;
    let singles: Vec<Vec<AssertionPair>> = pairs.iter().map(|p| vec![p.clone()]).collect();
    let documents: Vec<&Vec<AssertionPair>> = singles.iter().collect();
    let mut figures = Figures::new(&documents);
    assertions::figures(&mut figures, &NEGEX, |pairs| pairs.as_slice());
    let mut measured = Measured {
        scores: Scores {
            set: name.to_owned(),
            split: part.name().to_owned(),
            documents: rows.len(),
            metrics: figures.metrics,
            ..Default::default()
        },
        ..Default::default()
    };
    for (row, pair) in rows.iter().zip(&pairs) {
        let (gold, found) = (assertions::joined(&pair.gold), assertions::joined(&pair.found));
        let _ = writeln!(measured.predictions, "{}\t{found}", row.line);
        if NEGEX.iter().any(|a| pair.gold.contains(a) != pair.found.contains(a)) {
            measured.pages.push(Page {
                id: format!("line {}", row.line),
                summary: format!("{gold} read as {found}"),
                text: row.text.clone(),
                marks: vec![Mark { span: row.span, side: Side::Gold, label: "concept".to_owned() }],
                rows: vec![Row { what: "assertion".into(), gold, predicted: found, verdict: Verdict::Wrong }],
                ..Default::default()
            });
        }
    }
    Ok(measured)
}

/// A BRAT folder: `DIR/<part>` where there is one, else DIR itself.
pub(super) fn brat(engine: &Engine, name: &str, dir: &Path, part: Part, bar: &ProgressBar) -> Result<Measured, EvalError> {
    let own = dir.join(part.name());
    let folder = if own.is_dir() { own.as_path() } else { dir };
    let kind_of = |kind: &str| brat::maccrobat_kind(kind).or_else(|| pubtator::biomedical_kind(kind));
    let mut documents = brat::load(folder, "brat", kind_of, &[])?;
    documents.iter_mut().for_each(brat::join_place_and_sign);
    ner(engine, name, &documents, part, bar)
}

/// A PubTator file.
pub(super) fn pubtator(engine: &Engine, name: &str, file: &Path, part: Part, bar: &ProgressBar) -> Result<Measured, EvalError> {
    let documents = pubtator::load(file, "pubtator", pubtator::biomedical_kind, &[])?;
    ner(engine, name, &documents, part, bar)
}

/// Mentions of the kinds that the corpus labels.
fn ner(
    engine: &Engine,
    name: &str,
    documents: &[LabelledDocument],
    part: Part,
    bar: &ProgressBar,
) -> Result<Measured, EvalError> {
    engine.refuse_training_documents(&documents.iter().map(|d| d.id.as_str()).collect::<Vec<_>>())?;
    bar.set_length(documents.len() as u64);
    let kinds = mentions::kinds(documents.iter().flat_map(|d| &d.mentions));
    let read = |document: &LabelledDocument| -> Result<(TextReading, ScoredText), EvalError> {
        let reading = engine.read_text(&document.text, &[])?;
        bar.inc(1);
        let scored = mentions::score_full(&document.mentions, &reading, &kinds);
        Ok((reading, scored))
    };
    let results = documents.par_iter().map(read).collect::<Result<Vec<_>, EvalError>>()?;
    let texts: Vec<&ScoredText> = results.iter().map(|(_, scored)| scored).collect();
    let of_kind = |kind: &MentionKind| (format!("kind:{}", mentions::name(*kind)), mentions::ner_metrics_of(&texts, *kind));
    let mut measured = Measured {
        scores: Scores {
            set: name.to_owned(),
            split: part.name().to_owned(),
            documents: documents.len(),
            metrics: mentions::ner_metrics(&texts),
            by_group: kinds.iter().map(of_kind).collect(),
            ..Default::default()
        },
        ..Default::default()
    };
    for (document, (reading, _)) in documents.iter().zip(&results) {
        for m in reading.balanced.iter().filter(|m| kinds.contains(&m.kind)) {
            let kind = mentions::name(m.kind);
            let _ = writeln!(measured.predictions, "{}\t{kind}\t{}\t{}\t{:.4}", document.id, m.span.start, m.span.end, m.score);
        }
        measured.pages.extend(ner_page(document, reading, &kinds));
    }
    Ok(measured)
}

/// The page of a document in which a mention is missed or false; `None` without an error.
fn ner_page(document: &LabelledDocument, reading: &TextReading, kinds: &std::collections::BTreeSet<MentionKind>) -> Option<Page> {
    let found: Vec<_> = reading.balanced.iter().filter(|m| kinds.contains(&m.kind)).map(|m| (m.span, m.kind)).collect();
    let gold: Vec<_> = document.mentions.iter().map(|m| (m.span, m.kind)).collect();
    let row = |place: &(crate::document::Span, MentionKind), verdict: Verdict| {
        let words = place.0.of(&document.text).to_owned();
        let (gold, predicted) = if verdict == Verdict::Missed { (words, String::new()) } else { (String::new(), words) };
        Row { what: mentions::name(place.1), gold, predicted, verdict }
    };
    let missed = gold.iter().filter(|g| !found.contains(g));
    let wrong = found.iter().filter(|f| !gold.contains(f));
    let mut rows: Vec<Row> = missed.map(|p| row(p, Verdict::Missed)).collect();
    let missed = rows.len();
    rows.extend(wrong.map(|p| row(p, Verdict::Wrong)));
    if rows.is_empty() {
        return None;
    }
    let mark = |side: Side| move |p: &(crate::document::Span, MentionKind)| Mark { span: p.0, side, label: mentions::name(p.1) };
    Some(Page {
        id: document.id.clone(),
        summary: format!("{missed} missed, {} false", rows.len() - missed),
        text: document.text.to_string(),
        marks: gold.iter().map(mark(Side::Gold)).chain(found.iter().map(mark(Side::Predicted))).collect(),
        rows,
        ..Default::default()
    })
}
