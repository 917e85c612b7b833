//! Professional and technical components: who reads, and who bears equipment and staff.
use crate::codeset::procedures::ProcedureFacts;
use crate::note::{Context, NoteType, OriginKind};

/// Places of service where the facility bears the technical component.
pub fn is_facility(place_of_service: &str) -> bool {
    matches!(place_of_service, "19" | "21" | "22" | "23" | "24" | "31" | "34" | "41" | "42" | "51" | "52" | "53" | "56" | "61")
}

/// Whether only the professional component is billed.
pub fn professional_only(context: &Context) -> bool {
    let report = matches!(
        context.note_type,
        NoteType::Operative
            | NoteType::Procedure
            | NoteType::Imaging
            | NoteType::Pathology
            | NoteType::Inpatient
            | NoteType::Discharge
            | NoteType::Emergency
    );
    // A report from an office that the caller or the note names as such is the office's own.
    let named = |o: &crate::note::Origin| o.kind != OriginKind::Default;
    let own = context.origins.get("place_of_service").is_some_and(named);
    is_facility(&context.place_of_service) || report && !own
}

/// Whether a service has a professional and a technical component: by the fee schedule, and of codes that the tables do not hold
/// imaging and surgical pathology, which nearly all have.
pub fn splits(code: &str, facts: Option<&ProcedureFacts>) -> bool {
    let reading = || code.len() == 5 && (("70010".."79999").contains(&code) || ("88302".."88400").contains(&code));
    facts.map_or_else(reading, |f| f.pc_tc == '1')
}

/// Whether the one who reads a test has done it with a machine of his own, unless the place says otherwise: needle electromyography
/// and nerve conduction (of 62 lines in training notes 52 had no component).
pub fn read_by_who_does_it(code: &str) -> bool {
    code.len() == 5 && (("95860".."95888").contains(&code) || ("95905".."95914").contains(&code))
}

/// Whether a note of the office says that others read its films and bill for that.
pub(super) fn technical_only(text: &str) -> bool {
    const OTHERS_READ: [&str; 10] = [
        "did not read them",
        "to be read by radiolog",
        "will be read by radiolog",
        "radiologist will read",
        "radiology will read",
        "radiology, which interprets",
        "sent to radiology for interpretation",
        "sent out for interpretation",
        "interpretation by the radiolog",
        "technical component only",
    ];
    let lower = text.to_lowercase();
    OTHERS_READ.iter().any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_the_tables_do_not_hold() {
        assert!(read_by_who_does_it("95886") && !read_by_who_does_it("95816"));
        assert!(splits("74300", None) && splits("88311", None) && !splits("20610", None));
    }

    #[test]
    fn films_that_others_read() {
        assert!(is_facility("22") && !is_facility("11"));
        assert!(technical_only("Three views taken here, to be read by radiology."));
        assert!(!technical_only("Three views, read by me."));
    }
}
