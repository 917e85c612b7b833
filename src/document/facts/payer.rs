//! The payer as far as the note names one.
use std::sync::LazyLock;

use regex::Regex;

use super::Inferred;
use crate::document::{Document, Span};

/// Names of payers with the id of their rules; an insurer without rules of its own is `commercial`.
static PAYERS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rows = [
        (r"\b(?:medicaid|amerigroup|molina)\b", "medicaid"),
        (r"\b(?:bcbs|blue cross|blue shield)\b", "bcbs"),
        (r"\b(?:ins(?:urance)?|payer|payor|coverage|carrier)\b\s*[:=\-]?\s*anthem\b", "bcbs"),
        (r"\baetna\b", "aetna"),
        (r"\bcigna\b", "cigna"),
        (r"\b(?:uhc|united ?health ?care)\b", "uhc"),
        (
            r"\b(?:ins(?:urance)?|payer|payor|coverage|carrier)\b\s*[:=\-]?\s*(?:optum|kaiser|tricare|commercial|private|self[- ]funded|\w+ (?:ppo|hmo)\b)",
            "commercial",
        ),
    ];
    rows.into_iter().filter_map(|(text, id)| Some((Regex::new(&format!("(?i){text}")).ok()?, id))).collect()
});
static MEDICARE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\bmedicare\b").ok());

/// The payer that the note names; none where it names Medicare, which is the default, or nobody.
pub(super) fn payer(document: &Document) -> Option<Inferred<String>> {
    let text = &*document.text;
    if LazyLock::force(&MEDICARE).as_ref().is_some_and(|m| m.is_match(text)) {
        return None;
    }
    PAYERS.iter().find_map(|(pattern, id)| {
        let found = pattern.find(text)?;
        Some(Inferred { value: (*id).to_owned(), span: Span::new(found.start(), found.end()) })
    })
}

#[cfg(test)]
mod tests {
    use super::payer;
    use crate::document;

    #[test]
    fn an_insurer_is_read_where_it_is_named() {
        let of = |text: &str| payer(&document::read(text)).map(|p| p.value);
        assert_eq!(of("8F FOOSH. Ins: Molina.").as_deref(), Some("medicaid"));
        assert_eq!(of("Payer: Optum commercial").as_deref(), Some("commercial"));
        assert_eq!(of("ANNUAL GYN est. Cigna OAP").as_deref(), Some("cigna"));
        assert_eq!(of("Ins: Kaiser PPO.").as_deref(), Some("commercial"));
        assert_eq!(of("Medicare and Medicaid."), None);
        assert_eq!(of("A cough."), None);
    }
}
