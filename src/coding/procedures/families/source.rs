//! The decision tables' TOML files: what they may say, and checks that name file and line.
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::names;
use super::pattern::{Alternatives, Pattern};
use super::table::DecisionTable;

/// Why a decision table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// The folder or a file of it cannot be read.
    #[error("procedure tables {path}: {source}")]
    Io {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file says something that no table may say.
    #[error("{file}:{line}: {problem}")]
    Content {
        /// Which file.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// How an attribute is read from the note.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Words of the note; the first value that is stated.
    Choice(Vec<(String, Alternatives)>),
    /// How many of something.
    Count(Alternatives),
    /// How many nerve conduction studies: a stated number of these, else those told of.
    Conductions(Alternatives),
    /// How many of these are named: muscles, joints, body regions.
    Named(Vec<Alternatives>),
    /// Largest diameter in centimetres; with the margins on both sides where they are stated.
    Excised,
    /// Largest diameter in centimetres.
    Size,
    /// Longest length in centimetres; with `sum`, of all services of the same kind together.
    Length,
    /// Square centimetres.
    Area,
    /// Views of a plain film.
    Views,
    /// Minutes.
    Minutes,
    /// A dose in the unit named.
    Dose(String),
    /// What of a drug was thrown away.
    Wasted,
}

/// Where an attribute may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In the passage and its statement.
    Statement,
    /// There, else in what the note tells was done, else anywhere but the history.
    #[default]
    Note,
    /// In what the note tells was done, from its first word.
    Account,
}

/// An attribute of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// How it is read.
    pub kind: Kind,
    /// Where.
    pub scope: Scope,
    /// What it is where the note does not say.
    pub default: Option<String>,
    /// The question where it is not stated and changes the code.
    pub ask: Option<String>,
    /// A count that is the number of places of the body told of, where none is stated.
    pub places: bool,
}

/// A family of codes: how notes speak of the service, and which code its attributes choose.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its id within the tables.
    pub id: String,
    /// Its name, for reasons.
    pub name: String,
    /// The specialty file it stands in.
    pub specialty: String,
    /// Where the choice is written.
    pub source: String,
    /// One of these in a passage names the service.
    pub find: Vec<Pattern>,
    /// One of these over all that the note tells was done amounts to the service.
    pub told: Vec<Pattern>,
    /// One of these in the same passage means another service.
    pub unless: Vec<Pattern>,
    /// One of these in what was done means that this service is part of another or did not come about.
    pub never: Vec<Pattern>,
    /// A test whose result may be read without having been done here.
    pub test: bool,
    /// The whole note is the account of the service, as of an evaluation by a therapist.
    pub visit: bool,
    /// Its words are those of something done where they are written (a rapid test, a meter): no model or verb must say so.
    pub stated: bool,
    /// Only a note of a few lines means the service by these words: silent in longer ones.
    pub short: bool,
    /// Lesions, places or sides that are services of their own.
    pub each: Vec<String>,
    /// An attribute added up over services that are alike in everything else.
    pub sum: Option<String>,
    /// What is done at a lesion of its own may stand beside other lesions' services.
    pub lesion: bool,
    /// What is done at a place of its own stands beside the same at other places, though NCCI bundles the two.
    pub distinct: bool,
    /// Codes whose presence on the claim takes this family's lines away.
    pub included_in: Vec<String>,
    /// First digits of codes one of which must be on the claim: guidance, a microscope and the like stand only beside them.
    pub only_with: Vec<String>,
    /// A number of vaccine components: an administration goes with it.
    pub vaccine: Option<Vaccine>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The decision.
    pub table: DecisionTable,
    /// Line of the table's first line in its file.
    pub table_line: usize,
}

/// How a vaccine is given and counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vaccine {
    /// Vaccine components (toxoids and antigens given together).
    pub components: u32,
    /// Medicare's own administration code.
    #[serde(default)]
    pub medicare: Option<String>,
    /// Given by mouth or into the nose.
    #[serde(default)]
    pub oral_or_nasal: bool,
    /// Has an administration code of its own for every payer.
    #[serde(default)]
    pub own: Option<String>,
}

impl Family {
    /// Whether the note's words or another line suffice, so that the model's doubt does not count.
    pub fn by_words(&self) -> bool {
        self.visit || self.stated || !self.only_with.is_empty()
    }
}

