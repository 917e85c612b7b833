//! Codes by number or by words, over every code system.
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::CodeSets;
use super::icd10cm::{IcdIndex, IcdStatus, search};
use super::lists::PcsCode;
use super::procedures::{ProcedureIndex, ProcedureValidity};

/// Code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Diagnoses.
    Icd10cm,
    /// Procedures, CPT numbers.
    Cpt,
    /// Procedures and supplies, HCPCS Level II.
    Hcpcs,
    /// Inpatient procedures (only where a table was imported).
    Icd10pcs,
}

impl System {
    /// By the name that the command line and the endpoint use.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "icd10cm" => Self::Icd10cm,
            "cpt" => Self::Cpt,
            "hcpcs" => Self::Hcpcs,
            "icd10pcs" => Self::Icd10pcs,
            _ => return None,
        })
    }
}

/// One code found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// `icd10cm`, `cpt`, `hcpcs` or `icd10pcs`.
    pub system: &'static str,
    /// The code.
    pub code: String,
    /// Official title (ICD-10-CM) or our own short descriptor.
    pub title: String,
    /// Whether it may be reported on the date; `null` where the loaded tables do not tell.
    pub billable: Option<bool>,
    /// First day on which the loaded tables have it; `null` where not known.
    pub valid_from: Option<Date>,
    /// Last day; `null` while it is in force or not known.
    pub valid_to: Option<Date>,
    /// 1 for the code itself, below that how well the words fit.
    pub score: f32,
}

/// The codes that fit, best first, at most `limit`; billability on `date`, else at the end of the newest edition.
pub fn find(sets: &CodeSets, query: &str, system: Option<System>, date: Option<Date>, limit: usize) -> Vec<Found> {
    let wants = |one: System| system.is_none_or(|s| s == one);
    let newest = sets.icd10cm.newest().through;
    let date = date.unwrap_or(newest);
    let mut found = Vec::new();
    if wants(System::Icd10cm) {
        match sets.icd10cm.find(query) {
            Some(i) => found.push(diagnosis(sets, i, date, 1.0)),
            None => {
                let mut hits: BTreeMap<IcdIndex, f32> = sets.icd10cm.search(query, limit).into_iter().collect();
                for (i, score) in by_index(sets, query) {
                    let best = hits.entry(i).or_default();
                    *best = best.max(score);
                }
                found.extend(hits.into_iter().map(|(i, score)| diagnosis(sets, i, date, score)));
            }
        }
    }
    if wants(System::Cpt) || wants(System::Hcpcs) {
        let of_system = |i: ProcedureIndex| {
            let system = sets.procedures.system(i);
            (wants(System::Cpt) && system == "cpt") || (wants(System::Hcpcs) && system == "hcpcs")
        };
        match sets.procedures.find(query).filter(|i| of_system(*i)) {
            Some(i) => found.push(procedure(sets, i, date, 1.0)),
            None => {
                let hits = sets.procedures.search(query, usize::MAX).into_iter().filter(|(i, _)| of_system(*i));
                found.extend(hits.take(limit).map(|(i, s)| procedure(sets, i, date, s)));
            }
        }
    }
    if wants(System::Hcpcs) {
        found.extend(hcpcs_only(sets, query, date));
    }
    if wants(System::Icd10pcs) {
        found.extend(inpatient(sets, query, date));
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.code.cmp(&b.code)));
    found.truncate(limit);
    found
}

/// Diagnoses to which terms of the imported alphabetic index lead, neoplasm and drug tables among it; an index that is not
/// imported, or cannot be read, gives none. A term says less surely than a title what a code is.
fn by_index(sets: &CodeSets, query: &str) -> Vec<(IcdIndex, f32)> {
    let wanted = search::tokens(query);
    let terms = sets.lists.index().unwrap_or_default();
    if wanted.is_empty() {
        return Vec::new();
    }
    let scored = terms.iter().filter(|term| !term.code.is_empty()).filter_map(|term| {
        let score = search::score(&wanted, &term.term) * 0.9;
        // `C79.8-` stands for what is below C79.8.
        let code = term.code.trim_end_matches('-').trim_end_matches('.');
        (score > 0.0).then(|| sets.icd10cm.find(code)).flatten().map(|i| (i, score))
    });
    scored.collect()
}

