//! Values of a family's attributes for one service: from its own words first, then from what stands around them.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::coding::procedures::statements::Role;
use crate::extract::Laterality;

use super::Setting;
use super::groups::{Group, of_side, side_of};
use super::passage::Passages;
use super::source::{Attribute, Family, Scope};
use super::table::Value;
use super::values;

/// Values of all attributes for a group, and whether one lacks a part.
pub(super) fn values_of(
    family: &Family,
    passages: &Passages<'_>,
    setting: &Setting<'_>,
    group: &Group,
    several: bool,
) -> (BTreeMap<String, Value>, bool) {
    let mut values: BTreeMap<String, Value> = setting.values();
    let mut lacking = false;
    let side = match group.keys.get("side") {
        Some(side) if several => Some(side.clone()),
        _ => side_of(passages, group).map(|s| {
            match s {
                Laterality::Right => "right",
                Laterality::Left => "left",
                Laterality::Bilateral => "both",
            }
            .to_owned()
        }),
    };
    values.insert("side".to_owned(), side.map_or(Value::Unstated, Value::Word));
    let interspaces = passages.view.facts.interspaces;
    let interspaces = if interspaces > 0 { Value::Number(f64::from(interspaces)) } else { Value::Unstated };
    values.insert("interspaces".to_owned(), interspaces);
    for (name, attribute) in &family.attributes {
        if let (Some(key), super::source::Kind::Choice(_)) = (group.keys.get(name), &attribute.kind) {
            values.insert(name.clone(), Value::Word(key.clone()));
            continue;
        }
        let (mut value, part) = read(family, passages, group, name, attribute, several);
        lacking |= part;
        if value == Value::Unstated
            && let Some(default) = &attribute.default
        {
            value = default.parse().map_or_else(|_| Value::Word(default.clone()), Value::Number);
        }
        values.insert(name.clone(), value);
    }
    (values, lacking)
}

fn read(
    family: &Family,
    passages: &Passages<'_>,
    group: &Group,
    name: &str,
    attribute: &Attribute,
    several: bool,
) -> values::Read {
    let pieces: Vec<Range<usize>> = group.passages.iter().map(|p| p.range.clone()).chain(group.wide.iter().cloned()).collect();
    let statements: BTreeSet<usize> = group.passages.iter().map(|p| p.statement).collect();
    let whole: Vec<Range<usize>> = statements.iter().map(|s| passages.statements[*s].clone()).collect();
    let account: Vec<Range<usize>> = passages.account.iter().map(|(_, r)| r.clone()).collect();
    let mut levels: Vec<Vec<Range<usize>>> = Vec::new();
    if attribute.scope == Scope::Account {
        match group.keys.get("side").filter(|_| several) {
            // Of two sides each has its own account.
            Some(side) => levels.push(of_side(passages, &account, side)),
            // Of two lesions each has its own sentences.
            None if several && !group.passages.is_empty() && !family.each.iter().any(|k| k == "side") => {
                levels.push(pieces.clone());
                levels.push(whole.clone());
                levels.push(line_of(passages, &statements));
                levels.push(account.clone());
            }
            None => levels.push(account.clone()),
        }
    } else {
        // The first passage names it, as a title does; further ones add to it.
        levels.push(pieces.iter().take(1).cloned().collect());
        // "Cystoscopy with removal of a stent" is two pieces of one title.
        let lead = &group.passages[0];
        if passages.role(lead.statement) == Role::Title && !several {
            levels.push(vec![passages.piece_around(lead.statement, &lead.range)]);
        }
        levels.push(pieces);
        if !(several && family.each.iter().any(|k| k == name)) {
            levels.push(whole);
        }
        if several {
            levels.push(line_of(passages, &statements));
        }
        levels.push(following(passages, &statements));
    }
    if attribute.scope == Scope::Note && !(several && family.each.iter().any(|k| k == name)) {
        let titles = (0..passages.statements.len()).filter(|s| passages.role(*s) == Role::Title);
        levels.push(titles.map(|s| passages.statements[s].clone()).collect());
        levels.push(account);
        let all = (0..passages.statements.len()).filter(|s| passages.role(*s) != Role::History);
        levels.push(all.map(|s| passages.statements[s].clone()).collect());
    }
    let stated =
        levels.iter().map(|ranges| values::read(passages, &attribute.kind, ranges)).find(|(value, _)| *value != Value::Unstated);
    // "Shave biopsy of the left cheek, second shave biopsy of the right forearm" are two.
    let counted = || super::lesions::places(passages, &group.passages).filter(|_| attribute.places);
    stated.or_else(|| Some((Value::Number(f64::from(counted()?)), false))).unwrap_or((Value::Unstated, false))
}

/// The other statements of the short lines that passages stand in, with lines of the same letter.
fn line_of(passages: &Passages<'_>, statements: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let own = statements.iter().filter(|s| passages.role(**s) != Role::Title || statements.len() == 1);
    own.flat_map(|s| passages.line(*s).into_iter().chain(passages.labelled(*s))).collect()
}

/// The two statements behind each passage, within its section.
fn following(passages: &Passages<'_>, statements: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let mut list = Vec::new();
    for s in statements.iter().filter(|s| passages.role(**s) != Role::Title) {
        for next in s + 1..(s + 3).min(passages.statements.len()) {
            let (here, there) = (&passages.view.statements[*s], &passages.view.statements[next]);
            if here.section != there.section || statements.contains(&next) {
                break;
            }
            list.push(passages.statements[next].clone());
        }
    }
    list
}
