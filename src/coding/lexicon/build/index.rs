//! Alphabetic index: paths of terms, with non-essential modifiers, See and See also.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::super::container::LexiconError;
use super::super::entry::{Source, Target};
use super::Builder;

struct Row {
    level: usize,
    term: String,
    see: Vec<String>,
    modifiers: Vec<String>,
    code: String,
}

/// A coded path under a main term.
type Below = Vec<(Vec<String>, Target)>;

/// Adds all phrases of the index.
pub(super) fn read(builder: &mut Builder, path: &Path) -> Result<(), LexiconError> {
    let rows = rows(path)?;
    let mut open: BTreeMap<usize, String> = BTreeMap::new();
    let mut main_modifiers: Vec<String> = Vec::new();
    let mut below: HashMap<String, Below> = HashMap::new();
    let mut references: Vec<(Vec<String>, String)> = Vec::new();
    for row in &rows {
        open.split_off(&row.level);
        open.insert(row.level, row.term.clone());
        if row.level == 0 {
            main_modifiers.clone_from(&row.modifiers);
        }
        let terms: Vec<String> = open.values().cloned().collect();
        if let Some(target) = builder.target(&row.code) {
            let phrase = terms.join(" ");
            builder.add(&phrase, Source::Index, target);
            let own = if row.level == 0 { &[][..] } else { &row.modifiers[..] };
            let inherited = if row.level <= 1 { &main_modifiers[..] } else { &[][..] };
            for m in own.iter().chain(inherited) {
                builder.add(&format!("{phrase} {m}"), Source::IndexSee, target);
            }
            if let Some((first, rest)) = terms.split_first() {
                for form in forms(first) {
                    builder.add(&format!("{form} {}", rest.join(" ")), Source::IndexSee, target);
                }
                if row.level <= 4 {
                    // References name one form of "Diabetes, diabetic".
                    let short = first.split(',').next().unwrap_or(first);
                    below.entry(short.to_lowercase()).or_default().push((rest.to_vec(), target));
                }
            }
        }
        if row.level <= 2 {
            references.extend(row.see.iter().map(|s| (terms.clone(), s.clone())));
        }
    }
    for (terms, see) in references {
        for goal in see.split(';') {
            follow(builder, &below, &terms, goal);
        }
    }
    Ok(())
}

/// Adds what stands under the goal of a See, said with the words of the referring term.
fn follow(builder: &mut Builder, below: &HashMap<String, Below>, terms: &[String], goal: &str) {
    let parts: Vec<String> = goal.split(',').map(|p| p.trim().to_lowercase()).filter(|p| !p.is_empty()).collect();
    let Some((main, need)) = parts.split_first() else { return };
    let Some(list) = below.get(main.trim_start_matches("also ")) else { return };
    let wide = list.len() > 400 && need.is_empty();
    for (path, target) in list {
        if wide && path.len() > 1 {
            continue;
        }
        let lower: Vec<String> = path.iter().map(|p| p.to_lowercase()).collect();
        let all = need.iter().all(|n| lower.iter().any(|p| p.starts_with(n.as_str())));
        if all {
            let rest =
                path.iter().zip(&lower).filter(|(_, l)| !need.iter().any(|n| l.starts_with(n.as_str()))).map(|(p, _)| p.as_str());
            let phrase: Vec<&str> = terms.iter().map(String::as_str).chain(rest).collect();
            builder.add(&phrase.join(" "), Source::IndexSee, *target);
        }
    }
}

/// Single forms of a main term that lists several ("Abdomen, abdominal"; "Disease, diseased").
fn forms(term: &str) -> Vec<&str> {
    let all: Vec<&str> = term.split(", ").flat_map(|t| t.split(" or ")).map(str::trim).filter(|t| t.len() > 4).collect();
    if all.len() > 1 { all } else { Vec::new() }
}

fn rows(path: &Path) -> Result<Vec<Row>, LexiconError> {
    let wrong = |what: String| LexiconError::Source { path: path.to_owned(), what };
    let mut reader = csv::Reader::from_path(path).map_err(|e| wrong(e.to_string()))?;
    let headers = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let column = |name: &str| headers.iter().position(|h| h == name).ok_or_else(|| wrong(format!("it has no column `{name}`")));
    let (level, term, see) = (column("Level")?, column("Term")?, column("See")?);
    let (also, modifiers, code) = (column("SeeAlso")?, column("NonEssModif")?, column("Code")?);
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(e.to_string()))?;
        let text = |at: usize| record.get(at).unwrap_or("").trim().to_owned();
        let see: Vec<String> = [text(see), text(also)].into_iter().filter(|s| !s.is_empty() && s != "condition").collect();
        out.push(Row {
            level: text(level).parse().map_err(|_| wrong("a level is no number".into()))?,
            term: text(term),
            see,
            modifiers: bracketed(&text(modifiers)),
            code: text(code),
        });
    }
    Ok(out)
}

/// `(acute) (with pus)` → its parts.
fn bracketed(text: &str) -> Vec<String> {
    text.split(['(', ')']).map(str::trim).filter(|p| p.len() > 2).map(str::to_owned).collect()
}
