//! What a rule says: the finding, how bad it is, what would mend it, and where that is written.
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::RuleInfo;

/// One defect of a claim, found by one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// Numbers of the lines it is about, in claim order.
    pub lines: Vec<u32>,
    /// Codes it is about; the one to blame first.
    pub codes: Vec<String>,
    /// What is wrong, for a person.
    pub message: String,
    /// What would mend it; `null` where nothing on the claim can.
    pub fix: Option<Fix>,
    /// Where the rule is written and which edition of a table answered.
    pub source: Source,
}

/// How bad a finding is; the order is the order of display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Would be denied, or is invalid as billed.
    Error,
    /// A fact on this claim makes a denial likely or a code wrong.
    Warning,
    /// Advice: specificity, money, documentation.
    Info,
}

impl Severity {
    /// The word used in JSON and on the terminal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A change that would mend a finding, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Fix {
    AddModifier {
        line: u32,
        modifier: String,
    },
    RemoveModifier {
        line: u32,
        modifier: String,
    },
    ReplaceModifier {
        line: u32,
        from: String,
        to: String,
    },
    RemoveLine {
        line: u32,
    },
    /// At most `units` on each of the resulting lines.
    SplitLine {
        line: u32,
        units: u32,
    },
    SetUnits {
        line: u32,
        units: u32,
    },
    ReplaceCode {
        target: Target,
        from: String,
        to: String,
    },
    AddDiagnosis {
        code: String,
    },
    RemoveDiagnosis {
        code: String,
    },
    AddLine {
        code: String,
    },
    /// The diagnoses' codes in their new order.
    Reorder {
        diagnoses: Vec<String>,
    },
    SetPointers {
        line: u32,
        pointers: Vec<String>,
    },
    /// Only a person can answer this.
    Ask {
        question: String,
    },
}

impl Fix {
    /// The change in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::AddModifier { line, modifier } => format!("add modifier {modifier} to line {line}"),
            Self::RemoveModifier { line, modifier } => format!("remove modifier {modifier} from line {line}"),
            Self::ReplaceModifier { line, from, to } => format!("replace modifier {from} by {to} on line {line}"),
            Self::RemoveLine { line } => format!("remove line {line}"),
            Self::SplitLine { line, units } => format!("split line {line}, at most {units} units each"),
            Self::SetUnits { line, units } => format!("set line {line} to {units} units"),
            Self::ReplaceCode { from, to, .. } => format!("replace {from} by {to}"),
            Self::AddDiagnosis { code } => format!("add diagnosis {code}"),
            Self::RemoveDiagnosis { code } => format!("remove diagnosis {code}"),
            Self::AddLine { code } => format!("add a line with {code}"),
            Self::Reorder { diagnoses } => format!("order the diagnoses {}", diagnoses.join(", ")),
            Self::SetPointers { line, pointers } => format!("point line {line} to {}", pointers.join(", ")),
            Self::Ask { question } => format!("ask: {question}"),
        }
    }
}

/// Whether a replaced code is a diagnosis or a line's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Target {
    Dx,
    Line,
}

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Document or table.
    pub title: Cow<'static, str>,
    /// Edition the answer came from.
    pub edition: Cow<'static, str>,
    /// Section, row or field.
    pub locator: Cow<'static, str>,
}

impl Source {
    /// A source.
    pub fn new(
        title: impl Into<Cow<'static, str>>,
        edition: impl Into<Cow<'static, str>>,
        locator: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { title: title.into(), edition: edition.into(), locator: locator.into() }
    }
}

impl Finding {
    /// A finding without lines, codes and fix; the builder methods add them.
    pub fn new(rule: &RuleInfo, severity: Severity, message: impl Into<String>, source: Source) -> Self {
        Self {
            rule: Cow::Borrowed(rule.id),
            severity,
            lines: Vec::new(),
            codes: Vec::new(),
            message: message.into(),
            fix: None,
            source,
        }
    }
    /// [`Severity::Error`].
    pub fn error(rule: &RuleInfo, message: impl Into<String>, source: Source) -> Self {
        Self::new(rule, Severity::Error, message, source)
    }
    /// [`Severity::Warning`].
    pub fn warning(rule: &RuleInfo, message: impl Into<String>, source: Source) -> Self {
        Self::new(rule, Severity::Warning, message, source)
    }
    /// [`Severity::Info`].
    pub fn info(rule: &RuleInfo, message: impl Into<String>, source: Source) -> Self {
        Self::new(rule, Severity::Info, message, source)
    }
    /// The lines it is about.
    pub fn on_lines(mut self, lines: impl IntoIterator<Item = u32>) -> Self {
        self.lines = lines.into_iter().collect();
        self.lines.sort_unstable();
        self.lines.dedup();
        self
    }
    /// The codes it is about, the one to blame first.
    pub fn about<S: Into<String>>(mut self, codes: impl IntoIterator<Item = S>) -> Self {
        self.codes = codes.into_iter().map(Into::into).collect();
        self
    }
    /// What would mend it.
    pub fn mended_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
    /// A question that only a person can answer.
    pub fn asking(self, question: impl Into<String>) -> Self {
        self.mended_by(Fix::Ask { question: question.into() })
    }
}
