//! The examples in payers' files, run: a claim, the findings that must be there, those that must not.
use serde::Deserialize;
use toml::Spanned;

use super::{Border, ClaimFile, Payers, Severity, newest_edition_end, scrub};
use crate::codeset::CodeSets;

/// An example of a payer's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerExample {
    /// File and line where it stands.
    pub place: String,
    /// What it shows.
    pub title: String,
    /// The claim as JSON, with the payer.
    claim: String,
    expect: Vec<String>,
    silent: Vec<String>,
    clean: bool,
}

/// As written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleFile {
    title: Spanned<String>,
    claim: toml::Value,
    /// Rule ids, each with the lines it must name where stated: `modifier-bilateral 1 2`.
    #[serde(default)]
    expect: Vec<String>,
    /// Rule ids that must not be found.
    #[serde(default)]
    silent: Vec<String>,
    /// No error and no warning at all (`codeset-coverage` does not count).
    #[serde(default)]
    clean: bool,
}

impl ExampleFile {
    /// Where it stands.
    pub(super) fn position(&self) -> usize {
        self.title.span().start
    }

    /// The example of a payer; an example that expects nothing is refused.
    pub(super) fn check(&self, payer: &str, place: String) -> Result<PayerExample, String> {
        let title = self.title.as_ref().clone();
        if self.expect.is_empty() && self.silent.is_empty() && !self.clean {
            return Err(format!("example \"{title}\": states none of expect, silent, clean"));
        }
        let mut claim = serde_json::to_value(&self.claim).map_err(|error| format!("example \"{title}\": {error}"))?;
        match claim.as_object_mut() {
            Some(fields) => fields.entry("payer").or_insert_with(|| payer.into()),
            None => return Err(format!("example \"{title}\": claim: expected a table")),
        };
        Ok(PayerExample {
            place,
            title,
            claim: claim.to_string(),
            expect: self.expect.clone(),
            silent: self.silent.clone(),
            clean: self.clean,
        })
    }
}

/// Runs every payer's examples; returns their number and what does not hold, a line each with file and line.
pub fn run_examples(code_sets: &CodeSets, payers: &Payers) -> (usize, Vec<String>) {
    let examples: Vec<&PayerExample> = payers.iter().flat_map(|payer| &payer.examples).collect();
    let failures = examples.iter().filter_map(|example| failure(example, code_sets, payers)).collect();
    (examples.len(), failures)
}

fn failure(example: &PayerExample, code_sets: &CodeSets, payers: &Payers) -> Option<String> {
    let said = |problem: String| Some(format!("{}: example \"{}\": {problem}", example.place, example.title));
    let end = newest_edition_end(code_sets);
    let border = Border { payers, newest_edition_end: end, default_date: end };
    let file = match ClaimFile::from_json(&example.claim, border) {
        Ok(file) => file,
        Err(error) => return said(error.to_string()),
    };
    let Some(scrubbed) = scrub(&file, "example", code_sets, payers) else {
        return said("its payer is not known".to_owned());
    };
    let found: Vec<String> = scrubbed
        .findings
        .iter()
        .filter(|finding| finding.rule != "codeset-coverage")
        .map(|finding| finding.lines.iter().fold(finding.rule.to_string(), |text, line| format!("{text} {line}")))
        .collect();
    let matches =
        |wanted: &str, found: &str| found == wanted || (!wanted.contains(' ') && found.split(' ').next() == Some(wanted));
    for wanted in &example.expect {
        if !found.iter().any(|found| matches(wanted, found)) {
            return said(format!("expected {wanted}; found {}", listed(&found)));
        }
    }
    for unwanted in &example.silent {
        if let Some(found) = found.iter().find(|found| matches(unwanted, found)) {
            return said(format!("expected no {unwanted}; found {found}"));
        }
    }
    let dirty = scrubbed.findings.iter().any(|f| f.severity != Severity::Info && f.rule != "codeset-coverage");
    match example.clean && dirty {
        true => said(format!("expected a clean claim; found {}", listed(&found))),
        false => None,
    }
}

fn listed(found: &[String]) -> String {
    if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
}
