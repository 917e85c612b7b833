//! The relative value file as CMS's text in fixed columns (`PPRRVU2025_Oct.txt`).
//!
//! Counted from 1: code 1–5, modifier 6–7, description 8–57, status 58, not paid by Medicare 59, work 60–65, practice expense
//! outside a facility 66–72 with its indicator 73–75, in a facility 76–81 with its indicator 82–84, malpractice to 89, totals
//! 90–96 and 97–102, PC/TC 103, global days 104–106, three parts of the global period 107–115, multiple procedure 116,
//! bilateral 117, assistant 118, co-surgeons 119, team 120, how priced (since 2026) and endoscopic base behind it, conversion
//! factor before 142.

/// Names of the cells that a line is cut into, as in the plain form.
pub(super) const NAMES: [&str; 17] = [
    "hcpcs",
    "mod",
    "status_code",
    "work_rvu",
    "non_fac_indicator",
    "facility_indicator",
    "non_facility_total",
    "facility_total",
    "pctc_ind",
    "glob_days",
    "mult_proc",
    "bilat_surg",
    "asst_surg",
    "co_surg",
    "team_surg",
    "endo_base",
    "conv_factor",
];

/// Where the first fifteen stand, counted from 0: first, and one behind the last.
const PLACES: [(usize, usize); 15] = [
    (0, 5),
    (5, 7),
    (57, 58),
    (59, 65),
    (72, 75),
    (81, 84),
    (89, 96),
    (96, 102),
    (102, 103),
    (103, 106),
    (115, 116),
    (116, 117),
    (117, 118),
    (118, 119),
    (119, 120),
];
/// The endoscopic base, before it a character since 2026.
const BASE: (usize, usize) = (120, 130);
/// The first number here is the conversion factor.
const FACTOR: (usize, usize) = (130, 142);

/// Cuts a line into its cells; a line that is none of the table's stays whole.
pub(super) fn cut(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    let part = |(from, to): (usize, usize)| -> String {
        let part = characters.get(from.min(characters.len())..to.min(characters.len())).unwrap_or_default();
        part.iter().collect::<String>().trim().to_string()
    };
    let factor = part(FACTOR).split_whitespace().find(|text| text.contains('.')).unwrap_or("").to_string();
    if !is_line(line) || factor.is_empty() {
        return vec![line.to_string()];
    }
    let base = part(BASE);
    // With the character before it the base has six.
    let base = if matches!(base.len(), 1 | 6) { base.get(1..).unwrap_or("").trim().to_string() } else { base };
    PLACES.into_iter().map(part).chain([base, factor]).collect()
}

/// Whether a line has the form of a row: a code, a status, and the parts of the global period at their places.
pub(super) fn is_line(line: &str) -> bool {
    let bytes = line.as_bytes();
    let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
    bytes.len() >= 140
        && bytes[..5].iter().all(u8::is_ascii_alphanumeric)
        && bytes[1..4].iter().all(u8::is_ascii_digit)
        && at(57).is_ascii_uppercase()
        && [106, 109, 112].iter().all(|place| at(*place) == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line, built from its parts; `priced` is the character that stands before the base since 2026.
    fn line(priced: &str) -> String {
        let values = "A+  2.60   4.00NA   1.20    0.35   6.95  4.151000.10.69.21";
        format!("{:<57}{values}31120{:<13}33.4009 090 99      0.00   0.00   0.00", "31238TC", format!("{priced}31231"))
    }

    #[test]
    fn a_line_is_cut_at_the_publishers_places() {
        let expected = "31238|TC|A|2.60|NA||6.95|4.15|1|000|3|1|1|2|0|31231|33.4009";
        assert_eq!(cut(&line("")).join("|"), expected);
        assert_eq!(cut(&line("9")).join("|"), expected);
        assert_eq!(cut(&line("9").replace("31231", "     "))[15], "");
    }

    #[test]
    fn other_lines_stay_whole() {
        let short: String = line("").chars().take(120).collect();
        for other in ["HDR 2025 National Physician Fee Schedule", short.as_str(), &line("").replace("33.4009", "       ")] {
            assert_eq!(cut(other), [other]);
        }
    }
}
