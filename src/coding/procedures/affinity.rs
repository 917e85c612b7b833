//! What services are usually done for, where the service itself says so: the organ that a test looks at, the illness that
//! a point-of-care result follows. Stems of ICD-10-CM by ranges of codes; from the tests' indications, not from claims.

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

/// First and last code of a range, and the chapters of ICD-10-CM whose illnesses it treats or looks for.
const CHAPTERS: [(&str, &str, &[&str]); 20] = [
    ("10000", "17999", &["L", "D0", "D1", "D2", "C4", "B07", "S", "T2", "T8", "R22", "Q82", "K64"]),
    ("19000", "19499", &["C50", "D05", "D24", "N6", "R92", "Z80.3"]),
    ("20000", "29999", &["M", "S", "T84", "G56", "Q6", "Q7"]),
    ("30000", "32999", &["J", "R04", "C3", "C7", "D38", "Q30", "R91"]),
    ("33000", "37999", &["I", "T82", "Q2", "R55", "N18.6"]),
    ("40000", "49999", &["K", "C1", "C2", "D12", "Z12", "R1", "Z86"]),
    ("50000", "55999", &["N", "C6", "R3", "Z30", "Q6"]),
    ("56000", "58999", &["N", "D25", "Z30", "C5", "R87", "O"]),
    ("59000", "59899", &["O", "Z3"]),
    ("60000", "60999", &["E0", "C73", "D34", "E21"]),
    ("61000", "64999", &["G", "M", "S06", "C7", "D3", "I6"]),
    ("65000", "68999", &["H0", "H1", "H2", "H3", "H4", "H5", "E11.3", "T15", "S05"]),
    ("69000", "69979", &["H6", "H7", "H8", "H9", "T16"]),
    ("72020", "73725", &["M", "S", "Q6", "Z47"]),
    ("92502", "92700", &["H6", "H7", "H8", "H9", "J3", "R"]),
    ("92920", "93799", &["I", "R00", "R07", "R55", "R94", "Z01.81", "Q2", "Z45"]),
    ("94010", "94799", &["J", "R05", "R06", "R09"]),
    ("95860", "95913", &["G", "M5", "R20"]),
    ("96365", "96549", &["C", "Z51", "D5", "D6", "E86", "R11"]),
    ("J9000", "J9999", &["C", "D4"]),
];

/// Stems of the chapters that a service belongs to; none where it may belong to any.
pub fn chapters(code: &str) -> &'static [&'static str] {
    CHAPTERS.iter().find(|(first, last, _)| (*first..=*last).contains(&code)).map_or(&[], |(_, _, stems)| *stems)
}

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
        assert!(reasons("27447").is_empty() && chapters("27447").contains(&"M") && chapters("99213").is_empty());
        assert!(USUAL.windows(2).all(|w| w[0].1 < w[1].0), "ranges in order, apart");
    }
}
