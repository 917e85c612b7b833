//! A claim as a case states it, and the findings of one rule on it in words.
//!
//! ```toml
//! date = "2024-08-01"
//! diagnoses = ["R04.0", "I78.0"]      # pointers A, B, …
//! lines = ["31238-RT A,B", "99213-25 x1 A"]
//! prior = ["29881-RT 2024-07-01"]     # code-modifiers date [npi]
//! ```
use std::fmt::Write;

use serde::Deserialize;
use superbill::claim::{Claim, Diagnosis, Line};
use superbill::codeset::CodeSets;
use superbill::codeset::import::{ImportOptions, import};
use superbill::codeset::store::Store;
use superbill::document::{Evidence, SectionKind, Span};
use superbill::extract::{Assertion, Laterality, Mention, MentionKind, Relation, RelationKind};
use superbill::note::{Context, NoteType, Patient, Policy, PriorProcedure, Provider, Sex};
use superbill::rules::{ClaimView, Finding, NoteView, Payers, Rule, apply, pointer_letter, sort};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    date: String,
    #[serde(default = "medicare")]
    payer: String,
    #[serde(default = "office")]
    place: String,
    #[serde(default)]
    note_type: Option<NoteType>,
    #[serde(default)]
    age: Option<u16>,
    #[serde(default)]
    sex: Option<Sex>,
    #[serde(default)]
    new_patient: Option<bool>,
    #[serde(default)]
    npi: Option<String>,
    #[serde(default)]
    diagnoses: Vec<String>,
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    prior: Vec<String>,
    /// The note was read: what it says for single diagnoses.
    #[serde(default)]
    note: Option<Vec<Said>>,
    #[serde(default)]
    policy: Policy,
    /// The visit that the note supports.
    #[serde(default)]
    supports: Option<String>,
    /// A coverage table in the plain form, imported as of 2026-01-01.
    #[serde(default)]
    coverage: Option<String>,
}

/// What the note says about the diagnosis of a pointer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(rename = "for")]
    pointer: String,
    text: String,
    #[serde(default = "present")]
    assertion: Assertion,
    #[serde(default)]
    cue: Option<String>,
    #[serde(default)]
    side: Option<Laterality>,
    /// Pointer of the diagnosis that this one is a finding of.
    #[serde(default)]
    finding_of: Option<String>,
}

fn medicare() -> String {
    "medicare".to_owned()
}
fn office() -> String {
    "11".to_owned()
}
fn present() -> Assertion {
    Assertion::Present
}

/// The findings of a rule on the claim of a block, in words; `none` where there are none.
pub fn findings(block: &str, rule: &dyn Rule, code_sets: &CodeSets, payers: &Payers) -> Result<String, String> {
    let block: Block = toml::from_str(block).map_err(|error| error.to_string())?;
    let imported = block.coverage.as_deref().map(with_coverage).transpose()?;
    let code_sets = imported.as_ref().unwrap_or(code_sets);
    let payer = payers.get(&block.payer).ok_or_else(|| format!("no payer {}", block.payer))?;
    let context = Context {
        date_of_service: block.date.parse().map_err(|_| format!("no date: {}", block.date))?,
        place_of_service: block.place.clone(),
        payer: block.payer.clone(),
        note_type: block.note_type.unwrap_or(NoteType::Office),
        patient: Patient { age_years: block.age, sex: block.sex, new_patient: block.new_patient, ..Patient::default() },
        provider: Provider { npi: block.npi.clone(), taxonomy: None },
        prior_procedures: block.prior.iter().map(|text| prior(text)).collect::<Result<_, _>>()?,
        origins: Default::default(),
    };
    let mut diagnoses: Vec<Diagnosis> = block
        .diagnoses
        .iter()
        .enumerate()
        .map(|(index, code)| Diagnosis { pointer: pointer_letter(index), code: code.clone(), ..Diagnosis::default() })
        .collect();
    let lines: Vec<Line> = block.lines.iter().enumerate().map(|(index, text)| line(index, text)).collect::<Result<_, _>>()?;
    let (mentions, relations) = said(block.note.as_deref().unwrap_or_default(), &mut diagnoses)?;
    let note = block.note.is_some().then_some(NoteView { mentions: &mentions, relations: &relations, policy: block.policy });
    let check = |claim: &Claim| {
        let view = ClaimView::new(&context, &claim.diagnoses, &claim.lines, code_sets, payer, note)
            .supporting(block.supports.as_deref());
        let mut found = Vec::new();
        rule.check(&view, &mut found);
        sort(&mut found);
        found
    };
    let claim = Claim { diagnoses, lines };
    let found = check(&claim);
    for finding in &found {
        // A claim that was fixed no longer has the finding.
        if let Some(fixed) = finding.fix.as_ref().and_then(|fix| apply(fix, &claim))
            && check(&fixed).contains(finding)
        {
            return Err(format!("the fix does not mend: {}", finding.message));
        }
    }
    Ok(in_words(&found))
}

