//! A payer's rule in words, for `superbill rules explain`.
use super::payer_language::{Action, CodeRange, PayerRule};

impl PayerRule {
    /// The rule in words, for `superbill rules explain`.
    pub fn manual(&self, payer: &str) -> String {
        let mut text = format!("\n## {payer}\n\n{}\n\nSeverity: {}. ", self.summary, self.severity.as_str());
        let from = self.from.map_or(String::new(), |first| format!(" from {first}"));
        let through = self.through.map_or(String::new(), |last| format!(" through {last}"));
        match self.from.or(self.through) {
            Some(_) => text.push_str(&format!("Holds{from}{through}.\n")),
            None => text.push_str("Holds on every date.\n"),
        }
        let ranges = |ranges: &[CodeRange]| {
            let one = |range: &CodeRange| match range.first == range.last {
                true => range.first.clone(),
                false => format!("{}-{}", range.first, range.last),
            };
            ranges.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let when = &self.when;
        let numbers =
            |(low, high): (u32, u32)| if high == u32::MAX { format!("{low} and more") } else { format!("{low} to {high}") };
        for (name, value) in [
            ("codes", ranges(&when.codes)),
            ("with modifier", when.modifiers.join(", ")),
            ("without modifier", when.without_modifiers.join(", ")),
            ("place of service", when.places.join(", ")),
            ("specialty", when.specialties.join(", ")),
            ("age", when.age.map(numbers).unwrap_or_default()),
            ("sex", when.sex.map(|sex| format!("{sex:?}")).unwrap_or_default()),
            ("units", when.units.map(numbers).unwrap_or_default()),
            ("diagnoses", ranges(&when.diagnoses)),
            ("without diagnoses", ranges(&when.without_diagnoses)),
            ("beside codes", ranges(&when.with_codes)),
            ("not beside codes", ranges(&when.without_codes)),
            ("not beside the same code with", when.without_modifiers_beside.join(", ")),
        ] {
            if !value.is_empty() {
                text.push_str(&format!("- {name}: {value}\n"));
            }
        }
        let action = match &self.then {
            Action::RequireModifier(wanted) => format!("carries one of {}", wanted.join(", ")),
            Action::ForbidModifier(refused) => format!("carries none of {}", refused.join(", ")),
            Action::ReplaceModifier(from, to) => format!("carries {to} instead of {from}"),
            Action::BundleInto(whole) => format!("is part of {}", ranges(whole)),
            Action::SetUnits(most) => format!("has at most {most} units"),
            Action::RequireDocumentation(what) => format!("needs a record: {what}"),
            Action::Deny => "is not paid".to_owned(),
        };
        text.push_str(&format!("\nThe line {action}.\n\nSource: {}\n", self.source));
        text
    }
}
