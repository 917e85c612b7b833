//! BRAT standoff: `NAME.txt` with `NAME.ann` (text-bound annotations; discontinuous ones are taken as hull
//! only when their parts lie on one line within sixty bytes, else left out).
use std::path::Path;

use super::{DataError, LabelledDocument, LabelledMention, TextOf, files_of, places::CharacterOffsets, read_text};
use crate::extract::MentionKind;

/// Loads every pair of a folder, in order of name.
pub fn load(
    dir: &Path,
    corpus: &'static str,
    kind_of: fn(&str) -> Option<MentionKind>,
    complete: &[MentionKind],
) -> Result<Vec<LabelledDocument>, DataError> {
    let mut documents = Vec::new();
    for file in files_of(dir, "ann")? {
        let text = read_text(&file.with_extension("txt"))?;
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (mentions, lost_quotes) = parse(&text, &read_text(&file)?, kind_of);
        documents.push(LabelledDocument {
            id,
            corpus,
            text: TextOf(text.into()),
            mentions,
            complete: complete.to_vec(),
            lost_quotes,
            ..Default::default()
        });
    }
    Ok(documents)
}

/// Types of MACCROBAT that are mentions here.
pub fn maccrobat_kind(kind: &str) -> Option<MentionKind> {
    match kind {
        "Disease_disorder" | "Sign_symptom" => Some(MentionKind::Problem),
        "Therapeutic_procedure" => Some(MentionKind::Procedure),
        "Diagnostic_procedure" => Some(MentionKind::Test),
        "Medication" => Some(MentionKind::Medication),
        "Biological_structure" => Some(MentionKind::Anatomy),
        _ => None,
    }
}

/// MACCROBAT marks "abdominal" and "pain" apart; notes and their labels hold "abdominal pain" to be one problem.
/// A body part directly before a problem becomes part of it.
pub fn join_place_and_sign(document: &mut LabelledDocument) {
    let text = document.text.clone();
    let mut joined: Vec<LabelledMention> = Vec::with_capacity(document.mentions.len());
    for mention in std::mem::take(&mut document.mentions) {
        match joined.last_mut() {
            Some(before)
                if before.kind == MentionKind::Anatomy
                    && mention.kind == MentionKind::Problem
                    && text.get(before.span.end..mention.span.start) == Some(" ") =>
            {
                before.kind = MentionKind::Problem;
                before.span.end = mention.span.end;
            }
            _ => joined.push(mention),
        }
    }
    document.mentions = joined;
}

fn parse(text: &str, annotations: &str, kind_of: fn(&str) -> Option<MentionKind>) -> (Vec<LabelledMention>, usize) {
    let offsets = CharacterOffsets::new(text);
    let mut mentions = Vec::new();
    let mut lost = 0;
    for line in annotations.lines().filter(|l| l.starts_with('T')) {
        let Some(middle) = line.split('\t').nth(1) else { continue };
        let Some((kind, places)) = middle.split_once(' ') else { continue };
        let Some(kind) = kind_of(kind) else { continue };
        let bounds: Vec<usize> = places.split([' ', ';']).filter_map(|n| n.parse().ok()).collect();
        let (Some(start), Some(end)) = (bounds.iter().min(), bounds.iter().max()) else { continue };
        match offsets.span(*start, *end) {
            Some(span) if bounds.len() == 2 || (span.len() <= 60 && !span.of(text).contains('\n')) => {
                mentions.push(LabelledMention { span, kind, assertion: None, code: None });
            }
            _ => lost += 1,
        }
    }
    mentions.sort_by_key(|m| (m.span, m.kind));
    (mentions, lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_bound_annotations_only() {
        let text = "Fever and a chest film.";
        let annotations = "T1\tSign_symptom 0 5\tFever\nE1\tSign_symptom:T1 \nT2\tDiagnostic_procedure 12 17;18 22\tchest film\nT3\tAge 0 2\tFe\n";
        let (mentions, lost) = parse(text, annotations, maccrobat_kind);
        assert_eq!(lost, 0);
        assert_eq!(mentions.iter().map(|m| m.span.of(text)).collect::<Vec<_>>(), ["Fever", "chest film"]);
    }

    #[test]
    fn a_body_part_joins_the_sign_behind_it() {
        let text = "abdominal pain, chest";
        let annotations =
            "T1\tSign_symptom 10 14\tpain\nT2\tBiological_structure 0 9\tabdominal\nT3\tBiological_structure 16 21\tchest\n";
        let (mentions, _) = parse(text, annotations, maccrobat_kind);
        let mut document = LabelledDocument { text: TextOf(text.into()), mentions, ..Default::default() };
        join_place_and_sign(&mut document);
        let found: Vec<_> = document.mentions.iter().map(|m| (m.span.of(text), m.kind)).collect();
        assert_eq!(found, [("abdominal pain", MentionKind::Problem), ("chest", MentionKind::Anatomy)]);
    }
}