/// The embedded tables with a coverage table imported beside them.
fn with_coverage(table: &str) -> Result<CodeSets, String> {
    let data = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = data.path().join("coverage.csv");
    std::fs::write(&path, table).map_err(|error| error.to_string())?;
    let folder = CodeSets::default_dir().map_err(|error| error.to_string())?;
    let sets = CodeSets::open(&folder).map_err(|error| error.to_string())?;
    let options = ImportOptions { effective: Some(jiff::civil::date(2026, 1, 1)), ..ImportOptions::default() };
    import(&Store::of_data(data.path()), &sets, &path, &options).map_err(|error| error.to_string())?;
    CodeSets::open_with(&folder, Some(data.path())).map_err(|error| error.to_string())
}

/// `31238-RT-59 x2 A,B`.
fn line(index: usize, text: &str) -> Result<Line, String> {
    let mut words = text.split_whitespace();
    let mut service = words.next().ok_or("an empty line")?.split('-');
    let mut line = Line {
        number: index as u32 + 1,
        code: service.next().unwrap_or_default().to_owned(),
        modifiers: service.map(str::to_owned).collect(),
        units: 1,
        ..Line::default()
    };
    for word in words {
        match word.strip_prefix('x').map(str::parse) {
            Some(Ok(units)) => line.units = units,
            _ => line.pointers = word.split(',').map(str::to_owned).collect(),
        }
    }
    Ok(line)
}

/// `29881-RT 2024-07-01 1234567893`.
fn prior(text: &str) -> Result<PriorProcedure, String> {
    let mut words = text.split_whitespace();
    let mut service = words.next().ok_or("an empty prior procedure")?.split('-');
    Ok(PriorProcedure {
        code: service.next().unwrap_or_default().to_owned(),
        modifiers: service.map(str::to_owned).collect(),
        date: words.next().and_then(|date| date.parse().ok()).ok_or_else(|| format!("no date: {text}"))?,
        provider_npi: words.next().map(str::to_owned),
    })
}

/// Mentions one after another in an invented note, each the evidence of its diagnosis.
fn said(note: &[Said], diagnoses: &mut [Diagnosis]) -> Result<(Vec<Mention>, Vec<Relation>), String> {
    let mut mentions = Vec::new();
    let mut relations = Vec::new();
    let mut start = 0;
    for (id, said) in note.iter().enumerate() {
        let evidence = Evidence { document: None, start, end: start + said.text.len(), text: said.text.clone() };
        let diagnosis = diagnoses.iter_mut().find(|d| d.pointer == said.pointer);
        diagnosis.ok_or_else(|| format!("no diagnosis {}", said.pointer))?.evidence.push(evidence);
        let cue = said.cue.clone().map(|text| Evidence { document: None, start, end: start + text.len(), text });
        mentions.push(Mention {
            id,
            kind: MentionKind::Problem,
            span: Span::new(start, start + said.text.len()),
            text: said.text.clone(),
            section: SectionKind::Assessment,
            assertion: said.assertion,
            assertions: vec![said.assertion],
            cue,
            laterality: said.side,
            attributes: Default::default(),
            value: None,
            unit: None,
            score: 1.0,
        });
        if let Some(to) = &said.finding_of {
            let to = note.iter().position(|other| &other.pointer == to).ok_or_else(|| format!("nothing said for {to}"))?;
            relations.push(Relation { kind: RelationKind::FindingOf, from: id, to, score: 1.0 });
        }
        start += said.text.len() + 2;
    }
    Ok((mentions, relations))
}

fn in_words(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let lines: Vec<String> = finding.lines.iter().map(u32::to_string).collect();
        let about = match lines.as_slice() {
            [] => String::new(),
            [line] => format!(", line {line}"),
            _ => format!(", lines {}", lines.join(" ")),
        };
        let codes = if finding.codes.is_empty() { String::new() } else { format!(", {}", finding.codes.join(" ")) };
        let _ = writeln!(text, "{}{about}{codes}", finding.severity.as_str());
        let _ = writeln!(text, "    {}", finding.message);
        if let Some(fix) = &finding.fix {
            let _ = writeln!(text, "    fix: {}", serde_json::to_string(fix).unwrap_or_default());
        }
        // The edition is left out: it changes with the tables and not with the rule.
        let _ = writeln!(text, "    source: {}, {}", finding.source.title, finding.source.locator);
    }
    if text.is_empty() { "none".to_owned() } else { text.trim_end().to_owned() }
}
