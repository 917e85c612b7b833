//! PubTator: `ID|t|title`, `ID|a|abstract`, then `ID<TAB>start<TAB>end<TAB>words<TAB>type…` lines.
//! Offsets count characters of title + one blank or line break + abstract.
use std::path::Path;

use super::{DataError, LabelledDocument, LabelledMention, TextOf, places::CharacterOffsets, read_text};
use crate::extract::MentionKind;

/// Loads a PubTator file; `kind_of` says what a type of the corpus is here (`None`: left out), `complete`
/// which kinds it annotates exhaustively.
pub fn load(
    path: &Path,
    corpus: &'static str,
    kind_of: fn(&str) -> Option<MentionKind>,
    complete: &[MentionKind],
) -> Result<Vec<LabelledDocument>, DataError> {
    parse(&read_text(path)?, path, corpus, kind_of, complete)
}

/// Disease types of the NCBI disease corpus and BC5CDR are problems; chemicals are medications.
pub fn biomedical_kind(kind: &str) -> Option<MentionKind> {
    match kind {
        "Disease" | "SpecificDisease" | "DiseaseClass" | "Modifier" | "CompositeMention" => Some(MentionKind::Problem),
        "Chemical" => Some(MentionKind::Medication),
        _ => None,
    }
}

fn parse(
    content: &str,
    path: &Path,
    corpus: &'static str,
    kind_of: fn(&str) -> Option<MentionKind>,
    complete: &[MentionKind],
) -> Result<Vec<LabelledDocument>, DataError> {
    let mut documents: Vec<LabelledDocument> = Vec::new();
    let mut offsets = CharacterOffsets::new("");
    for (index, line) in content.lines().enumerate() {
        let wrong = |reason: &str| DataError::Format { path: path.to_owned(), line: index + 1, reason: reason.to_owned() };
        let mut bars = line.splitn(3, '|');
        match (bars.next(), bars.next(), bars.next()) {
            (Some(id), Some("t"), Some(title)) => documents.push(LabelledDocument {
                id: id.trim().to_owned(),
                corpus,
                text: TextOf(title.into()),
                complete: complete.to_vec(),
                ..Default::default()
            }),
            (Some(_), Some("a"), Some(body)) => {
                let document = documents.last_mut().ok_or_else(|| wrong("abstract without a title"))?;
                document.text = TextOf(format!("{}\n{body}", &*document.text).into());
                offsets = CharacterOffsets::new(&document.text);
            }
            _ => {
                let fields: Vec<&str> = line.split('\t').collect();
                let [_, start, end, words, kind, ..] = fields[..] else { continue };
                let (Ok(start), Ok(end)) = (start.parse(), end.parse()) else { continue };
                let Some(kind) = kind_of(kind) else { continue };
                let document = documents.last_mut().ok_or_else(|| wrong("annotation without a text"))?;
                match offsets.span(start, end) {
                    Some(span) if span.of(&document.text).trim() == words.trim() => {
                        document.mentions.push(LabelledMention { span, kind, assertion: None, code: None });
                    }
                    _ => document.lost_quotes += 1,
                }
            }
        }
    }
    for document in &mut documents {
        document.mentions.sort_by_key(|m| (m.span, m.kind));
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    #[test]
    fn offsets_run_over_title_and_abstract() {
        let text = "7|t|Café ataxia.\n7|a|Ataxia is seen.\n7\t5\t11\tataxia\tDisease\tD1\n7\t13\t19\tAtaxia\tModifier\tD1\n7\t0\t4\tnope\tDisease\tD1\n\n";
        let documents = parse(text, Path::new("x"), "bc5cdr", biomedical_kind, &[MentionKind::Problem]).expect("parses");
        assert_eq!(documents.len(), 1);
        let spans: Vec<Span> = documents[0].mentions.iter().map(|m| m.span).collect();
        assert_eq!(spans, [Span::new(6, 12), Span::new(14, 20)]);
        assert_eq!(documents[0].lost_quotes, 1);
    }
}
