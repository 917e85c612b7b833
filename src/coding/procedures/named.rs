//! Services that a statement names with a whole phrase of the lexicon: what the decision tables' own words do not know.
use super::evidence::{NoteEvidence, tightness};
use super::index::{PhraseIndex, Source, Target};
use super::statements::Statement;

/// A concept that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Concept of the phrase table.
    pub concept: usize,
    /// The statement.
    pub statement: usize,
    /// Positions of the phrase's words in the statement, ascending.
    pub positions: Vec<u16>,
}

/// Words of a phrase that stand further apart than this are no phrase (see [`tightness`]).
const TIGHT: f32 = 0.86;
/// Least weight of a phrase: a single word must be rare, two ordinary ones will do.
const LEAST_WEIGHT: f32 = 6.0;

/// Whole phrases that mean one concept alone and lie in no longer one of another meaning.
pub fn named(index: &PhraseIndex, statements: &[Statement], evidence: &NoteEvidence) -> Vec<Named> {
    let mut list = Vec::new();
    for (statement, hits) in evidence.hits.iter().enumerate() {
        let whole: Vec<_> = hits.iter().filter(|(_, hit)| hit.coverage > 0.99 && tightness(hit) >= TIGHT).collect();
        for (target, hit) in &whole {
            let phrase = &index.phrases[hit.phrase];
            let Target::Concept(concept) = *target else { continue };
            // A single letter is no name, whatever it abbreviates.
            let letter =
                hit.positions.iter().filter_map(|p| statements[statement].words.get(usize::from(*p))).all(|w| w.span.len() < 2);
            if phrase.source != Source::Phrase || phrase.ambiguity > 1 || phrase.weight < LEAST_WEIGHT || letter {
                continue;
            }
            let longer = whole.iter().any(|(other, o)| {
                other != target
                    && o.positions.len() > hit.positions.len()
                    && hit.positions.iter().all(|p| o.positions.contains(p))
                    && !same_concept(index, *other, concept)
            });
            if !longer {
                list.push(Named { concept, statement, positions: hit.positions.clone() });
            }
        }
    }
    list
}

/// Whether a target is a code of the concept.
fn same_concept(index: &PhraseIndex, target: Target, concept: usize) -> bool {
    matches!(target, Target::Code(code) if index.codes[code].entries.iter().any(|(c, _)| *c == concept))
}

/// Whether a note states a procedure code as such ("CPT code 57307", "(CPT 21235)", "HCPCS J1885").
pub fn states_code(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let before = text[..at].trim_end_matches(|c: char| !c.is_alphanumeric());
        let before = before.strip_suffix("code").or(before.strip_suffix("Code")).unwrap_or(before);
        let system = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        system.ends_with("CPT") || system.ends_with("HCPCS")
    })
}

#[cfg(test)]
mod tests {
    use super::states_code;

    #[test]
    fn a_code_is_stated_behind_its_name() {
        assert!(states_code("PROCEDURE: CPT code 57307 - Closure", "57307"));
        assert!(states_code("harvest (CPT 21235).", "21235") && states_code("CPT: 21235", "21235"));
        assert!(states_code("Ketorolac (HCPCS J1885)", "J1885"));
        assert!(!states_code("account 21235", "21235") && !states_code("CPT 57307 and weight 21235", "21235"));
    }
}
