//! Feature rows of labelled notes, each from phrase counts and priors that have not seen its fold.
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::claims::{self, Answers, Sample};
use super::data::second_look::is_chart;
use super::data::{LabelledDocument, Role};
use super::diagnoses::{FOLDS, NoteRows, fold_of, label_of, label_rows, phrase_counts, priors};
use crate::coding::diagnoses::attention;
use crate::coding::diagnoses::features::{Priors, table};
use crate::coding::diagnoses::gather::Material;
use crate::coding::diagnoses::{gather, note_facts};
use crate::coding::lexicon::{Lexicon, PhraseCounts};
use crate::encoder::Chunk;

/// Makes the rows of all documents. `with_material` reads a document and hands the material for gathering to the
/// function it is given. Returns the feature names too.
pub fn rows<F>(
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    title: &(dyn Fn(&str) -> String + Sync),
    answers: Option<&[Answers]>,
    with_material: F,
) -> (Vec<NoteRows>, Vec<String>)
where
    F: Fn(&LabelledDocument, &PhraseCounts, &mut dyn FnMut(&Material<'_>)) + Sync,
{
    let mut all: Vec<NoteRows> = Vec::new();
    let mut names = Vec::new();
    for fold in 0..FOLDS {
        let counts = phrase_counts(documents, Some(fold));
        let priors = priors(documents, Some(fold));
        let held: Vec<usize> = (0..documents.len()).filter(|i| fold_of(&documents[*i].id) == fold).collect();
        let made: Vec<(NoteRows, Option<Vec<String>>)> = held
            .par_iter()
            .filter_map(|i| one(*i, documents, lexicon, &counts, &priors, title, answers, &with_material))
            .collect();
        for (rows, n) in made {
            if names.is_empty() {
                names = n.unwrap_or_default();
            }
            all.push(rows);
        }
    }
    all.sort_by_key(|n| n.document);
    (all, names)
}

/// What the attention over titles learns from: families of each document's candidates (gathered with phrase counts that
/// have not seen its fold), labels, and what the encoder sees.
pub fn samples<F>(
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    chunks: &(dyn Fn(usize) -> Vec<Chunk> + Sync),
    with_material: F,
) -> Vec<Sample>
where
    F: Fn(&LabelledDocument, &PhraseCounts, &mut dyn FnMut(&Material<'_>)) + Sync,
{
    let counts: Vec<PhraseCounts> = (0..FOLDS).map(|fold| phrase_counts(documents, Some(fold))).collect();
    let one = |index: usize| {
        let document = &documents[index];
        let fold = fold_of(&document.id);
        let mut sample = Sample {
            fold: fold % claims::FOLDS,
            teaches: !is_chart(document),
            chunks: chunks(index).into_iter().map(Into::into).collect(),
            families: Vec::new(),
            labels: Vec::new(),
            weights: Vec::new(),
            first: None,
        };
        with_material(document, &counts[fold], &mut |material| {
            let Some(titles) = &material.titles else { return };
            let candidates = gather::gather(material);
            sample.families = attention::families(&candidates, titles);
            let mut by_row: BTreeMap<u32, (f32, f32, bool)> = BTreeMap::new();
            for code in candidates.by_code.keys() {
                let Some(row) = titles.rows.get(code.0 as usize) else { continue };
                let (label, weight) = label_of(document, lexicon.code(*code));
                let leads = document.diagnoses.iter().any(|d| d.role == Role::Primary && d.code == lexicon.code(*code));
                let entry = by_row.entry(*row).or_insert((label, weight, leads));
                if label > entry.0 {
                    (entry.0, entry.1) = (label, weight);
                } else if label == entry.0 {
                    // One code that may stand there is enough to leave the family out.
                    entry.1 = if label > 0.5 { entry.1.max(weight) } else { entry.1.min(weight) };
                }
                entry.2 |= leads;
            }
            for (number, family) in sample.families.iter().enumerate() {
                let (label, weight, leads) = by_row.get(&family.row).copied().unwrap_or((0.0, 1.0, false));
                sample.labels.push(label);
                sample.weights.push(weight);
                if leads {
                    sample.first = Some(number as u32);
                }
            }
        });
        sample
    };
    (0..documents.len()).into_par_iter().map(one).collect()
}

#[allow(clippy::too_many_arguments)]
fn one<F>(
    index: usize,
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    counts: &PhraseCounts,
    priors: &Priors,
    title: &(dyn Fn(&str) -> String + Sync),
    answers: Option<&[Answers]>,
    with_material: &F,
) -> Option<(NoteRows, Option<Vec<String>>)>
where
    F: Fn(&LabelledDocument, &PhraseCounts, &mut dyn FnMut(&Material<'_>)) + Sync,
{
    let mut out = None;
    with_material(&documents[index], counts, &mut |material| {
        let candidates = gather::gather(material);
        let mut facts = note_facts(material, &candidates);
        // The released head has seen this note; the answers come from one that has not.
        if let (Some(answers), Some(titles)) = (answers, &material.titles) {
            facts.titles = attention::join(&candidates, titles, &answers[index]);
        }
        let mut table = table(&candidates, &facts, lexicon, priors, &title, true);
        let names = table.names.take();
        let (labels, weights) = label_rows(&documents[index], &table, lexicon);
        out = Some((NoteRows { document: index, table, candidates, labels, weights }, names));
    });
    out
}
