//! A claim checked: what `superbill scrub` and `/v1/scrub` answer.
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::tables::answering_edition;
use super::{ClaimFile, ClaimView, Finding, NoteView, Payers, check_all};
use crate::codeset::CodeSets;
use crate::note::Context;

/// The answer for one claim.
#[derive(Clone, Debug, Serialize)]
pub struct Scrubbed {
    /// The caller's id, or the input's name.
    pub encounter_id: String,
    /// Context as used, defaults marked.
    pub context: Context,
    /// Edition of every loaded table.
    pub code_sets: BTreeMap<String, String>,
    /// Errors first.
    pub findings: Vec<Finding>,
    /// Digests.
    pub audit: Audit,
}

/// Digests that tie an answer to its input and its tables; only the store chains records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// SHA-256 of input and editions.
    pub id: String,
    /// SHA-256 of input, editions and findings.
    pub hash: String,
    /// Always `null` here.
    pub previous: Option<String>,
}

/// Runs every rule over a claim. `name` stands in for a missing id.
pub fn scrub(file: &ClaimFile, name: &str, code_sets: &CodeSets, payers: &Payers) -> Option<Scrubbed> {
    let payer = payers.get(&file.context.payer)?;
    let note =
        file.mentions.as_ref().map(|mentions| NoteView { mentions, relations: &file.relations, policy: file.options.policy });
    let view = ClaimView::new(&file.context, &file.claim.diagnoses, &file.claim.lines, code_sets, payer, note)
        .supporting(file.em.as_ref().and_then(|em| em.get("code")).and_then(serde_json::Value::as_str));
    let findings = check_all(&view);
    let editions = editions(code_sets, file.context.date_of_service);
    let audit = audit(file, &editions, &findings);
    Some(Scrubbed {
        encounter_id: file.encounter_id.clone().unwrap_or_else(|| name.to_owned()),
        context: file.context.clone(),
        code_sets: editions,
        findings,
        audit,
    })
}

/// The edition of every loaded table that answers for a date.
pub fn editions(code_sets: &CodeSets, date: Date) -> BTreeMap<String, String> {
    let tables: BTreeSet<&str> = code_sets.editions().iter().map(|edition| edition.table.as_str()).collect();
    let answering = tables.into_iter().filter_map(|table| answering_edition(code_sets, table, date));
    answering.map(|edition| (edition.table.clone(), edition.edition.clone())).collect()
}

/// Last day of the newest loaded edition of any table; dates of service are bounded by it.
pub fn newest_edition_end(code_sets: &CodeSets) -> Date {
    let stated = code_sets.editions().iter().filter_map(|edition| edition.through).max();
    let diagnoses = code_sets.icd10cm.newest().through;
    stated.map_or(diagnoses, |stated| stated.max(diagnoses))
}

fn audit(file: &ClaimFile, editions: &BTreeMap<String, String>, findings: &[Finding]) -> Audit {
    let mut digest = Sha256::new();
    for part in [
        serde_json::to_vec(&file.context),
        serde_json::to_vec(&file.claim),
        serde_json::to_vec(&file.mentions),
        serde_json::to_vec(&file.relations),
        serde_json::to_vec(editions),
    ] {
        let bytes = part.unwrap_or_default();
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    let id = hexadecimal(&digest.clone().finalize());
    digest.update(serde_json::to_vec(findings).unwrap_or_default());
    Audit { id, hash: hexadecimal(&digest.finalize()), previous: None }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
