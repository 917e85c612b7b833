//! Claims with the findings that published rules ask for, scored by rule: `superbill eval --set claims:eval/claims`.
//!
//! A file holds the cases of a family; see `eval/claims/`. A finding is found when its rule and its lines agree. A
//! finding of severity error or warning that no case expects is wrong; advice (info) counts only where a case expects it,
//! and `codeset-coverage` never counts.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::codeset::CodeSets;
use crate::rules::{Border, ClaimFile, Finding, Payers, Severity, newest_edition_end, scrub};

/// Why cases could not be read or run.
#[derive(Debug, thiserror::Error)]
pub enum ClaimsError {
    /// A file or folder could not be read.
    #[error("{path}: cannot be read: {problem}")]
    Unreadable {
        /// Path.
        path: String,
        /// What the system says.
        problem: String,
    },
    /// A file is wrong.
    #[error("{path}: {problem}")]
    Wrong {
        /// Path and case.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<ClaimCase>,
}

/// A claim and what must be found on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCase {
    /// Unique in all files.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Document, section or row that the rule is written in.
    pub source: String,
    /// `rule-id line line …`; none for a clean claim.
    pub expect: Vec<String>,
    /// The flat claim that `superbill scrub` reads.
    claim: toml::Value,
}

/// Findings of one rule over all cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// Expected and found.
    pub right: usize,
    /// Found and not expected.
    pub wrong: usize,
    /// Expected and not found.
    pub missed: usize,
}

/// Counts by rule, and every case that does not hold, in words.
#[derive(Debug, Default)]
pub struct ClaimScores {
    /// Number of cases.
    pub cases: usize,
    /// Of them, those that expect nothing.
    pub clean: usize,
    /// Clean cases on which nothing was found.
    pub clean_right: usize,
    /// By rule.
    pub rules: BTreeMap<String, RuleCounts>,
    /// One line a case with a difference.
    pub differences: Vec<String>,
}

/// Reads every `*.toml` of a folder, by name.
pub fn load(folder: &Path) -> Result<Vec<ClaimCase>, ClaimsError> {
    let unreadable = |path: &Path, error: std::io::Error| ClaimsError::Unreadable {
        path: path.display().to_string(),
        problem: error.to_string(),
    };
    let wrong = |path: &Path, problem: String| ClaimsError::Wrong { path: path.display().to_string(), problem };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        paths.push(entry.map_err(|e| unreadable(folder, e))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let (mut cases, mut ids): (Vec<ClaimCase>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
        let file: CaseFile = toml::from_str(&text).map_err(|e| wrong(&path, e.to_string()))?;
        for case in file.case {
            if !ids.insert(case.id.clone()) {
                return Err(wrong(&path, format!("the id {} is used twice", case.id)));
            }
            cases.push(case);
        }
    }
    match cases.is_empty() {
        true => Err(wrong(folder, "no *.toml with cases".to_owned())),
        false => Ok(cases),
    }
}

/// Scrubs every case and compares.
pub fn score(cases: &[ClaimCase], code_sets: &CodeSets, payers: &Payers) -> Result<ClaimScores, ClaimsError> {
    let mut scores = ClaimScores { cases: cases.len(), ..ClaimScores::default() };
    let end = newest_edition_end(code_sets);
    let border = Border { payers, newest_edition_end: end, default_date: end };
    for case in cases {
        let wrong = |problem: String| ClaimsError::Wrong { path: case.id.clone(), problem };
        let json = serde_json::to_string(&case.claim).map_err(|error| wrong(error.to_string()))?;
        let file = ClaimFile::from_json(&json, border).map_err(|error| wrong(error.to_string()))?;
        let scrubbed = scrub(&file, &case.id, code_sets, payers).ok_or_else(|| wrong("its payer is not known".to_owned()))?;
        compare(case, &scrubbed.findings, &mut scores);
    }
    Ok(scores)
}

/// `rule-id line line …`.
fn key(finding: &Finding) -> String {
    finding.lines.iter().fold(finding.rule.to_string(), |text, line| format!("{text} {line}"))
}

fn compare(case: &ClaimCase, findings: &[Finding], scores: &mut ClaimScores) {
    // A rule named without lines is met by any finding of it.
    let expects = |key: &str| {
        case.expect.iter().any(|wanted| wanted == key || (!wanted.contains(' ') && key.split(' ').next() == Some(wanted)))
    };
    let counted: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding.rule != "codeset-coverage")
        .map(|finding| (key(finding), finding.severity))
        .filter(|(key, severity)| *severity != Severity::Info || expects(key))
        .map(|(key, _)| key)
        .collect();
    let rule_of = |key: &str| key.split(' ').next().unwrap_or_default().to_owned();
    let mut differences = Vec::new();
    for key in &counted {
        let counts = scores.rules.entry(rule_of(key)).or_default();
        if expects(key) {
            counts.right += 1;
        } else {
            counts.wrong += 1;
            differences.push(format!("found {key}"));
        }
    }
    for wanted in &case.expect {
        let met = counted.iter().any(|key| key == wanted || (!wanted.contains(' ') && rule_of(key) == *wanted));
        if !met {
            scores.rules.entry(rule_of(wanted)).or_default().missed += 1;
            differences.push(format!("missed {wanted}"));
        }
    }
    if case.expect.is_empty() {
        scores.clean += 1;
        scores.clean_right += usize::from(counted.is_empty());
    }
    if !differences.is_empty() {
        scores.differences.push(format!("{} ({}): {}", case.id, case.title, differences.join(", ")));
    }
}

