//! Authored visits (`eval/em/*.toml`): each written from a published rule, leveled with its own diagnoses and compared.
//!
//! This measures leveling alone: the diagnoses stand in the case. Levels are compared as an auditor would: exact; how
//! far off, over or under; another kind of service.
use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::{Diagnosis, Line};
use crate::codeset::CodeSets;
use crate::document::{self, Span, facts::resolve_context};
use crate::em::{self, EmResult, Input, PayerTerms, Verdict, levels_apart};
use crate::note::{Encounter, NoteType, Patient, PriorProcedure};
use crate::rules::Payers;
use crate::train::data::{DataError, files_of, read_text, wrong_toml};

#[derive(Deserialize)]
struct File {
    case: Vec<EmCase>,
}

/// One authored visit. Defaults: date of service 2026-05-04, payer `medicare`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmCase {
    /// File stem; set by [`load`].
    #[serde(skip)]
    pub file: String,
    /// Place in the file, from 1; set by [`load`].
    #[serde(skip)]
    pub place: usize,
    /// Short name.
    pub id: String,
    /// The rule it is written from.
    pub source: String,
    /// The note.
    pub note: String,
    /// Code, and the words of the note for it (the last place counts).
    pub diagnoses: Vec<[String; 2]>,
    /// Codes of other lines on the claim.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Kind of note, where given.
    pub note_type: Option<NoteType>,
    /// Place of service, where given.
    pub place_of_service: Option<String>,
    /// Payer id.
    pub payer: Option<String>,
    /// New patient, where given.
    pub new_patient: Option<bool>,
    /// Age.
    pub age_years: Option<u16>,
    /// Date of service.
    pub date_of_service: Option<Date>,
    /// Other procedures of the patient.
    #[serde(default)]
    pub prior_procedures: Vec<PriorProcedure>,
    /// The E/M code that a coder chose.
    pub documented: Option<String>,
    /// Gold.
    pub expect: Expect,
}

/// What a case expects; only what is stated is compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The code; absent: no visit.
    pub code: Option<String>,
    /// `mdm`, `time`, `preventive` or `none`.
    pub basis: String,
    /// Level of the problems column.
    #[serde(default, deserialize_with = "level_word")]
    pub problems: Option<em::Level>,
    /// Level of the data column.
    #[serde(default, deserialize_with = "level_word")]
    pub data: Option<em::Level>,
    /// Level of the risk column.
    #[serde(default, deserialize_with = "level_word")]
    pub risk: Option<em::Level>,
    /// Documented minutes.
    pub time_minutes: Option<u32>,
    /// Codes of further E/M services, in order.
    pub additional: Option<Vec<String>>,
    /// Modifiers of the visit itself.
    pub modifiers: Option<Vec<String>>,
    /// The documented code judged.
    pub verdict: Option<Verdict>,
    /// Words that one of the needs of the next level must hold; an empty list: there must be none.
    pub needs: Option<Vec<String>>,
}

/// A level by its word in any column; a word that is none would leave its column unmeasured.
fn level_word<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<em::Level>, D::Error> {
    let word = String::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom("no level; expected minimal, low (limited), moderate or high (extensive)");
    em::Level::from_word(&word).map(Some).ok_or_else(wrong)
}

/// Reads every `*.toml` of a folder, in order of file name.
pub fn load(dir: &Path) -> Result<Vec<EmCase>, DataError> {
    let mut all = Vec::new();
    for path in files_of(dir, "toml")? {
        let text = read_text(&path)?;
        let parsed: File = toml::from_str(&text).map_err(|e| wrong_toml(&path, &text, &e))?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        all.extend(parsed.case.into_iter().enumerate().map(|(i, c)| EmCase { file: stem.clone(), place: i + 1, ..c }));
    }
    match all.is_empty() {
        true => Err(DataError::Read { path: dir.to_owned(), reason: "no *.toml with cases".to_owned() }),
        false => Ok(all),
    }
}

