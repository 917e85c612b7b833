//! Words of a visit that tell of another day or of another's work.
use crate::coding::procedures::lines::is_facility;
use crate::note::{Context, NoteType};

/// Words of what was done on another day or is only thought of.
const OTHER_DAY: [&str; 53] = [
    "you gave",
    "you performed",
    "you placed",
    "pov #",
    "pov#",
    "post-op visit",
    "postop visit",
    "post-op check",
    "postop check",
    "before i came",
    "before i arrived",
    "before my arrival",
    "prior to my arrival",
    "at birth",
    "last yr",
    "last mo",
    "last wk",
    "yest ",
    "prior to arrival",
    "before arrival",
    "never had",
    "mo later",
    "months later",
    "last year",
    "last month",
    "last week",
    "last spring",
    "last summer",
    "last fall",
    "last winter",
    "last visit",
    "yesterday",
    " ago",
    "days after",
    "weeks after",
    "months after",
    "weeks out",
    "not due",
    "due in",
    "next due",
    "booked",
    "if it ",
    "if not ",
    "if no ",
    "if they ",
    "if she ",
    "if he ",
    "if symptoms",
    "if this ",
    "not bothersome",
    "ordered",
    "prefers",
    "would rather",
];
/// Words of where others did it.
const OTHER_PLACE: [&str; 44] = [
    "in hosp",
    "at daycare",
    "in nursery",
    "at school",
    "student health",
    " er on ",
    " ed on ",
    "imaging center",
    "another clinic",
    "at her pcp",
    "at his pcp",
    "at pcp",
    "from pcp",
    "by pcp",
    "outside",
    "elsewhere",
    "at home",
    "urgent care",
    "in the er",
    "from the er",
    "by the er",
    "at the er",
    "by er",
    "in the ed ",
    "emergency room",
    "at the hospital",
    "from the hospital",
    "hospital lab",
    "pharmacy",
    " cvs",
    "walgreens",
    "school clinic",
    "pain clinic",
    "wound center",
    "device clinic",
    "at radiology",
    "from radiology",
    "by radiology",
    "at urology",
    "at pulmonary",
    "at cardiology",
    "health department",
    "from quest",
    "from labcorp",
];

/// Whether words of a visit tell of another day or of another's work. In a hospital its emergency room is no other place.
pub fn elsewhere(lower: &str, context: &Context) -> bool {
    let hospital = is_facility(&context.place_of_service) || context.note_type == NoteType::Emergency;
    OTHER_DAY.iter().any(|w| lower.contains(w)) || !hospital && OTHER_PLACE.iter().any(|w| lower.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, facts::resolve_context};
    use crate::note::Encounter;

    #[test]
    fn a_hospital_has_its_own_emergency_room() {
        let document = document::read("A visit.");
        let office = resolve_context(&Encounter::default(), &document, jiff::civil::date(2026, 5, 4));
        assert!(
            elsewhere("flu shot at cvs last month", &office) && elsewhere("ekg from the hospital shows fibrillation", &office)
        );
        assert!(!elsewhere("ekg shows fibrillation", &office));
        let emergency = Context { note_type: NoteType::Emergency, ..office };
        assert!(!elsewhere("repaired in the er", &emergency) && elsewhere("if it comes back", &emergency));
    }
}
