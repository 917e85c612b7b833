//! A drug that the patient takes at home is no injection, though its name and dose have a code.
use crate::document::Evidence;

/// Words of what is taken by the hour or by mouth.
const TAKEN: [&str; 28] = [
    "po",
    "prn",
    "bid",
    "tid",
    "qid",
    "qd",
    "qhs",
    "qam",
    "qpm",
    "hs",
    "daily",
    "nightly",
    "weekly",
    "odt",
    "tablet",
    "tablets",
    "tab",
    "tabs",
    "capsule",
    "capsules",
    "mouth",
    "rx",
    "script",
    "prescribed",
    "prescription",
    "refill",
    "dispense",
    "otc",
];
/// Words of what is given here.
const GIVEN: [&str; 31] = [
    "im",
    "iv",
    "ivp",
    "ivpb",
    "sc",
    "sq",
    "subq",
    "subcut",
    "injected",
    "injection",
    "intramuscular",
    "intramuscularly",
    "push",
    "given",
    "gave",
    "administered",
    "infused",
    "infusion",
    "here",
    "office",
    "clinic",
    "now",
    "today",
    "neb",
    "nebs",
    "nebulized",
    "shot",
    "stat",
    "deltoid",
    "gluteal",
    "x1",
];

/// Whether every place that names the drug says that it is taken, and none that it is given.
pub(super) fn alone(evidence: &[Evidence], text: &str) -> bool {
    let own: Vec<&Evidence> = evidence.iter().filter(|e| e.document.is_none()).collect();
    !own.is_empty() && own.iter().all(|e| part(text, e.start, e.end).is_some_and(taken))
}

fn taken(part: &str) -> bool {
    let lower = part.to_ascii_lowercase();
    let words = || lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    // "q8h", "x5d"
    let by_the_hour = |w: &str| {
        let digits = w.strip_prefix(['q', 'x']).and_then(|rest| rest.strip_suffix(['h', 'd']));
        digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    };
    words().any(|w| TAKEN.contains(&w) || by_the_hour(w)) && !words().any(|w| GIVEN.contains(&w))
}

/// The words around a place up to the next stop, comma or line.
fn part(text: &str, start: usize, end: usize) -> Option<&str> {
    let stops = |(at, c): &(usize, char)| match c {
        ';' | ',' | '\n' => true,
        '.' => text.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)),
        _ => false,
    };
    let from = text.get(..start)?.char_indices().rfind(stops).map_or(0, |(at, _)| at + 1);
    let to = text.get(end..)?.char_indices().map(|(at, c)| (end + at, c)).find(stops).map_or(text.len(), |(at, _)| at);
    text.get(from..to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_at_home_is_no_injection() {
        let of = |text: &str, words: &str| {
            let start = text.find(words).expect("stands there");
            let place = Evidence { document: None, start, end: start + words.len(), text: words.to_owned() };
            alone(&[place], text)
        };
        assert!(of("Back pain. Ketorolac 10 mg tid prn. Ice.", "Ketorolac 10 mg"));
        assert!(of("Fluids, ondansetron 4 mg q8h, rest.", "ondansetron"));
        assert!(of("Asthma. Dexamethasone 10 mg po.", "Dexamethasone 10 mg"));
        assert!(!of("Ketorolac 60 IM here, then ibuprofen tid.", "Ketorolac 60"));
        assert!(!of("Toradol 60 given. Naproxen bid.", "Toradol 60"));
        assert!(!of("Kenalog 40 into the knee.", "Kenalog 40"));
    }
}
