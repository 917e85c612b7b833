//! How a rule is declared: its manual is its doc comment, kept as a string.
use super::{ClaimView, Finding};

/// A rule: one unit struct a file.
pub trait Rule: Declared + Sync {
    /// Looks at the claim and adds what is wrong.
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>);
}

/// What [`declare_rule!`] gives every rule.
pub trait Declared {
    /// Id, summary and manual.
    fn info(&self) -> &'static RuleInfo;
}

/// Id, summary and manual of a rule.
#[derive(Debug)]
pub struct RuleInfo {
    /// Id, part of the contract; an id never changes its meaning.
    pub id: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    /// The doc comment of the rule as written.
    manual: &'static str,
}

/// The headings of every manual, in order.
pub const HEADINGS: [&str; 6] = ["What it checks", "Why it matters", "Example", "What to do", "When it does not apply", "Source"];

impl RuleInfo {
    /// For the macro only.
    #[doc(hidden)]
    pub const fn new(id: &'static str, summary: &'static str, manual: &'static str) -> Self {
        Self { id, summary, manual }
    }
    /// The manual as Markdown, as `superbill rules explain` prints it.
    pub fn manual(&self) -> String {
        let mut text = format!("# {}\n\n{}\n", self.id, self.summary);
        for line in self.manual.lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            if let Some(heading) = line.strip_prefix("# ") {
                text.push_str("\n## ");
                text.push_str(heading);
            } else {
                text.push_str(line);
            }
            text.push('\n');
        }
        text
    }
}

/// Declares a rule: its doc comment under the fixed [`HEADINGS`], its struct, id and one-sentence summary.
macro_rules! declare_rule {
    ($(#[doc = $doc:literal])+ $name:ident, $id:literal, $summary:literal) => {
        $(#[doc = $doc])+
        pub struct $name;
        impl $name {
            /// Id, summary and manual.
            pub const INFO: $crate::rules::RuleInfo =
                $crate::rules::RuleInfo::new($id, $summary, concat!($($doc, "\n"),+));
        }
        impl $crate::rules::Declared for $name {
            fn info(&self) -> &'static $crate::rules::RuleInfo {
                &Self::INFO
            }
        }
    };
}
pub(crate) use declare_rule;
