//! Which signs and symptoms are part of which diseases: the project's own list from general clinical knowledge, kept to
//! pairs that no coder disputes. Stems of codes, with dots.
use super::is_under;

/// Diseases, and the symptoms that are part of each of them.
const INTEGRAL: &[(&[&str], &[&str])] = &[
    // Infections of the airways: cough, fever, sore throat, congestion.
    (&["J00", "J06"], &["R05", "R50.9", "R09.81", "R09.82", "R07.0", "R06.7"]),
    (&["J01", "J32"], &["R09.81", "R09.82", "K08.89"]),
    (&["J02", "J03", "J36"], &["R07.0", "R50.9", "R13.1"]),
    (&["J04", "J05", "J20", "J21", "J22"], &["R05", "R50.9", "R06.2", "R49.0"]),
    (&["J09", "J10", "J11", "J12", "J13", "J14", "J15", "J16", "J17", "J18", "U07.1"], &["R05", "R50.9", "R06.02", "R52"]),
    (&["J30"], &["R09.81", "R09.82", "R06.7"]),
    // Chronic lung disease.
    (&["J44", "J43", "J47"], &["R05", "R06.02", "R06.00", "R06.09", "R06.2"]),
    (&["J45"], &["R05", "R06.2", "R06.02", "R06.00", "R06.09"]),
    // Heart and circulation.
    (&["I50", "I11.0", "I13.0", "I13.2"], &["R06.02", "R06.00", "R06.01", "R06.09", "R60"]),
    (&["I20", "I21", "I22", "I25.11", "I25.7"], &["R07.1", "R07.2", "R07.8", "R07.9"]),
    (&["I48", "I47.1"], &["R00.2"]),
    (&["I26"], &["R06.02", "R06.00", "R07.1", "R07.9", "R09.02"]),
    (&["I10", "I11", "I12", "I13", "I15", "I16", "I1A"], &["R03.0"]),
    // Digestion.
    (&["K21"], &["R12"]),
    (&["K35", "K36", "K37", "K57.2", "K57.32", "K57.33", "K57.8", "K57.9", "K80", "K81", "K85", "K29"], &["R10", "R11"]),
    (&["A08", "A09", "K52"], &["R19.7", "R11", "R10.8", "R10.9"]),
    (&["K58"], &["R10", "R14"]),
    (&["K25", "K26", "K27"], &["R10.1", "R10.13"]),
    (&["K92.0", "K92.1"], &["R19.5"]),
    (&["K59.0"], &["R10.9"]),
    (&["O00"], &["R10"]),
    // Kidney and bladder.
    (&["N20", "N23"], &["R10", "R11"]),
    (&["N30", "N39.0"], &["R30.0", "R35.0", "R39.15", "R30.9", "R10.2", "R10.30"]),
    (&["N10"], &["R50.9", "R30.0", "R10.9", "R10.8"]),
    // Metabolism and blood.
    (&["E08.65", "E09.65", "E10.65", "E11.65", "E13.65"], &["R73.9", "R35"]),
    (&["E10", "E11", "E13"], &["R73.03", "R73.09", "R73.9", "R81"]),
    (&["D50", "D51", "D52", "D53", "D62", "D63", "D64"], &["R53.83", "R53.1"]),
    (&["E86"], &["R63.1"]),
    (&["E03", "E05"], &["R94.6"]),
    (&["C61"], &["R97.20"]),
    // Nervous system and ear.
    (&["G43", "G44"], &["R51", "R11"]),
    (&["G40"], &["R56.9"]),
    (&["H81.1", "H81.0", "H81.3"], &["R42"]),
    (&["H65", "H66", "H60"], &["H92.0", "R50.9"]),
    (&["H10"], &["H57.1"]),
    (&["H25", "H26"], &["H53.8", "H54.6", "H54.7"]),
    (&["F32", "F33"], &["R45.2", "R45.3"]),
    (&["F41"], &["R45.0"]),
    (&["F05", "F20", "F25"], &["R44"]),
    (&["G47.00", "G47.01", "G47.09", "F51.0"], &["R53.83"]),
    // Skin.
    (&["L20", "L23", "L24", "L25", "L30", "L50", "B02", "B08", "L40"], &["R21"]),
    // Lumps and nodules that turned out to be something.
    (&["C34", "D02.2", "D14.3", "C78.0"], &["R91"]),
    (&["C50", "D05", "D24", "N60", "N61"], &["N63"]),
    (&["D17.0"], &["R22.0", "R22.1"]),
    (&["D17.1"], &["R22.2"]),
    (&["D17.21", "D17.22"], &["R22.3"]),
    (&["D17.23", "D17.24", "M71.2"], &["R22.4"]),
    (&["L72"], &["R22"]),
    (&["M67.4"], &["R22.3", "R22.4"]),
    (&["C07", "C08", "D11", "K11.2", "K11.5", "K11.6"], &["R22.0", "R22.1", "K11.8"]),
    (&["C73", "D34", "E04"], &["R22.1"]),
    (&["C56", "D27", "D39.1", "N83.0", "N83.1", "N83.2"], &["R19.0"]),
    (&["K40", "K41", "K42", "K43", "K46"], &["R19.0", "R22.2"]),
    // Voice.
    (&["J04"], &["R49.0"]),
    // Memory and behavior.
    (&["F01", "F02", "F03", "G30", "G31.0"], &["R41.0", "R41.3"]),
    // Heart sounds and rate.
    (&["I05", "I06", "I07", "I08", "I34", "I35", "I36", "I37", "Q20", "Q21", "Q22", "Q23"], &["R01"]),
    (&["I44.1", "I44.2", "I49.5"], &["R00.1"]),
    (&["I47", "I48"], &["R00.0"]),
    (&["J81", "J90", "J96"], &["R06.02", "R06.00", "R06.09"]),
    (&["E66"], &["R63.5"]),
    // Joints and spine: pain of the diseased or injured part.
    (&["M17", "M22", "M23", "M70.5", "S83"], &["M25.56", "M25.66"]),
    (&["M16", "M70.6", "M87.05", "S72", "S73"], &["M25.55", "M25.65", "M25.45"]),
    (&["M19.01", "M19.11", "M75", "S43", "S46"], &["M25.51", "M25.61", "M79.62"]),
    (&["M19.07", "M76.6", "S82.5", "S82.6", "S82.8", "S93.4"], &["M25.57", "M25.47", "M25.67"]),
    (&["S92", "S93.6", "M20.1", "M20.2", "M20.4"], &["M79.67"]),
    (&["S52", "S62", "M18", "G56.0", "M65.3", "M65.4"], &["M79.64", "M25.53", "M79.63"]),
    (&["T84.0"], &["M25.5", "R10.3"]),
    (&["M10", "M1A"], &["M25.5", "M79.67", "M25.4"]),
    (
        &["M43.06", "M43.07", "M43.16", "M43.17", "M47.26", "M47.27", "M47.816", "M47.817", "M48.06", "M48.07", "M51"],
        &["M54.5", "M54.9"],
    ),
    (&["M54.16", "M54.17", "M54.3", "M54.4"], &["M54.5", "M54.9", "M79.60", "M79.65", "M79.66"]),
    (&["M51.16", "M51.17"], &["M79.60", "M79.65", "M79.66"]),
    (&["S33", "S39.012", "S32.0", "M80.08", "M84.48", "M48.5"], &["M54.5", "M54.6", "M54.9"]),
    (&["M50", "M47.12", "M47.22", "M47.812", "M48.02", "M54.12", "M54.13", "S12", "S13", "S16.1"], &["M54.2", "M54.9"]),
    (&["M54.2", "M54.5", "M54.6"], &["M54.9"]),
    (&["M72.2", "M77.3"], &["M79.67"]),
    (&["M77.0", "M77.1"], &["M25.52"]),
];

