//! Headings that terse notes write into the line: "PLAN soak, no antibiotics", "Imp: sprain", "Tx - rest". The document's
//! own reader takes fewer words for headings, because coding must not lose words to them.
use std::sync::LazyLock;

use regex::Regex;

use super::view::Zone;

/// In any case with a mark or a gap behind it, or in capitals with a blank. Groups: the word.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    let words = "A/P|A&P|AP|IMP|IMPRESSION|DX|DIAGNOS[IE]S|ASSESSMENT|ASSESS|PLAN|TX|RX|RECS?|RECOMMENDATIONS?|DISPO?|DISPOSITION|EXAM|PE|OBJ|OBJECTIVE|LABS?|DATA|IMAGING|XR|HPI|HX|CC|SUBJ|SUBJECTIVE|INTERVAL|PMH|PSH|MEDS?|ROS|SH|FH|SOCIAL|ALLERG(?:Y|IES)|SEPARATE(?: [A-Z/&]+){0,3}|PROBLEM[- ](?:VISIT|PORTION|PART|ORIENTED|FOCUSED|WORK)(?: [A-Z]+){0,2}";
    let source = format!(
        r"^[\s*#>•-]{{0,4}}(?:((?i:{words}|[SOAP]))(?:\s*[:=/)]|\s*[-–—]+\s|\s{{2,}}|\t)|({words})\s+[^\sA-Z]|({words})\s+[A-Z][a-z]|({words})\s*$)"
    );
    Regex::new(&source).expect("a pattern written in this module")
});

/// The zone that the heading at the start of a sentence opens; none where there is none. `words` as they are written.
pub fn zone(words: &str) -> Option<Zone> {
    let found = HEAD.captures(words)?;
    let word = found.iter().skip(1).flatten().next()?.as_str().to_ascii_uppercase();
    Some(match word.as_str() {
        "A" | "A/P" | "A&P" | "AP" | "IMP" | "IMPRESSION" | "DX" | "DIAGNOSIS" | "DIAGNOSES" | "ASSESSMENT" | "ASSESS" => {
            Zone::Assessment
        }
        "P" | "PLAN" | "TX" | "RX" | "REC" | "RECS" | "RECOMMENDATION" | "RECOMMENDATIONS" | "DISP" | "DISPO" | "DISPOSITION" => {
            Zone::Plan
        }
        "O" | "EXAM" | "PE" | "OBJ" | "OBJECTIVE" => Zone::Exam,
        w if w.starts_with("SEPARATE") || w.starts_with("PROBLEM") => Zone::Plan,
        "LAB" | "LABS" | "DATA" | "IMAGING" | "XR" => Zone::Results,
        "S" | "HPI" | "HX" | "CC" | "SUBJ" | "SUBJECTIVE" | "INTERVAL" => Zone::Story,
        _ => Zone::Background,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_in_the_line() {
        assert_eq!(zone("PLAN soak, no abx"), Some(Zone::Plan));
        assert_eq!(zone("PLAN  add drops at night"), Some(Zone::Plan));
        assert_eq!(zone("Imp: sprain of the ankle"), Some(Zone::Assessment));
        assert_eq!(zone("Tx - rest and ice"), Some(Zone::Plan));
        assert_eq!(zone("A: 1. Gout"), Some(Zone::Assessment));
        assert_eq!(zone("- P: colchicine"), Some(Zone::Plan));
        assert_eq!(zone("DX retained splinter"), Some(Zone::Assessment));
        assert_eq!(zone("Separate problem work: BP is up"), Some(Zone::Plan));
        assert_eq!(zone("MEDS none"), Some(Zone::Background));
        assert_eq!(zone("Plan"), None);
        assert_eq!(zone("Plans to return"), None);
        assert_eq!(zone("A sore throat for two days"), None);
        assert_eq!(zone("Data were reviewed"), None);
        assert_eq!(zone("PE was ruled out"), Some(Zone::Exam), "the price of reading PE as an examination");
    }
}