impl RuleCounts {
    /// Of what was found, how much was expected; 1 where nothing was found.
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }
    /// Of what was expected, how much was found; 1 where nothing was expected.
    pub fn recall(&self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl ClaimScores {
    /// All rules together.
    pub fn total(&self) -> RuleCounts {
        self.rules.values().fold(RuleCounts::default(), |sum, counts| RuleCounts {
            right: sum.right + counts.right,
            wrong: sum.wrong + counts.wrong,
            missed: sum.missed + counts.missed,
        })
    }

    /// A table by rule, the totals, and what does not hold.
    pub fn table(&self) -> String {
        let mut text =
            format!("{:<34} {:>6} {:>6} {:>6} {:>10} {:>8}\n", "rule", "right", "wrong", "missed", "precision", "recall");
        let mut row = |name: &str, counts: &RuleCounts| {
            text.push_str(&format!(
                "{name:<34} {:>6} {:>6} {:>6} {:>10.3} {:>8.3}\n",
                counts.right,
                counts.wrong,
                counts.missed,
                counts.precision(),
                counts.recall()
            ));
        };
        self.rules.iter().for_each(|(rule, counts)| row(rule, counts));
        row("all", &self.total());
        text.push_str(&format!("{} cases, {} of {} clean claims without a finding\n", self.cases, self.clean_right, self.clean));
        for difference in &self.differences {
            text.push_str(difference);
            text.push('\n');
        }
        text
    }

    /// As JSON: `{set, documents, metrics: {name: {value, n}}, by_group}`.
    pub fn to_json(&self, set: &str) -> serde_json::Value {
        let metrics = |counts: &RuleCounts| {
            serde_json::json!({
                "precision": {"value": counts.precision(), "n": counts.right + counts.wrong},
                "recall": {"value": counts.recall(), "n": counts.right + counts.missed},
            })
        };
        let by_group: serde_json::Map<String, serde_json::Value> =
            self.rules.iter().map(|(rule, counts)| (rule.clone(), metrics(counts))).collect();
        let mut all = metrics(&self.total());
        all["clean_without_finding"] = serde_json::json!({"value": ratio(self.clean_right, self.clean), "n": self.clean});
        serde_json::json!({
            "set": set, "documents": self.cases, "metrics": all, "by_group": by_group, "differences": self.differences,
        })
    }
}
