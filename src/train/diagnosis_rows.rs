//! Feature rows of labelled notes, each from phrase counts and priors that have not seen its fold.
use rayon::prelude::*;

use super::data::LabelledDocument;
use super::diagnoses::{FOLDS, NoteRows, fold_of, label_rows, phrase_counts, priors};
use crate::coding::diagnoses::features::{Priors, table};
use crate::coding::diagnoses::gather::Material;
use crate::coding::diagnoses::{gather, note_facts};
use crate::coding::lexicon::{Lexicon, PhraseCounts};

/// Makes the rows of all documents. `with_material` reads a document and hands the material for gathering to the
/// function it is given. Returns the feature names too.
pub fn rows<F>(
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    title: &(dyn Fn(&str) -> String + Sync),
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
        let made: Vec<(NoteRows, Option<Vec<String>>)> =
            held.par_iter().filter_map(|i| one(*i, documents, lexicon, &counts, &priors, title, &with_material)).collect();
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

fn one<F>(
    index: usize,
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    counts: &PhraseCounts,
    priors: &Priors,
    title: &(dyn Fn(&str) -> String + Sync),
    with_material: &F,
) -> Option<(NoteRows, Option<Vec<String>>)>
where
    F: Fn(&LabelledDocument, &PhraseCounts, &mut dyn FnMut(&Material<'_>)) + Sync,
{
    let mut out = None;
    with_material(&documents[index], counts, &mut |material| {
        let candidates = gather::gather(material);
        let facts = note_facts(material, &candidates);
        let mut table = table(&candidates, &facts, lexicon, priors, &title, true);
        let names = table.names.take();
        let (labels, weights) = label_rows(&documents[index], &table, lexicon);
        out = Some((NoteRows { document: index, table, candidates, labels, weights }, names));
    });
    out
}
