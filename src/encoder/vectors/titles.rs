//! Which codes share a row of vectors? Those whose titles differ only in side, encounter or trimester.
use std::collections::BTreeMap;

use super::Row;
use crate::codeset::icd10cm::Icd10cm;

/// The rows of a model's code vectors: the families of all billable codes' titles. Training numbers families by these rows.
pub fn billable_families(icd10cm: &Icd10cm) -> Vec<Row> {
    let codes: Vec<(String, String)> =
        icd10cm.billable().map(|i| (icd10cm.undotted(i).to_owned(), icd10cm.title(i).into_owned())).collect();
    title_families(codes.iter().map(|(code, title)| (code.as_str(), title.as_str())))
}

/// Groups codes by what their titles say apart from side, encounter and trimester: one row a group, codes in the
/// order given, the row's text the title without those words. Rows come in the order of their first code.
pub fn title_families<'a>(codes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Row> {
    let mut order: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for (code, title) in codes {
        let text = family_title(title);
        let at = *order.entry(text.clone()).or_insert_with(|| {
            rows.push(Row { text, members: Vec::new() });
            rows.len() - 1
        });
        rows[at].members.push(code.replace('.', ""));
    }
    rows
}

/// A title without the words that only choose among sister codes.
pub fn family_title(title: &str) -> String {
    const SIDES: [&str; 6] = ["right", "left", "bilateral", "unspecified", "side", "sides"];
    let title = title.to_lowercase();
    let parts = title.split(", ").enumerate().filter(|(i, part)| {
        let encounter = part.starts_with("initial encounter") || part.starts_with("subsequent encounter") || *part == "sequela";
        *i == 0 || !(encounter || part.ends_with(" trimester"))
    });
    let parts = parts.map(|(_, part)| part.split_whitespace().filter(|w| !SIDES.contains(w)).collect::<Vec<_>>().join(" "));
    let text = parts.filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    if text.is_empty() { title } else { text }
}