/// Where among `diseases` the first one stands that a symptom is part of.
pub fn disease_of<'d>(symptom: &str, diseases: impl Iterator<Item = &'d str> + Clone) -> Option<usize> {
    // Most diagnoses are no symptom of the list.
    let listed = matches!(symptom.as_bytes().first(), Some(b'R' | b'M' | b'H')) || symptom.starts_with("N63");
    if !listed && !matches!(symptom, "K08.89" | "K11.8") {
        return None;
    }
    let rows = INTEGRAL.iter().filter(|(_, symptoms)| symptoms.iter().any(|stem| is_under(symptom, stem)));
    rows.filter_map(|(stems, _)| {
        diseases.clone().position(|disease| disease != symptom && stems.iter().any(|stem| is_under(disease, stem)))
    })
    .min()
}

#[cfg(test)]
mod tests {
    use super::disease_of;

    fn is_integral(symptom: &str, disease: &str) -> bool {
        disease_of(symptom, [disease].into_iter()).is_some()
    }

    #[test]
    fn integral_and_not() {
        assert!(is_integral("R05.9", "J18.9"));
        assert!(is_integral("M25.561", "M17.11"));
        assert!(!is_integral("M25.511", "M17.11"), "another joint");
        assert!(!is_integral("R04.0", "I78.0"), "treated on its own");
        assert!(!is_integral("J18.9", "R05.9"));
        assert!(is_integral("R10.24", "N39.0") && is_integral("N63.10", "C50.911") && is_integral("R10.9", "K59.00"));
        assert!(is_integral("R97.20", "C61") && !is_integral("R97.20", "N40.1"));
        assert!(is_integral("M54.9", "S39.012A") && !is_integral("M54.2", "M51.26"));
    }
}
