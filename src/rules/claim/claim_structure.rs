//! `claim-structure`
use crate::claim::Line;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The claim has at least one service line and one to twelve diagnoses; every line has one to four diagnosis
    /// pointers, each to a diagnosis on the claim and none twice; at most four modifiers and none twice; at least one
    /// unit. A provider's NPI, where given, has ten digits and a right check digit.
    /// # Why it matters
    /// Clearing houses and payers reject such a claim before any coder's or reviewer's rule is read.
    /// # Example
    /// A line points to C while the claim has only diagnoses A and B.
    /// # What to do
    /// Point the line to the diagnosis that it was done for; move diagnoses beyond the twelfth off the claim; put a fifth
    /// modifier on the claim as 99 with the rest in item 19.
    /// # When it does not apply
    /// Always applies. Whether codes exist is asked by other rules.
    /// # Source
    /// CMS-1500 items 21, 24D–24G, 24J; X12 837P segments HI, SV1; NPI check digit: Luhn over 80840 and the number.
    ClaimStructure, "claim-structure",
    "Diagnoses, pointers, modifiers, units and NPI have the form a claim can carry."
}

/// Most diagnoses on a claim.
const MOST_DIAGNOSES: usize = 12;
/// Most pointers and most modifiers on a line.
const MOST_ON_A_LINE: usize = 4;

impl Rule for ClaimStructure {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let (diagnoses, lines) = (view.diagnoses.len(), view.lines.len());
        if lines == 0 {
            findings.push(
                Finding::error(&Self::INFO, "The claim has no service line.", sources::claim_form("item 24; loop 2400"))
                    .asking("Which service was performed?"),
            );
        }
        if diagnoses == 0 {
            findings.push(
                Finding::error(&Self::INFO, "The claim has no diagnosis.", sources::claim_form("item 21; segment HI"))
                    .asking("What was the patient seen for?"),
            );
        }
        if let Some(surplus) = view.diagnoses.get(MOST_DIAGNOSES..).filter(|surplus| !surplus.is_empty()) {
            let message = format!("The claim has {diagnoses} diagnoses; {MOST_DIAGNOSES} is the most it can carry.");
            let codes = surplus.iter().map(|diagnosis| diagnosis.code.as_str());
            findings.push(
                Finding::error(&Self::INFO, message, sources::claim_form("item 21; segment HI"))
                    .about(codes)
                    .asking("Which diagnoses may be left off this claim?"),
            );
        }
        for line in view.lines {
            check_pointers(view, line, findings);
            check_modifiers(line, findings);
            if line.units == 0 {
                let message = format!("Line {} ({}) has no units.", line.number, line.code);
                findings.push(
                    Finding::error(&Self::INFO, message, sources::claim_form("item 24G; SV104"))
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .mended_by(Fix::SetUnits { line: line.number, units: 1 }),
                );
            }
        }
        if let Some(npi) = view.context.provider.npi.as_deref().filter(|npi| !is_npi(npi)) {
            let message = format!("The provider's NPI {npi} is not ten digits with a right check digit.");
            findings.push(
                Finding::error(&Self::INFO, message, sources::claim_form("item 24J; NM109"))
                    .asking("What is the rendering provider's NPI?"),
            );
        }
    }
}

fn check_pointers(view: &ClaimView<'_>, line: &Line, findings: &mut Vec<Finding>) {
    let source = || sources::claim_form("item 24E; SV107");
    let finding = |message: String| {
        Finding::error(&ClaimStructure::INFO, message, source()).on_lines([line.number]).about([line.code.as_str()])
    };
    let exists = |pointer: &str| view.diagnoses.iter().any(|diagnosis| diagnosis.pointer == pointer);
    if line.pointers.is_empty() {
        // Without any diagnosis the claim has a finding of its own.
        if !view.diagnoses.is_empty() {
            let message = format!("Line {} ({}) points to no diagnosis.", line.number, line.code);
            findings.push(finding(message).asking(format!("Which diagnosis was {} done for?", line.code)));
        }
        return;
    }
    if let Some(stray) = line.pointers.iter().find(|pointer| !exists(pointer)) {
        let message = format!("Line {} ({}) points to {stray}, which is no diagnosis of this claim.", line.number, line.code);
        let kept: Vec<String> = line.pointers.iter().filter(|pointer| exists(pointer)).cloned().collect();
        findings.push(match kept.is_empty() {
            true => finding(message).asking(format!("Which diagnosis was {} done for?", line.code)),
            false => finding(message).mended_by(Fix::SetPointers { line: line.number, pointers: kept }),
        });
    } else if line.pointers.len() > MOST_ON_A_LINE {
        let message = format!("Line {} ({}) has {} pointers; four is the most.", line.number, line.code, line.pointers.len());
        let pointers = line.pointers.iter().take(MOST_ON_A_LINE).cloned().collect();
        findings.push(finding(message).mended_by(Fix::SetPointers { line: line.number, pointers }));
    } else if let Some(twice) = repeated(&line.pointers) {
        let message = format!("Line {} ({}) points to {twice} twice.", line.number, line.code);
        let mut pointers: Vec<String> = Vec::new();
        for pointer in &line.pointers {
            if !pointers.contains(pointer) {
                pointers.push(pointer.clone());
            }
        }
        findings.push(finding(message).mended_by(Fix::SetPointers { line: line.number, pointers }));
    }
}

fn check_modifiers(line: &Line, findings: &mut Vec<Finding>) {
    let finding = |message: String| {
        Finding::error(&ClaimStructure::INFO, message, sources::claim_form("item 24D; SV101-3 to SV101-6"))
            .on_lines([line.number])
            .about([line.code.as_str()])
    };
    if line.modifiers.len() > MOST_ON_A_LINE {
        let message = format!("Line {} ({}) has {} modifiers; four is the most.", line.number, line.code, line.modifiers.len());
        findings.push(finding(message).asking("Which four modifiers matter most to payment?"));
    } else if let Some(twice) = repeated(&line.modifiers) {
        let message = format!("Line {} ({}) has modifier {twice} twice.", line.number, line.code);
        findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: twice.to_owned() }));
    }
}

/// The first text that stands twice.
fn repeated(texts: &[String]) -> Option<&str> {
    texts
        .iter()
        .enumerate()
        .find(|(index, text)| texts.iter().take(*index).any(|earlier| earlier == *text))
        .map(|(_, t)| t.as_str())
}

/// Ten digits whose last is the Luhn digit over 80840 and the first nine.
fn is_npi(npi: &str) -> bool {
    if npi.len() != 10 || !npi.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    // The prefix 80840 always adds 24.
    let sum: u32 = npi
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    (sum + 24).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::is_npi;

    #[test]
    fn npi_check_digit() {
        // The worked example of the published check-digit method.
        assert!(is_npi("1234567893"));
        assert!(!is_npi("1234567890"));
        assert!(!is_npi("123456789"));
        assert!(!is_npi("123456789X"));
    }
}
