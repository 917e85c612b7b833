//! Social facts are coded where a problem is stated: a drink at the weekend is no dependence (F10 needs the provider's
//! diagnosis: guidelines I.C.5.b.3), and living alone is no problem by itself (Z60.2 with I.C.21.c.17).
use std::sync::LazyLock;

use regex::Regex;

use super::Note;
use crate::document::SectionKind;

/// Words that make drinking a disorder.
static DISORDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"alcoholi|abus|depend|addict|disorder|withdraw|intoxic|drunk|\baud\b|sober|remission|detox|binge|heav|excess|problem|misuse|\baa\b|relapse|daily|every day|dts?\b|delirium|ciwa|rehab|cirrho|hepatitis|induced|etoh level|audit|hazard|risky|too much|cut(?:ting)? (?:down|back)",
    )
    .expect("constant pattern")
});

/// Words that make living alone a problem.
static LONELY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"lonel|isolat|no (?:support|help|family|one)|unable|cannot|can't|needs? help|unsafe|safety|concern|problem|struggl|difficult|widow|grie|fall|social work|case manag|support")
        .expect("constant pattern")
});

/// Whether the code tells of a social fact that the note states without a problem.
pub(super) fn is_none(note: &Note<'_>, row: usize) -> bool {
    let (lasting, section_counts) = match note.code(row) {
        code if code.starts_with("F10") => (&*DISORDER, false),
        "Z60.2" => (&*LONELY, true),
        _ => return false,
    };
    let mut places = note.places(row, 0.0).peekable();
    places.peek().is_some()
        && places.all(|place| {
            let (before, after) = note.around(place);
            let assessed = matches!(
                place.section,
                SectionKind::Assessment | SectionKind::AssessmentAndPlan | SectionKind::ChiefComplaint | SectionKind::ProblemList
            );
            !(section_counts && assessed)
                && ![before.as_str(), note.words(place).as_str(), after.as_str()].iter().any(|part| lasting.is_match(part))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drink_is_no_disorder() {
        for words in
            ["social: 1 pint beer weekends", "2 glasses of wine with dinner", "drinks 6 units a week", "occasional alcohol"]
        {
            assert!(!DISORDER.is_match(words), "{words}");
        }
        for words in ["alcohol use disorder", "etoh dependence", "alcoholic, sober 2 years", "drinks daily, a fifth of vodka"] {
            assert!(DISORDER.is_match(words), "{words}");
        }
        assert!(!LONELY.is_match("lives alone w cat") && LONELY.is_match("lives alone, no help at home"));
    }
}