/// Codes of an imported HCPCS edition that the catalogue does not have.
fn hcpcs_only(sets: &CodeSets, query: &str, date: Date) -> Vec<Found> {
    let Some(table) = sets.procedures.hcpcs(date) else { return Vec::new() };
    let (wanted, code) = (search::tokens(query), query.trim().to_ascii_uppercase());
    let own = table.all().filter(|(c, _)| sets.procedures.find(c).is_none());
    let scored = own.filter_map(|(c, title)| {
        let score = if c == code { 1.0 } else { search::score(&wanted, title) };
        (score > 0.0 && !wanted.is_empty()).then_some((c, title, score))
    });
    let as_found = |(code, title, score): (&str, &str, f32)| {
        let (valid_from, valid_to) = table.period(code).unwrap_or_default();
        Found {
            system: "hcpcs",
            code: code.to_string(),
            title: title.to_string(),
            billable: table.validity(code, date).map(|v| v == ProcedureValidity::Valid),
            valid_from,
            valid_to,
            score,
        }
    };
    scored.map(as_found).collect()
}

/// Codes of an imported ICD-10-PCS edition; a list that cannot be read gives none.
fn inpatient(sets: &CodeSets, query: &str, date: Date) -> Vec<Found> {
    let Ok(Some(codes)) = sets.lists.icd10pcs(date) else { return Vec::new() };
    let (wanted, code) = (search::tokens(query), query.trim().to_ascii_uppercase());
    let as_found = |code: &String, pcs: &PcsCode, score| Found {
        system: "icd10pcs",
        code: code.clone(),
        title: pcs.title.clone(),
        billable: Some(pcs.billable),
        valid_from: None,
        valid_to: None,
        score,
    };
    if let Some(pcs) = codes.get(&code) {
        return vec![as_found(&code, pcs, 1.0)];
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let scored = codes.iter().map(|(code, pcs)| (code, pcs, search::score(&wanted, &pcs.title)));
    scored.filter(|(.., score)| *score > 0.0).map(|(code, pcs, score)| as_found(code, pcs, score)).collect()
}

fn diagnosis(sets: &CodeSets, i: IcdIndex, date: Date, score: f32) -> Found {
    let icd = &sets.icd10cm;
    let billable = match icd.validity_of(Some(i), date).status {
        IcdStatus::Billable => Some(true),
        IcdStatus::Header | IcdStatus::NotValid => Some(false),
        IcdStatus::Undetermined => None,
    };
    let period = icd.billable_period(i);
    Found {
        system: "icd10cm",
        code: icd.code(i),
        title: icd.title(i).into_owned(),
        billable,
        valid_from: period.map(|p| p.0),
        valid_to: period.and_then(|p| p.1),
        score,
    }
}

fn procedure(sets: &CodeSets, i: ProcedureIndex, date: Date, score: f32) -> Found {
    let procedures = &sets.procedures;
    let code = procedures.code(i);
    // A practice's licensed descriptor says more than our own.
    let licensed = sets.lists.cpt_descriptor(code).ok().flatten();
    let (valid_from, valid_to) = procedures.valid_period(i);
    let billable = match procedures.validity(code, date) {
        ProcedureValidity::Valid => Some(true),
        ProcedureValidity::NotYet(_) | ProcedureValidity::Deleted(_) | ProcedureValidity::GoneBy2026 => Some(false),
        ProcedureValidity::Unknown => None,
    };
    Found {
        system: procedures.system(i),
        code: code.to_string(),
        title: licensed.unwrap_or(procedures.descriptor(i)).to_string(),
        billable,
        valid_from,
        valid_to,
        score,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::civil::date;

    use super::*;

    fn lookup(query: &str, system: Option<System>, on: Option<Date>) -> Vec<Found> {
        let sets = CodeSets::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets")).expect("the embedded tables open");

        find(&sets, query, system, on, 3)
    }

    #[test]
    fn a_code_gives_itself_on_the_date() {
        let found = lookup("g35", None, Some(date(2025, 9, 30)));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code.as_str(), found[0].billable, found[0].score), ("G35", Some(true), 1.0));
        assert_eq!(found[0].valid_to, Some(date(2025, 9, 30)));
        assert_eq!(lookup("G35", None, None)[0].billable, Some(false));
        let ended = lookup("92921", None, Some(date(2026, 5, 4)));
        assert_eq!((ended[0].system, ended[0].billable, ended[0].valid_to), ("cpt", Some(false), Some(date(2025, 12, 31))));
    }

    #[test]
    fn words_give_the_best_titles_first() {
        let found = lookup("hereditary telangiectasia", Some(System::Icd10cm), None);
        assert_eq!(found[0].code, "I78.0");
        assert!(lookup("nose endoscope", Some(System::Cpt), None).iter().any(|f| f.code == "31231"));
        assert!(lookup("nose endoscope", Some(System::Icd10pcs), None).is_empty());
        assert!(lookup("xyzzy", None, None).is_empty());
        let json = serde_json::to_value(&found[0]).expect("JSON");
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["system", "code", "title", "billable", "valid_from", "valid_to", "score"]);
    }
}
