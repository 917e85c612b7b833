//! The small language in which a payer's file states rules: conditions on a line and one action.
//!
//! ```toml
//! [[rule]]
//! id = "payer-therapy-plan"
//! summary = "Therapy services say under which plan of care they stand."
//! source = "Medicare Claims Processing Manual, ch. 5, 20.1"
//! severity = "warning"
//! from = "2020-01-01"
//! when = { codes = ["97110-97150"], without_modifiers = ["CQ"] }
//! then = { require_modifier = ["GP", "GO", "GN"] }
//! ```
//! All conditions that are stated must hold. Everything is checked when the file is read; an error names its line.
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::Severity;
use crate::note::Sex;

/// A rule of a payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerRule {
    /// `payer-` and a name.
    pub id: String,
    /// One sentence for lists.
    pub summary: String,
    /// Where it is written.
    pub source: String,
    /// How bad it is when the rule is broken.
    pub severity: Severity,
    /// First day on which it holds.
    pub from: Option<Date>,
    /// Last day.
    pub through: Option<Date>,
    /// What is said instead of the action's own words.
    pub message: Option<String>,
    /// The lines that it speaks of.
    pub when: Conditions,
    /// What they must do.
    pub then: Action,
}

/// Conditions on a line; an empty list is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The line's code lies in one of these ranges.
    pub codes: Vec<CodeRange>,
    /// The line has one of these modifiers.
    pub modifiers: Vec<String>,
    /// The line has none of these modifiers.
    pub without_modifiers: Vec<String>,
    /// The place of service is one of these.
    pub places: Vec<String>,
    /// The provider's taxonomy begins with one of these.
    pub specialties: Vec<String>,
    /// The patient's age in years; an unknown age fulfils no such condition.
    pub age: Option<(u32, u32)>,
    /// The patient's sex.
    pub sex: Option<Sex>,
    /// Units of the line.
    pub units: Option<(u32, u32)>,
    /// One of the line's diagnoses lies in one of these ranges.
    pub diagnoses: Vec<CodeRange>,
    /// None of the line's diagnoses does.
    pub without_diagnoses: Vec<CodeRange>,
    /// Another line has a code in one of these ranges.
    pub with_codes: Vec<CodeRange>,
    /// No other line has.
    pub without_codes: Vec<CodeRange>,
    /// No other line with the same code has one of these modifiers.
    pub without_modifiers_beside: Vec<String>,
}

/// Codes from the first to the last; a diagnosis counts with all codes below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRange {
    /// First code.
    pub first: String,
    /// Last code; equal to the first for a single one.
    pub last: String,
}

/// What a line must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Carry one of these modifiers.
    RequireModifier(Vec<String>),
    /// Carry none of these.
    ForbidModifier(Vec<String>),
    /// Carry the second instead of the first.
    ReplaceModifier(String, String),
    /// Not stand beside a line with a code in one of these ranges: it is part of that one.
    BundleInto(Vec<CodeRange>),
    /// Have at most so many units.
    SetUnits(u32),
    /// Have what this asks for in the record.
    RequireDocumentation(String),
    /// Not be billed to this payer.
    Deny,
}