/// Levels the visit of a case.
pub fn level(case: &EmCase, code_sets: &CodeSets, payers: &Payers) -> EmResult {
    let document = document::read(&case.note);
    let day = case.date_of_service.unwrap_or(jiff::civil::date(2026, 5, 4));
    let encounter = Encounter {
        date_of_service: Some(day),
        place_of_service: case.place_of_service.clone(),
        payer: case.payer.clone(),
        note_type: case.note_type,
        patient: Patient { new_patient: case.new_patient, age_years: case.age_years, ..Patient::default() },
        prior_procedures: case.prior_procedures.clone(),
        note: case.note.clone(),
        ..Encounter::default()
    };
    let context = resolve_context(&encounter, &document, day);
    let diagnoses: Vec<Diagnosis> = case
        .diagnoses
        .iter()
        .map(|[code, words]| {
            // The last place: the assessment.
            let places = case.note.rmatch_indices(words.as_str()).take(1);
            let evidence = places.map(|(at, w)| document.evidence(Span::new(at, at + w.len()))).collect();
            Diagnosis { code: code.clone(), evidence, ..Diagnosis::default() }
        })
        .collect();
    let lines: Vec<Line> = case.lines.iter().map(|code| Line { code: code.clone(), ..Line::default() }).collect();
    let terms = payers.get(&context.payer).map(crate::engine::payer_terms).unwrap_or_else(PayerTerms::medicare);
    em::level(&Input {
        lines: &lines,
        payer: terms,
        documented: case.documented.as_deref(),
        fee: &|code| em::fee(code_sets, &context, code),
        global_days: &|code| em::global_days(code_sets, &context, code),
        ..Input::of_note(&document, &context, &diagnoses)
    })
}

/// How a case came out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Code and further services are those expected.
    pub code_right: bool,
    /// Code, further services, basis, minutes, modifiers, verdict and needs are those expected.
    pub all_right: bool,
    /// Levels above gold (negative: below); absent where one of the two has no level.
    pub off: Option<i32>,
    /// What differs, in words without the note's.
    pub differs: Vec<String>,
    /// Columns whose level is stated, and right.
    pub columns: (usize, usize),
}

/// Compares a result with what its case expects.
pub fn compare(case: &EmCase, got: &EmResult) -> Outcome {
    let want = &case.expect;
    let mut differs = Vec::new();
    if got.code != want.code {
        differs.push(format!("code {:?} for {:?}", got.code, want.code));
    }
    let further: Vec<&str> = got.additional.iter().map(|a| a.code.as_str()).collect();
    if want.additional.as_ref().is_some_and(|a| *a != further) {
        differs.push(format!("additional {further:?} for {:?}", want.additional));
    }
    let code_right = differs.is_empty();
    let basis = serde_json::to_value(got.basis).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    if basis != want.basis {
        differs.push(format!("basis {basis} for {}", want.basis));
    }
    if want.time_minutes.is_some() && want.time_minutes != got.time_minutes {
        differs.push(format!("minutes {:?} for {:?}", got.time_minutes, want.time_minutes));
    }
    if want.modifiers.as_ref().is_some_and(|m| *m != got.modifiers) {
        differs.push(format!("modifiers {:?} for {:?}", got.modifiers, want.modifiers));
    }
    if want.verdict.is_some_and(|v| v != got.verdict) {
        differs.push(format!("verdict {:?} for {:?}", got.verdict, want.verdict));
    }
    if let Some(needs) = &want.needs {
        let said = |words: &String| got.next_level_needs.iter().any(|n| n.contains(words.as_str()));
        if !needs.iter().all(said) || (needs.is_empty() && !got.next_level_needs.is_empty()) {
            differs.push(format!("needs: {} said", got.next_level_needs.len()));
        }
    }
    let all_right = differs.is_empty();
    let mut columns = (0, 0);
    for (name, want, group) in
        [("problems", want.problems, &got.problems), ("data", want.data, &got.data), ("risk", want.risk, &got.risk)]
    {
        let Some(wanted) = want else { continue };
        columns.0 += 1;
        if group.value() == Some(wanted) {
            columns.1 += 1;
        } else {
            differs.push(format!("{name} {:?} for {}", group.level, wanted.word()));
        }
    }
    let off = got.code.as_deref().zip(want.code.as_deref()).and_then(|(g, w)| levels_apart(g, w));
    Outcome { code_right, all_right, off, differs, columns }
}

/// Shares of a set of cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Cases.
    pub cases: usize,
    /// Code and further services right.
    pub exact: usize,
    /// Basis, minutes, modifiers, verdict and needs right too.
    pub exact_in_all: usize,
    /// The code is right, or its level at most one step off.
    pub within_one: usize,
    /// A higher level than gold.
    pub over: usize,
    /// A lower level than gold.
    pub under: usize,
    /// Another kind of service at the same level, or one without levels.
    pub other_service: usize,
    /// Column levels stated by gold, and right.
    pub columns: (usize, usize),
}

