//! The professional component once place and visit are known: modifier 26 where a facility bears the technical one
//! (`rule_facts`: PC/TC indicator 1 in a facility's place of service), none in an office that has seen the patient.
use crate::claim::Line;
use crate::codeset::CodeSets;
use crate::coding::procedures::components::{is_facility, read_by_who_does_it, splits};
use crate::em::EmResult;
use crate::note::{Context, NoteType, OriginKind};

/// Adds 26 to services of two components in a facility, and where nobody names a place and the note is no visit: a reading that
/// stands by itself. Takes it from what an office visit has done itself.
pub(super) fn professional(context: &Context, em: &EmResult, lines: &mut [Line], text: &str, sets: &CodeSets) {
    let named = context.origins.get("place_of_service").is_some_and(|o| o.kind != OriginKind::Default);
    let facility = is_facility(&context.place_of_service);
    let reading = !named && em.code.is_none() && alone(lines, sets, context) && is_sent_out(text);
    let own = context.place_of_service == "11" && em.code.as_deref().is_some_and(is_office_visit);
    let report = matches!(context.note_type, NoteType::Operative | NoteType::Procedure | NoteType::Imaging);
    for line in lines {
        let splits = splits(&line.code, sets.procedures.facts(&line.code, context.date_of_service).as_ref());
        let place = line.modifiers.iter().position(|m| m == "26" || m == "TC");
        let reading = reading && !read_by_who_does_it(&line.code);
        match place {
            None if splits && (facility || reading) && line.modifiers.len() < 4 => line.modifiers.insert(0, "26".to_owned()),
            Some(at) if own && report && line.modifiers[at] == "26" => {
                line.modifiers.remove(at);
            }
            _ => {}
        }
    }
}

/// Adds 54 to the reduction of a fracture or a dislocation, or another operation on a limb with a period of 90 days, in an emergency
/// department: another practice follows it (CMS since 2025: an expected transfer is enough).
pub(super) fn surgical_care_only(context: &Context, em: &EmResult, lines: &mut [Line], text: &str, sets: &CodeSets) {
    let emergency =
        context.note_type == NoteType::Emergency || em.code.as_deref().is_some_and(|c| ("99281".."99286").contains(&c));
    let mine = ["follow up with me", "follow-up with me", "f/u with me", "f/u w/ me", "my clinic", "my office"];
    let lower = text.to_lowercase();
    if !emergency || mine.iter().any(|w| lower.contains(w)) {
        return;
    }
    for line in lines.iter_mut().filter(|l| ("20000".."29999").contains(&l.code.as_str()) && l.modifiers.len() < 4) {
        let facts = sets.procedures.facts(&line.code, context.date_of_service);
        if facts.is_some_and(|f| f.global.days() == Some(90)) && !line.modifiers.iter().any(|m| m == "54") {
            line.modifiers.insert(0, "54".to_owned());
        }
    }
}

/// Whether a text reads as the report that goes to who ordered the test: of some length, and with no word of one's own rooms or
/// machine. A practice notes its own tests in a line or two (of short notes three in four were the practice's own).
fn is_sent_out(text: &str) -> bool {
    const OWN: [&str; 12] = [
        "our office",
        "our clinic",
        "in office",
        "in the office",
        "in clinic",
        "in the clinic",
        "our own",
        "our lab",
        "office lab",
        "in-house",
        "in-office",
        "our machine",
    ];
    let lower = text.to_lowercase();
    text.len() >= REPORT && !OWN.iter().any(|w| lower.contains(w))
}

/// Bytes from which on a text may be a report that is sent out.
const REPORT: usize = 430;

/// Whether all lines are tests of two components or their parts: an operation's note says where it was done by what it is.
fn alone(lines: &[Line], sets: &CodeSets, context: &Context) -> bool {
    let test = |l: &Line| {
        let facts = sets.procedures.facts(&l.code, context.date_of_service);
        let split = splits(&l.code, facts.as_ref());
        split || l.code.starts_with(['A', 'J']) || facts.is_some_and(|f| matches!(f.pc_tc, '2' | '3' | '4'))
    };
    lines.iter().all(test)
}

fn is_office_visit(code: &str) -> bool {
    ("99202".."99216").contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Origin;

    fn modifiers(code: &str, own: &[&str], place: &str, kind: OriginKind, visit: Option<&str>) -> Vec<String> {
        let sets =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let origin = Origin { kind, start: None, end: None, text: None };
        let context = Context {
            date_of_service: jiff::civil::date(2026, 5, 4),
            place_of_service: place.into(),
            payer: "medicare".into(),
            note_type: NoteType::Imaging,
            patient: Default::default(),
            provider: Default::default(),
            prior_procedures: Vec::new(),
            origins: [("place_of_service".to_owned(), origin)].into(),
        };
        let em = EmResult { code: visit.map(str::to_owned), ..EmResult::default() };
        let modifiers = own.iter().map(|m| (*m).to_owned()).collect();
        let mut lines = [Line { code: code.into(), modifiers, ..Line::default() }];
        professional(&context, &em, &mut lines, &"Waking background of ten hertz. ".repeat(30), &sets);
        lines[0].modifiers.clone()
    }

    #[test]
    fn a_reading_without_a_visit_is_the_professional_component() {
        assert_eq!(modifiers("95816", &[], "11", OriginKind::Default, None), ["26"]);
        assert!(modifiers("95816", &[], "11", OriginKind::Given, None).is_empty());
        assert!(
            is_sent_out(&"x".repeat(900))
                && !is_sent_out("DXA of hips, T -2.7.")
                && !is_sent_out(&"Done in our office. ".repeat(50))
        );
        assert!(modifiers("94060", &[], "11", OriginKind::Default, Some("99213")).is_empty());
        assert_eq!(modifiers("73562", &["RT"], "22", OriginKind::Given, None), ["26", "RT"]);
        assert!(modifiers("73562", &["26"], "11", OriginKind::Default, Some("99213")).is_empty());
        assert!(modifiers("20610", &["RT"], "22", OriginKind::Given, None) == ["RT"]);
    }
}
