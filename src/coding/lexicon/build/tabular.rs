//! Official titles and inclusion terms.
use std::collections::BTreeSet;

use super::super::entry::{CodeId, FamilyId, Source, Target};
use super::super::families::{is_other, without_encounter};
use super::{Builder, CodeRow, without_brackets};

/// Adds titles and inclusion terms; `billable` are the codes in order, `keys` the key of each family.
pub(super) fn read(builder: &mut Builder, codes: &[CodeRow], billable: &[(&str, &str)], keys: &[Vec<String>]) {
    let mut done: BTreeSet<FamilyId> = BTreeSet::new();
    let mut sizes = vec![0usize; keys.len()];
    for row in &builder.rows {
        if let Some(n) = sizes.get_mut(row.family.0 as usize) {
            *n += 1;
        }
    }
    for (n, (_, title)) in billable.iter().enumerate() {
        let Some(family) = builder.rows.get(n).map(|r| r.family) else { continue };
        if !done.insert(family) {
            continue;
        }
        let single = sizes.get(family.0 as usize).is_none_or(|n| *n < 2);
        let target = if single { Target::Code(CodeId(n as u32)) } else { Target::Family(family) };
        let title = without_encounter(title);
        let source = source_of(title);
        if let Some(key) = keys.get(family.0 as usize) {
            builder.add_key(key, source, target);
        }
        variants(builder, title, source, target);
    }
    for row in codes {
        let Some(target) = builder.target(&row.code) else { continue };
        if !row.billable {
            let title = without_encounter(&row.title);
            builder.add(title, source_of(title), target);
            variants(builder, title, source_of(title), target);
        }
        for term in &row.inclusion {
            builder.add(term, Source::Inclusion, target);
            builder.add(&without_brackets(term), Source::Inclusion, target);
        }
    }
}

fn source_of(title: &str) -> Source {
    if is_other(title) { Source::TitleOther } else { Source::Title }
}

/// Ways in which notes say a title.
fn variants(builder: &mut Builder, title: &str, source: Source, target: Target) {
    let plain = without_brackets(title);
    if plain.len() != title.len() {
        builder.add(&plain, source, target);
    }
    if let Some(rest) = plain.strip_prefix("Personal history of ") {
        builder.add(&format!("history of {rest}"), source, target);
    }
    if let Some(rest) = plain.strip_prefix("Presence of ") {
        builder.add(rest, source, target);
    }
    if let Some(rest) = plain.strip_prefix("Acquired absence of ") {
        builder.add(&format!("absence of {rest}"), source, target);
    }
    if let Some(rest) = plain.strip_prefix("Encounter for ") {
        builder.add(rest, source, target);
    }
}