/// Attributes that every table has without saying so.
pub const BUILT_IN: [&str; 9] = ["date", "age", "sex", "payer", "place", "side", "report", "new", "interspaces"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    specialty: String,
    #[serde(default)]
    family: Vec<Spanned<Raw>>,
    #[serde(default)]
    named: Vec<names::Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    name: String,
    source: String,
    #[serde(default)]
    find: Vec<Spanned<String>>,
    #[serde(default)]
    told: Vec<Spanned<String>>,
    #[serde(default)]
    unless: Vec<Spanned<String>>,
    #[serde(default)]
    never: Vec<Spanned<String>>,
    #[serde(default)]
    test: bool,
    #[serde(default)]
    visit: bool,
    #[serde(default)]
    stated: bool,
    #[serde(default)]
    short: bool,
    #[serde(default)]
    each: Vec<String>,
    sum: Option<String>,
    #[serde(default)]
    lesion: bool,
    #[serde(default)]
    distinct: bool,
    #[serde(default)]
    included_in: Vec<String>,
    #[serde(default)]
    only_with: Vec<String>,
    vaccine: Option<Vaccine>,
    #[serde(default)]
    read: BTreeMap<String, Spanned<RawRead>>,
    #[serde(default)]
    account: BTreeMap<String, Spanned<RawRead>>,
    table: Spanned<String>,
}

/// An attribute: the values of a choice, or all that may be said of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawRead {
    Values(Vec<String>),
    Full(RawAttribute),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttribute {
    #[serde(default = "choice")]
    kind: String,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    nouns: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    scope: Scope,
    default: Option<String>,
    ask: Option<String>,
    #[serde(default)]
    places: bool,
}

/// The kind of an attribute that names none.
fn choice() -> String {
    "choice".to_owned()
}