impl Figures {
    fn add(&mut self, outcome: &Outcome, same_code: bool) {
        self.cases += 1;
        self.exact += usize::from(outcome.code_right);
        self.exact_in_all += usize::from(outcome.all_right);
        self.within_one += usize::from(same_code || outcome.off.is_some_and(|o| o.abs() <= 1));
        self.columns.0 += outcome.columns.0;
        self.columns.1 += outcome.columns.1;
        if !same_code {
            match outcome.off {
                Some(o) if o > 0 => self.over += 1,
                Some(o) if o < 0 => self.under += 1,
                _ => self.other_service += 1,
            }
        }
    }
}

/// All cases scored: figures by part (`all`, `odd`, `even` places, each file), and the outcome of each case.
pub fn score(cases: &[EmCase], code_sets: &CodeSets, payers: &Payers) -> (BTreeMap<String, Figures>, Vec<Outcome>) {
    let mut parts: BTreeMap<String, Figures> = BTreeMap::new();
    let mut outcomes = Vec::new();
    for case in cases {
        let got = level(case, code_sets, payers);
        let outcome = compare(case, &got);
        let half = if case.place % 2 == 1 { "odd" } else { "even" };
        for part in ["all", half, case.file.as_str()] {
            parts.entry(part.to_owned()).or_default().add(&outcome, got.code == case.expect.code);
        }
        outcomes.push(outcome);
    }
    (parts, outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> (Vec<EmCase>, CodeSets, Payers) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/em");
        let sets = CodeSets::open(&CodeSets::default_dir().expect("tables are there")).expect("tables open");
        (load(&folder).expect("the cases read"), sets, Payers::embedded().expect("payers read"))
    }

    #[test]
    fn authored_visits_are_leveled_by_the_rule() {
        let (cases, sets, payers) = all();
        let (parts, outcomes) = score(&cases, &sets, &payers);
        println!("{parts:#?}");
        // Cases at even places stay unseen while the rules are worked on: only their figures are printed.
        for (c, o) in cases.iter().zip(&outcomes).filter(|(c, o)| c.place % 2 == 1 && !o.differs.is_empty()) {
            println!("{} {} {}: {:?}", c.file, c.place, c.id, o.differs);
        }
        // Floors at what was measured (docs/em.md has the goal: 95 in 100 exact, 1 overcoded, all within one level).
        let f = &parts["all"];
        assert!(f.exact * 100 >= f.cases * 87, "{f:?}");
        assert!(f.over * 100 <= f.cases * 3 && f.over < f.under, "{f:?}");
        assert!(f.within_one * 100 >= f.cases * 95, "{f:?}");
        assert!(parts["odd"].exact * 100 >= parts["odd"].cases * 97, "{:?}", parts["odd"]);
    }

    #[test]
    fn a_word_that_is_no_level_is_refused_with_its_line() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(load(folder.path()).expect_err("no case").to_string().contains("no *.toml"));
        let case = "[[case]]\nid = \"a\"\nsource = \"s\"\nnote = \"n\"\ndiagnoses = []\n[case.expect]\nbasis = \"mdm\"\nrisk = \"modrate\"\n";
        std::fs::write(folder.path().join("x.toml"), case).expect("write");
        let error = load(folder.path()).expect_err("no level").to_string();
        assert!(error.contains("line 8") && error.contains("moderate"), "{error}");
    }

    #[test]
    fn elements_quote_the_note_and_carry_the_level() {
        let (cases, sets, payers) = all();
        for case in &cases {
            let got = level(case, &sets, &payers);
            let groups = [&got.problems, &got.data, &got.risk];
            for e in groups.iter().flat_map(|g| &g.elements).flat_map(|e| &e.evidence) {
                assert_eq!(case.note.get(e.start..e.end), Some(e.text.as_str()), "{}", case.id);
            }
            if got.basis == em::Basis::Mdm {
                let [a, b, c] = groups.map(|g| g.value().unwrap_or_default());
                let middle = em::Level::two_of_three(a, b, c);
                assert!(got.reason.contains(middle.word()), "{}: {} {middle:?}", case.id, got.reason);
            }
        }
    }
}