/// A rule as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    id: Spanned<String>,
    summary: String,
    source: String,
    severity: Severity,
    from: Option<Spanned<String>>,
    through: Option<Spanned<String>>,
    message: Option<String>,
    #[serde(default)]
    when: WhenFile,
    then: Spanned<ThenFile>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WhenFile {
    codes: Vec<Spanned<String>>,
    modifiers: Vec<Spanned<String>>,
    without_modifiers: Vec<Spanned<String>>,
    places: Vec<Spanned<String>>,
    specialties: Vec<String>,
    age: Option<Spanned<String>>,
    sex: Option<Sex>,
    units: Option<Spanned<String>>,
    diagnoses: Vec<Spanned<String>>,
    without_diagnoses: Vec<Spanned<String>>,
    with_codes: Vec<Spanned<String>>,
    without_codes: Vec<Spanned<String>>,
    without_modifiers_beside: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ThenFile {
    require_modifier: Vec<Spanned<String>>,
    forbid_modifier: Vec<Spanned<String>>,
    replace_modifier: Option<ReplaceFile>,
    bundle_into: Vec<Spanned<String>>,
    set_units: Option<u32>,
    require_documentation: Option<String>,
    deny: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplaceFile {
    from: Spanned<String>,
    to: Spanned<String>,
}

/// Where in the text a rule is wrong (a byte), and what is expected there.
pub(super) type Fault = (usize, String);

impl RuleFile {
    /// Where its id stands.
    pub(super) fn position(&self) -> usize {
        self.id.span().start
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        self.id.as_ref()
    }

    /// The rule, checked.
    pub(super) fn check(&self) -> Result<PayerRule, Fault> {
        let id = self.id.as_ref();
        let good = id.strip_prefix("payer-").is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        if !good {
            return Err((
                self.position(),
                format!("id: \"{id}\" is no rule id; expected payer- and a name of lower-case letters"),
            ));
        }
        if super::find(id).is_some() {
            return Err((self.position(), format!("id: \"{id}\" is a rule of the program; choose another name")));
        }
        let (from, through) = (self.from.as_ref().map(date).transpose()?, self.through.as_ref().map(date).transpose()?);
        if let (Some(from), Some(through)) = (from, through)
            && from > through
        {
            return Err((self.position(), format!("{id}: through lies before from")));
        }
        let when = self.when.check()?;
        if when.codes.is_empty() && when.diagnoses.is_empty() && when.modifiers.is_empty() {
            return Err((
                self.position(),
                format!("{id}: when: states none of codes, diagnoses, modifiers; it would hold for every line"),
            ));
        }
        Ok(PayerRule {
            id: id.clone(),
            summary: self.summary.clone(),
            source: self.source.clone(),
            severity: self.severity,
            from,
            through,
            message: self.message.clone(),
            when,
            then: self.then.as_ref().check(self.then.span().start)?,
        })
    }
}

impl WhenFile {
    fn check(&self) -> Result<Conditions, Fault> {
        for place in &self.places {
            let digits = place.as_ref().len() == 2 && place.as_ref().bytes().all(|b| b.is_ascii_digit());
            if !digits {
                return Err((
                    place.span().start,
                    format!("places: \"{}\" is no place of service; expected two digits", place.as_ref()),
                ));
            }
        }
        Ok(Conditions {
            codes: procedures(&self.codes)?,
            modifiers: modifiers(&self.modifiers)?,
            without_modifiers: modifiers(&self.without_modifiers)?,
            places: self.places.iter().map(|place| place.as_ref().clone()).collect(),
            specialties: self.specialties.clone(),
            age: self.age.as_ref().map(numbers).transpose()?,
            sex: self.sex,
            units: self.units.as_ref().map(numbers).transpose()?,
            diagnoses: diagnoses(&self.diagnoses)?,
            without_diagnoses: diagnoses(&self.without_diagnoses)?,
            with_codes: procedures(&self.with_codes)?,
            without_codes: procedures(&self.without_codes)?,
            without_modifiers_beside: modifiers(&self.without_modifiers_beside)?,
        })
    }
}

impl ThenFile {
    fn check(&self, position: usize) -> Result<Action, Fault> {
        let mut actions = Vec::new();
        if !self.require_modifier.is_empty() {
            actions.push(Action::RequireModifier(modifiers(&self.require_modifier)?));
        }
        if !self.forbid_modifier.is_empty() {
            actions.push(Action::ForbidModifier(modifiers(&self.forbid_modifier)?));
        }
        if let Some(replace) = &self.replace_modifier {
            actions.push(Action::ReplaceModifier(modifier(&replace.from)?, modifier(&replace.to)?));
        }
        if !self.bundle_into.is_empty() {
            actions.push(Action::BundleInto(procedures(&self.bundle_into)?));
        }
        actions.extend(self.set_units.map(Action::SetUnits));
        actions.extend(self.require_documentation.clone().map(Action::RequireDocumentation));
        actions.extend(self.deny.filter(|deny| *deny).map(|_| Action::Deny));
        match actions.len() {
            1 => Ok(actions.remove(0)),
            count => Err((
                position,
                format!(
                    "then: states {count} actions; expected one of require_modifier, forbid_modifier, replace_modifier, bundle_into, set_units, require_documentation, deny"
                ),
            )),
        }
    }
}

fn date(text: &Spanned<String>) -> Result<Date, Fault> {
    text.as_ref().parse().map_err(|_| (text.span().start, format!("\"{}\" is no date; expected YYYY-MM-DD", text.as_ref())))
}

/// `2-`, `0-17`, `1`.
fn numbers(text: &Spanned<String>) -> Result<(u32, u32), Fault> {
    let parsed = match text.as_ref().split_once('-') {
        Some((low, "")) => low.parse().ok().map(|low| (low, u32::MAX)),
        Some((low, high)) => low.parse().ok().zip(high.parse().ok()),
        None => text.as_ref().parse().ok().map(|only| (only, only)),
    };
    parsed
        .filter(|(low, high)| low <= high)
        .ok_or_else(|| (text.span().start, format!("\"{}\" is no range of numbers; expected 2-, 0-17 or 1", text.as_ref())))
}

fn modifiers(texts: &[Spanned<String>]) -> Result<Vec<String>, Fault> {
    texts.iter().map(modifier).collect()
}

fn modifier(text: &Spanned<String>) -> Result<String, Fault> {
    let good = text.as_ref().len() == 2 && text.as_ref().bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match good {
        true => Ok(text.as_ref().clone()),
        false => {
            Err((text.span().start, format!("\"{}\" is no modifier; expected two capital letters or digits", text.as_ref())))
        }
    }
}

fn procedures(texts: &[Spanned<String>]) -> Result<Vec<CodeRange>, Fault> {
    let is_code = |code: &str| code.len() == 5 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    texts.iter().map(|text| range(text, is_code, "a CPT or HCPCS code or two with a hyphen between")).collect()
}

fn diagnoses(texts: &[Spanned<String>]) -> Result<Vec<CodeRange>, Fault> {
    let is_code = |code: &str| {
        let bare: Vec<u8> = code.bytes().filter(|b| *b != b'.').collect();
        (3..=7).contains(&bare.len())
            && bare.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && bare[0].is_ascii_uppercase()
            && (code.len() == 3 || code.as_bytes().get(3) == Some(&b'.'))
    };
    texts.iter().map(|text| range(text, is_code, "an ICD-10-CM code with its dot or two with a hyphen between")).collect()
}

fn range(text: &Spanned<String>, is_code: impl Fn(&str) -> bool, expected: &str) -> Result<CodeRange, Fault> {
    let (first, last) = text.as_ref().split_once('-').unwrap_or((text.as_ref(), text.as_ref()));
    match is_code(first) && is_code(last) && first <= last {
        true => Ok(CodeRange { first: first.to_owned(), last: last.to_owned() }),
        false => Err((text.span().start, format!("\"{}\" is no range of codes; expected {expected}", text.as_ref()))),
    }
}

impl CodeRange {
    /// Whether a code lies in the range, or below one of its ends.
    pub fn covers(&self, code: &str) -> bool {
        (self.first.as_str() <= code && code <= self.last.as_str()) || super::codes::is_under(code, &self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        rule: Vec<RuleFile>,
    }

    fn check(when: &str, then: &str) -> Result<PayerRule, String> {
        let text = format!(
            "[[rule]]\nid = \"payer-x\"\nsummary = \"s\"\nsource = \"s\"\nseverity = \"error\"\nwhen = {{ {when} }}\nthen = {{ {then} }}\n"
        );
        let file: File = toml::from_str(&text).map_err(|error| error.message().to_owned())?;
        file.rule[0].check().map_err(|(at, problem)| format!("{}: {problem}", text[..at].matches('\n').count() + 1))
    }

    #[test]
    fn ranges_and_numbers() {
        let rule = check(r#"codes = ["97110-97150", "G0283"], units = "2-", age = "0-17""#, "set_units = 1").expect("a rule");
        assert!(rule.when.codes[0].covers("97112") && !rule.when.codes[0].covers("97151"));
        assert_eq!((rule.when.units, rule.when.age), (Some((2, u32::MAX)), Some((0, 17))));
        assert_eq!(rule.then, Action::SetUnits(1));
        let rule = check(r#"diagnoses = ["I60-I69", "Z12.11"]"#, "deny = true").expect("a rule");
        assert!(rule.when.diagnoses[0].covers("I69.351") && rule.when.diagnoses[1].covers("Z12.11"));
        assert!(!rule.when.diagnoses[0].covers("I70.1") && !rule.when.diagnoses[1].covers("Z12.12"));
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        for (when, then, expected) in [
            (r#"codes = ["9711"]"#, "deny = true", "6: \"9711\" is no range of codes"),
            (r#"codes = ["97150-97110"]"#, "deny = true", "6: "),
            (r#"codes = ["97110"], places = ["home"]"#, "deny = true", "6: places"),
            (r#"codes = ["97110"], age = "young""#, "deny = true", "6: \"young\" is no range"),
            (r#"codes = ["97110"]"#, "", "7: then: states 0 actions"),
            (r#"codes = ["97110"]"#, "deny = true, set_units = 1", "7: then: states 2 actions"),
            (r#"codes = ["97110"]"#, r#"require_modifier = ["gp"]"#, "7: \"gp\" is no modifier"),
            (r#"places = ["11"]"#, "deny = true", "2: payer-x: when"),
            (r#"code = ["97110"]"#, "deny = true", "unknown field `code`"),
        ] {
            let error = check(when, then).expect_err(when);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