/// Reads and checks one file.
pub fn parse(name: &str, text: &str) -> Result<Vec<Family>, FamilyError> {
    let line_at = |at: usize| text.get(..at).map_or(1, |t| t.matches('\n').count() + 1);
    let wrong = |at: usize, problem: String| FamilyError::Content { file: name.to_owned(), line: line_at(at), problem };
    let file: File = toml::from_str(text).map_err(|e| wrong(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;
    let mut families = Vec::new();
    for spanned in file.family {
        let at = spanned.span().start;
        let raw = spanned.into_inner();
        let patterns = |list: &[Spanned<String>]| -> Result<Vec<Pattern>, FamilyError> {
            list.iter().map(|p| Pattern::parse(p.get_ref()).map_err(|e| wrong(p.span().start, e))).collect()
        };
        let mut attributes = BTreeMap::new();
        let of_account = raw.account.into_iter().map(|(key, raw)| (key, raw, Some(Scope::Account)));
        for (key, spanned, scope) in raw.read.into_iter().map(|(key, raw)| (key, raw, None)).chain(of_account) {
            let at = spanned.span().start;
            if BUILT_IN.contains(&key.as_str()) {
                return Err(wrong(at, format!("`{key}` is built in and cannot be read otherwise")));
            }
            let read = attribute(spanned.into_inner(), scope).map_err(|e| wrong(at, e))?;
            if attributes.insert(key.clone(), read).is_some() {
                return Err(wrong(at, format!("`{key}` is read twice")));
            }
        }
        // The text of a multi-line string begins behind its quotes and their line end.
        let start = raw.table.span().start;
        let table_line = line_at(start) + usize::from(text.get(start..).is_some_and(|t| t.starts_with("\"\"\"\n")));
        let table = DecisionTable::parse(raw.table.get_ref()).map_err(|(line, problem)| FamilyError::Content {
            file: name.to_owned(),
            line: table_line + line,
            problem,
        })?;
        let family = Family {
            find: patterns(&raw.find)?,
            told: patterns(&raw.told)?,
            unless: patterns(&raw.unless)?,
            never: patterns(&raw.never)?,
            id: raw.id,
            name: raw.name,
            specialty: file.specialty.clone(),
            source: raw.source,
            test: raw.test,
            visit: raw.visit,
            stated: raw.stated || raw.short,
            short: raw.short,
            each: raw.each,
            sum: raw.sum,
            lesion: raw.lesion,
            distinct: raw.distinct,
            included_in: raw.included_in,
            only_with: raw.only_with,
            vaccine: raw.vaccine,
            attributes,
            table,
            table_line,
        };
        check(&family).map_err(|(row, problem)| match row {
            Some(row) => FamilyError::Content { file: name.to_owned(), line: table_line + row, problem },
            None => wrong(at, problem),
        })?;
        families.push(family);
    }
    for group in file.named {
        families.extend(names::families(&file.specialty, group, text).map_err(|(at, e)| wrong(at, e))?);
    }
    Ok(families)
}

fn attribute(raw: RawRead, scope: Option<Scope>) -> Result<Attribute, String> {
    let raw = match raw {
        RawRead::Full(raw) => raw,
        RawRead::Values(values) => RawAttribute { kind: choice(), values, ..RawAttribute::default() },
    };
    let kind = match raw.kind.as_str() {
        "choice" => {
            let mut values = Vec::new();
            for value in &raw.values {
                let (name, words) = value.split_once(':').ok_or_else(|| format!("`{value}`: a value is `name: words`"))?;
                values.push((name.trim().to_owned(), Alternatives::parse(words.trim())?));
            }
            if values.is_empty() {
                return Err("a choice needs `values`".to_owned());
            }
            Kind::Choice(values)
        }
        "count" => Kind::Count(Alternatives::parse(&raw.nouns)?),
        "conductions" => Kind::Conductions(Alternatives::parse(&raw.nouns)?),
        "named" => Kind::Named(raw.values.iter().map(|v| Alternatives::parse(v)).collect::<Result<_, _>>()?),
        "excised" => Kind::Excised,
        "size" => Kind::Size,
        "length" => Kind::Length,
        "area" => Kind::Area,
        "views" => Kind::Views,
        "minutes" => Kind::Minutes,
        "wasted" => Kind::Wasted,
        "dose" if matches!(raw.unit.as_str(), "mg" | "unit" | "ml") => Kind::Dose(raw.unit),
        "dose" => return Err("a dose needs `unit`: mg, unit or ml".to_owned()),
        other => {
            return Err(format!(
                "`{other}` is no kind of attribute; allowed: choice, count, conductions, named, excised, size, length, area, views, minutes, wasted, dose"
            ));
        }
    };
    Ok(Attribute { kind, scope: scope.unwrap_or(raw.scope), default: raw.default, ask: raw.ask, places: raw.places })
}

/// What must hold between the parts of a family; the row of the table it concerns, and what is wrong.
fn check(family: &Family) -> Result<(), (Option<usize>, String)> {
    if family.find.is_empty() && family.told.is_empty() {
        return Err((None, format!("family `{}` has neither `find` nor `told`", family.id)));
    }
    let known = |name: &str| family.attributes.contains_key(name) || BUILT_IN.contains(&name);
    if let Some(unknown) = family.table.columns.iter().chain(&family.each).chain(&family.sum).find(|c| !known(c)) {
        return Err((None, format!("family `{}`: attribute `{unknown}` is not read", family.id)));
    }
    for row in &family.table.rows {
        for (column, cell) in family.table.columns.iter().zip(&row.cells) {
            let Some(Attribute { kind: Kind::Choice(values), default, .. }) = family.attributes.get(column) else { continue };
            let named = |word: &String| values.iter().any(|(v, _)| v == word) || default.as_ref() == Some(word);
            if let Some(word) = cell.words().iter().find(|w| !named(w)) {
                return Err((Some(row.line), format!("`{word}` is no value of `{column}`")));
            }
        }
        for line in &row.lines {
            let inserted = line.modifiers.iter().filter_map(|m| m.strip_prefix('{')?.strip_suffix('}'));
            if let Some(unknown) = inserted.into_iter().find(|name| !known(name)) {
                return Err((Some(row.line), format!("modifier from `{unknown}`, which is not read")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_file_and_line() {
        let file = |table: &str, more: &str| {
            format!(
                "specialty = \"x\"\n[[family]]\nid = \"a\"\nname = \"b\"\nsource = \"c\"\nfind = [\"word\"]\n{more}\ntable = \"\"\"\n{table}\n\"\"\"\n"
            )
        };
        assert_eq!(parse("f.toml", &file("lines\n17000", "")).expect("a family").len(), 1);
        let fault = |text: String| parse("f.toml", &text).expect_err("a fault").to_string();
        assert_eq!(fault(file("lines\n1700", "")), "f.toml:10: `1700` is no CPT or HCPCS code");
        assert!(fault(file("size | lines\n1 | 17000", "")).starts_with("f.toml:2: family `a`: attribute `size`"));
        let read = "account.how = [\"a: b\"]";
        assert_eq!(fault(file("how | lines\nz | 17000", read)), "f.toml:10: `z` is no value of `how`");
        assert!(fault(file("lines\n17000", "read.how = { kind = \"x\" }")).starts_with("f.toml:7: `x` is no kind"));
        assert!(fault("nothing = 1".to_owned()).starts_with("f.toml:1: "));
    }
}
