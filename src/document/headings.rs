//! From the words of a heading to what its section is for: a table of spellings, and keywords for what the table lacks.
use std::collections::HashMap;
use std::sync::LazyLock;

use super::SectionKind;

/// What a heading does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Opens a section of this kind.
    Section(SectionKind),
    /// Names the operation, or opens its description.
    Procedure,
    /// Physical examination, or the name of an imaging study.
    Exam,
    /// Organ system or region inside a review of systems or an examination.
    System,
    /// A heading only inside a history section.
    HistoryPart,
    /// Part of the section it stands in.
    Part,
}

struct Table {
    roles: HashMap<&'static str, Role>,
    bare: HashMap<&'static str, Role>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { roles: HashMap::new(), bare: HashMap::new() };
    for line in include_str!("headings.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((role, spellings)) = line.split_once('\t') else { continue };
        let Some(role) = role_named(role) else { continue };
        for spelling in spellings.split(';').map(str::trim) {
            let plain = spelling.trim_start_matches('<').trim_end_matches('>');
            if plain.len() != spelling.len() {
                table.bare.insert(plain, role);
            }
            table.roles.entry(plain).or_insert(role);
        }
    }
    table
});

fn role_named(name: &str) -> Option<Role> {
    Some(match name {
        "procedure" => Role::Procedure,
        "exam" => Role::Exam,
        "system" => Role::System,
        "history_part" => Role::HistoryPart,
        "part" => Role::Part,
        kind => Role::Section(serde_json::from_value(serde_json::Value::from(kind)).ok()?),
    })
}

/// The role of a heading by the table; `normalised` comes from [`normalise`].
pub(super) fn lookup(normalised: &str) -> Option<Role> {
    TABLE.roles.get(normalised).copied()
}

/// The role of an abbreviation that may lead a line without a colon (`PMH diabetes`).
pub(super) fn lookup_bare(normalised: &str) -> Option<Role> {
    TABLE.bare.get(normalised).copied()
}

/// Lower case, parentheses dropped, everything that is no letter or digit one blank, numbers at both ends dropped.
pub(super) fn normalise(heading: &str) -> String {
    let mut out = String::with_capacity(heading.len());
    let mut depth = 0usize;
    for c in heading.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '\'' | '’' => {
                if depth == 0 && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if depth > 0 => {}
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if out.is_empty() || out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    let is_number = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let words: Vec<&str> = out.split(' ').filter(|w| !w.is_empty()).collect();
    let from = words.iter().position(|w| !is_number(w)).unwrap_or(words.len());
    let to = words.iter().rposition(|w| !is_number(w)).map_or(from, |i| i + 1);
    words[from..to].join(" ")
}

/// The role of a heading that the table does not know, by its keywords.
pub(super) fn by_keyword(normalised: &str) -> Option<Role> {
    use SectionKind as K;
    let has = |word: &str| normalised.split(' ').any(|w| w == word);
    let any = |words: &[&str]| words.iter().any(|w| has(w));
    let starts = |prefix: &str| normalised.starts_with(prefix);
    let kind = if any(&["diagnosis", "diagnoses", "dx"]) {
        if any(&["preoperative", "preop", "preprocedure"]) || starts("pre ") {
            K::PreoperativeDiagnosis
        } else if any(&["postoperative", "postop", "postprocedure"]) || starts("post ") {
            K::PostoperativeDiagnosis
        } else {
            K::Assessment
        }
    } else if starts("ros ") {
        K::ReviewOfSystems
    } else if starts("exam ") {
        K::PhysicalExam
    } else if starts("indication") {
        K::Indications
    } else if starts("reason for") {
        K::ChiefComplaint
    } else if starts("description of")
        || starts("details of")
        || normalised.ends_with("in detail")
        || normalised.ends_with("technique")
    {
        K::ProcedureDescription
    } else if has("history") {
        history_kind(normalised)
    } else if any(&["allergies", "allergy"]) {
        K::Allergies
    } else if any(&["medications", "meds", "medication"]) {
        K::Medications
    } else if any(&["impression", "assessment"]) {
        if any(&["plan", "recommendations", "recommendation"]) { K::AssessmentAndPlan } else { K::Assessment }
    } else if any(&["instructions", "followup", "disposition"]) || normalised.contains("follow up") {
        K::Instructions
    } else if any(&["plan", "recommendations", "recommendation"]) {
        K::Plan
    } else if any(&["examination", "exam"]) {
        return Some(Role::Exam);
    } else if any(&["findings"]) {
        K::Findings
    } else if any(&["anesthesia", "sedation"]) {
        K::Anesthesia
    } else if any(&[
        "complications",
        "specimens",
        "specimen",
        "drains",
        "tourniquet",
        "implants",
        "implant",
        "hardware",
        "counts",
    ]) {
        K::OperativeDetails
    } else if any(&["performed"]) || starts("title of") || starts("name of") {
        K::ProcedurePerformed
    } else if any(&[
        "laboratory",
        "labs",
        "studies",
        "results",
        "xray",
        "radiograph",
        "radiographs",
        "mri",
        "ct",
        "ultrasound",
        "ekg",
        "ecg",
    ]) || any(&["echocardiogram", "radiology", "imaging", "pathology", "mammogram"])
        || normalised.contains("x ray")
    {
        K::Results
    } else if has("vital") || has("vitals") {
        K::Vitals
    } else {
        return None;
    };
    Some(Role::Section(kind))
}

fn history_kind(normalised: &str) -> SectionKind {
    use SectionKind as K;
    let has = |word: &str| normalised.split(' ').any(|w| w == word);
    if has("family") {
        K::FamilyHistory
    } else if has("social") || has("tobacco") || has("alcohol") || has("substance") {
        K::SocialHistory
    } else if has("surgical") && !has("medical") {
        K::PastSurgicalHistory
    } else if has("present") || has("interval") || has("interim") || has("presenting") {
        K::HistoryOfPresentIllness
    } else if has("medication") || has("medications") {
        K::Medications
    } else {
        K::PastMedicalHistory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        for line in include_str!("headings.tsv").lines().filter(|l| !l.starts_with('#')) {
            let (role, spellings) = line.split_once('\t').expect("role, tab, spellings");
            let role_value = role_named(role).unwrap_or_else(|| panic!("unknown role {role}"));
            for spelling in spellings.split(';') {
                let plain = spelling.trim().trim_matches(['<', '>']);
                assert_eq!(normalise(plain), plain, "not in normal form");
                assert_eq!(lookup(plain), Some(role_value), "{plain} stands in two rows");
            }
        }
    }

    #[test]
    fn spellings_meet() {
        for (a, b) in
            [("A/P", "A&P"), ("ASSESSMENT & PLAN", "Assessment/Plan"), ("PREOPERATIVE DIAGNOSIS(ES)", "Preoperative  Diagnosis")]
        {
            assert_eq!(normalise(a), normalise(b));
        }
        assert_eq!(by_keyword(&normalise("PERTINENT ONCOLOGY DIAGNOSES")), Some(Role::Section(SectionKind::Assessment)));
        assert_eq!(by_keyword("left main coronary artery"), None);
    }
}
