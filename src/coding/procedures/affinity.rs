//! What services are usually done for, where the service itself says so: the organ that a test looks at, the illness that
//! a point-of-care result follows. Stems of ICD-10-CM by ranges of codes; from the tests' indications, not from claims.

/// What a usual reason adds to the words that service and diagnosis share.
pub const WEIGHT: f32 = 3.0;

/// First and last code of a range, and the stems of its usual reasons.
const USUAL: [(&str, &str, &[&str]); 30] = [
    ("10060", "10061", &["L02", "L03", "L72", "L73"]),
    ("11720", "11721", &["B35.1", "L60"]),
    ("17000", "17004", &["L57"]),
    ("17110", "17111", &["B07", "B08.1", "L82"]),
    ("31231", "31298", &["J3", "R04.0", "R43"]),
    ("31575", "31579", &["J38", "R49", "R13", "C32"]),
    ("51798", "51798", &["N40", "R33", "R39.1"]),
    ("70010", "70999", &["J3", "R51", "G", "I6", "S0"]),
    ("80305", "80307", &["F1", "Z79.891"]),
    ("81000", "81005", &["N30", "N39", "R30", "R31", "R35"]),
    ("81025", "81025", &["Z32", "N91", "Z30"]),
    ("82270", "82274", &["Z12", "K92", "K62"]),
    ("82947", "82962", &["E08", "E09", "E10", "E11", "E13", "R73"]),
    ("83036", "83037", &["E08", "E09", "E10", "E11", "E13", "R73"]),
    ("85018", "85018", &["D5", "D6", "Z13.0"]),
    ("85610", "85610", &["D68", "Z79.01", "I48", "Z51.81"]),
    ("87426", "87428", &["U07", "J", "R05", "R50", "Z20", "B34"]),
    ("87804", "87880", &["J", "R05", "R07.0", "R50", "Z20"]),
    ("88720", "88720", &["P5"]),
    ("92081", "92083", &["H40"]),
    ("92133", "92133", &["H40"]),
    ("92134", "92134", &["H35", "E08.3", "E10.3", "E11.3"]),
    ("92551", "92588", &["H9", "H6", "H8"]),
    ("93000", "93010", &["I", "R00", "R07", "R55", "R94.31", "Z01.81"]),
    ("93279", "93298", &["I4", "Z95", "Z45"]),
    ("93303", "93355", &["I", "Q2", "R01", "R06"]),
    ("94010", "94799", &["J", "R05", "R06", "R09.02"]),
    ("95004", "95078", &["J30", "J45", "L50", "Z91.01", "T78", "H10.1"]),
    ("95249", "95251", &["E10", "E11", "E13"]),
    ("96127", "96127", &["F", "Z13.3"]),
];

/// Stems of what a service is usually done for; none where the words alone must say.
pub fn reasons(code: &str) -> &'static [&'static str] {
    USUAL.iter().find(|(first, last, _)| (*first..=*last).contains(&code)).map_or(&[], |(_, _, stems)| *stems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_reasons_of_tests() {
        assert!(reasons("83036").contains(&"E11"));
        assert!(reasons("92557").contains(&"H9"));
        assert!(reasons("27447").is_empty());
        assert!(USUAL.windows(2).all(|w| w[0].1 < w[1].0), "ranges in order, apart");
    }
}
