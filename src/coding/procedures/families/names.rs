//! Lists of services that their names alone decide: one line names a code and the words that mean it.
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::pattern::Pattern;
use super::source::Family;
use super::table::DecisionTable;

/// Services that their names alone decide: a family each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    name: String,
    #[serde(default)]
    unless: Vec<Spanned<String>>,
    #[serde(default)]
    never: Vec<Spanned<String>>,
    #[serde(default)]
    test: bool,
    /// Only for notes of a few lines, where the name suffices.
    #[serde(default)]
    short: bool,
    /// A line each: what is reported, `=`, patterns separated by ` / `.
    list: Spanned<String>,
}

/// The families of a list of names; a fault is its byte and what is wrong.
pub(super) fn families(specialty: &str, group: Group, text: &str) -> Result<Vec<Family>, (usize, String)> {
    let patterns = |list: &[Spanned<String>]| -> Result<Vec<Pattern>, (usize, String)> {
        list.iter().map(|p| Pattern::parse(p.get_ref()).map_err(|e| (p.span().start, e))).collect()
    };
    let (unless, never) = (patterns(&group.unless)?, patterns(&group.never)?);
    let mut families = Vec::new();
    let mut at = group.list.span().start + text.get(group.list.span().start..).map_or(0, |t| t.find('\n').unwrap_or(0) + 1);
    for line in group.list.get_ref().lines() {
        let here = at;
        at += line.len() + 1;
        if line.trim().is_empty() {
            continue;
        }
        let fault = |problem: String| (here, problem);
        let (lines, names) = line.split_once('=').ok_or_else(|| fault("a line is `code = words`".to_owned()))?;
        let find: Result<Vec<Pattern>, String> = names.split(" / ").map(Pattern::parse).collect();
        let table = DecisionTable::parse(&format!("lines\n{}", lines.trim())).map_err(|(_, problem)| fault(problem))?;
        families.push(Family {
            id: format!("named-{}", lines.trim()),
            name: group.name.clone(),
            specialty: specialty.to_owned(),
            source: format!("CPT {}", lines.trim()),
            find: find.map_err(fault)?,
            told: Vec::new(),
            unless: unless.clone(),
            never: never.clone(),
            test: group.test,
            visit: false,
            stated: group.short,
            short: group.short,
            distinct: false,
            each: Vec::new(),
            sum: None,
            lesion: false,
            included_in: Vec::new(),
            only_with: Vec::new(),
            vaccine: None,
            attributes: BTreeMap::new(),
            table,
            table_line: text.get(..here).map_or(1, |t| t.matches('\n').count()),
        });
    }
    Ok(families)
}

#[cfg(test)]
mod tests {
    use crate::coding::procedures::families::source::parse;

    #[test]
    fn each_line_is_a_family() {
        let list =
            |line: &str| format!("specialty = \"x\"\n[[named]]\nname = \"b\"\nlist = \"\"\"\n66180 = ahmed\n{line}\n\"\"\"\n");
        let two = parse("f.toml", &list("43261 = ercp biops* / cholangiopancreatogra* biops*")).expect("two families");
        assert_eq!((two.len(), two[1].find.len(), two[1].id.as_str()), (2, 2, "named-43261"));
        let fault = |text: String| parse("f.toml", &text).expect_err("a fault").to_string();
        assert_eq!(fault(list("4326 = ercp")), "f.toml:6: `4326` is no CPT or HCPCS code");
    }
}
