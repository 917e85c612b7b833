//! Which diagnoses a procedure is usually done for: our own table of facts, by ranges of codes and stems.
use std::sync::LazyLock;

use crate::rules::codes::is_under;

/// Procedures and the diagnoses that usually support them.
pub struct Link {
    /// Ranges of procedure codes, inclusive.
    pub procedures: &'static [(&'static str, &'static str)],
    /// Stems of ICD-10-CM codes; a chapter letter alone means all codes that begin with it.
    pub diagnoses: &'static [&'static str],
    /// What the diagnoses have in common, for a person.
    pub words: &'static str,
}

/// One row a kind of procedure. A code stands in one row at most.
pub const LINKS: &[Link] = &[
    Link {
        procedures: &[("30901", "30906"), ("31238", "31238")],
        diagnoses: &["R04.0", "I78.0", "J34", "D6", "S02.2", "S00.3", "T81", "J95", "R58", "D18"],
        words: "bleeding from the nose",
    },
    Link {
        procedures: &[("30520", "30520")],
        diagnoses: &["J34.2", "J34.8", "M95.0", "Q67.4", "S02.2", "Q30", "G47.33"],
        words: "a deviated septum or a deformity of the nose",
    },
    Link {
        procedures: &[("30130", "30140"), ("30801", "30802")],
        diagnoses: &["J34.3", "J34.8", "J30", "J31.0", "G47.33"],
        words: "enlarged turbinates or chronic rhinitis",
    },
    Link {
        procedures: &[("31240", "31298")],
        diagnoses: &[
            "J01", "J32", "J33", "J34", "C30", "C31", "D14.0", "D38", "G96.0", "J95", "S02", "B4", "R04.0", "D16", "D10", "E84",
        ],
        words: "disease of the sinuses",
    },
    Link {
        procedures: &[("69433", "69436")],
        diagnoses: &["H65", "H66", "H68", "H69", "H72", "H73", "H74", "H90", "H91", "H70", "H83", "H81", "Q3", "T70"],
        words: "disease of the middle ear",
    },
    Link {
        procedures: &[("92551", "92557"), ("92567", "92588")],
        diagnoses: &["H", "R42", "Z01.1", "Z13.5", "Z77.1", "Z57", "Z82.2", "Z79", "S0", "T36", "T45", "Q1", "R62", "F80", "P"],
        words: "a complaint or risk of hearing or balance",
    },
    Link {
        procedures: &[("31575", "31579")],
        diagnoses: &[
            "J0", "J3", "J8", "R0", "R1", "R49", "R47", "C", "D", "K2", "G47", "G52", "T1", "T2", "F44", "Z85", "S", "E0",
        ],
        words: "a complaint of throat, voice or swallowing",
    },
    Link {
        procedures: &[("20526", "20526"), ("64721", "64721")],
        diagnoses: &["G56.0", "M65", "M70"],
        words: "carpal tunnel syndrome",
    },
    Link { procedures: &[("20550", "20551")], diagnoses: &["M", "S", "G5"], words: "disease of a tendon or ligament" },
    Link { procedures: &[("20552", "20553")], diagnoses: &["M"], words: "pain of muscles" },
    Link {
        procedures: &[("20600", "20611")],
        diagnoses: &["M", "S", "T", "L40.5", "E08", "E09", "E10", "E11", "E13", "D", "G8", "A", "B", "Q", "Z9", "Z47"],
        words: "disease of a joint",
    },
    Link { procedures: &[("27447", "27447")], diagnoses: &["M", "S8", "C", "Q", "T84"], words: "disease of the knee" },
    Link { procedures: &[("27130", "27130")], diagnoses: &["M", "S3", "S7", "C", "Q", "T84"], words: "disease of the hip" },
    Link { procedures: &[("29866", "29889")], diagnoses: &["M", "S8", "Q", "T84", "D", "C"], words: "disease of the knee" },
    Link { procedures: &[("29805", "29828")], diagnoses: &["M", "S4", "Q", "T84", "D", "C"], words: "disease of the shoulder" },
    Link {
        procedures: &[("11055", "11057")],
        diagnoses: &["L84", "L85", "Q82", "E08", "E09", "E10", "E11", "E13", "I7", "G6", "L11", "B35.3"],
        words: "corns or calluses",
    },
    Link {
        procedures: &[("11720", "11721")],
        diagnoses: &["B35.1", "L60", "E08", "E09", "E10", "E11", "E13", "I7", "G6", "Q84"],
        words: "disease of the nails",
    },
    Link {
        procedures: &[("11730", "11750")],
        diagnoses: &["L60", "L03.0", "B35.1", "S6", "S9", "Q84"],
        words: "disease or injury of a nail",
    },
    Link {
        procedures: &[("10060", "10061")],
        diagnoses: &["L0", "L7", "N", "K61", "H0", "J34.0", "A", "E1", "B", "M", "T81", "I88"],
        words: "an abscess or other infection of the skin",
    },
    Link {
        procedures: &[("11300", "11313"), ("11102", "11107")],
        diagnoses: &["C", "D", "L", "B", "R2", "A", "Q8", "N48", "N90", "M3", "I78", "H0"],
        words: "a lesion of the skin",
    },
    Link {
        procedures: &[("93000", "93010")],
        diagnoses: &["I", "R", "Z", "E", "F", "G", "J", "T", "Q2", "O", "D", "N18", "N17", "M3", "A", "B", "S", "K21", "P"],
        words: "a complaint or disease of the heart, or an examination before an operation",
    },
    Link {
        procedures: &[("93015", "93018"), ("93350", "93351"), ("78451", "78454")],
        diagnoses: &[
            "I", "R00", "R01", "R03", "R06", "R07", "R42", "R53", "R55", "R94.3", "R93.1", "Z0", "Z95", "Z94", "Q2", "T82",
            "E11", "E78", "Z82",
        ],
        words: "known or suspected disease of the heart",
    },
    Link {
        procedures: &[("93303", "93308")],
        diagnoses: &["I", "R", "Q", "Z", "T", "G45", "E", "M3", "C", "J", "D", "B", "A", "N18", "S2"],
        words: "known or suspected disease of the heart",
    },
    Link {
        procedures: &[("93451", "93461")],
        diagnoses: &["I", "Q", "R07", "R94", "R06", "R93", "R55", "T82", "T86", "Z9", "Z0", "E85"],
        words: "known or suspected disease of the heart",
    },
    Link {
        procedures: &[("92920", "92945")],
        diagnoses: &["I2", "I5", "T82", "I46", "R07", "R94.3", "R57.0", "I97"],
        words: "disease of the coronary arteries",
    },
    Link {
        procedures: &[("33206", "33208"), ("33249", "33249")],
        diagnoses: &["I", "Q2", "R55", "R00.1", "T82", "Z45", "Z86.7"],
        words: "a disorder of rhythm or failure of the heart",
    },
    Link {
        procedures: &[("93224", "93248"), ("93268", "93272")],
        diagnoses: &["I", "R00", "R06", "R07", "R42", "R55", "R94.3", "G45", "Z", "T", "Q2", "R53", "G4"],
        words: "known or suspected disorder of rhythm",
    },
    Link {
        procedures: &[("94010", "94060"), ("94726", "94729")],
        diagnoses: &[
            "J", "R05", "R06", "R07", "R09", "C34", "D86", "M3", "I27", "Z", "E84", "B", "A15", "T", "I50", "Q", "G", "U0",
        ],
        words: "a complaint or disease of the lungs",
    },
    Link {
        procedures: &[("94640", "94640")],
        diagnoses: &["J", "R06", "R05", "R09", "E84", "U0", "T"],
        words: "obstruction of the airways",
    },
    Link {
        procedures: &[("45378", "45398")],
        diagnoses: &["K", "D", "C", "Z", "R1", "R19", "A0", "R63", "I85", "R93", "E"],
        words: "a complaint, disease or screening of the bowel",
    },
    Link {
        procedures: &[("43235", "43259")],
        diagnoses: &["K", "D", "C", "Z", "R1", "R63", "R07", "I85", "B", "T", "E", "Q", "R04"],
        words: "a complaint or disease of the upper digestive tract",
    },
    Link {
        procedures: &[("83036", "83036")],
        diagnoses: &["E", "R7", "Z", "O24", "O9", "K86", "N18", "D", "R63", "I1", "G63", "H3"],
        words: "diabetes or suspicion of it",
    },
    Link {
        procedures: &[("84443", "84443")],
        diagnoses: &["E", "R", "Z", "F", "I4", "D", "N", "O", "G", "L6", "M", "I5", "H0", "K59", "I1"],
        words: "disease of the thyroid or suspicion of it",
    },
    Link {
        procedures: &[("85610", "85610")],
        diagnoses: &["I", "D", "Z", "R", "K7", "T", "N", "O", "K9", "S", "C"],
        words: "treatment with an anticoagulant or a disorder of clotting",
    },
    Link { procedures: &[("69200", "69200")], diagnoses: &["T16", "H9", "H6"], words: "a foreign body in the ear" },
    Link { procedures: &[("65205", "65222")], diagnoses: &["T15", "H", "S05"], words: "a foreign body in the eye" },
    Link {
        procedures: &[("87880", "87880")],
        diagnoses: &["J0", "R0", "R1", "R5", "Z2", "A", "B", "R2", "K1", "L", "I0", "H6"],
        words: "a complaint of the throat or fever",
    },
    Link {
        procedures: &[("81000", "81003")],
        diagnoses: &["N", "R", "Z", "E", "O", "I", "M", "K", "A", "B", "C", "D", "T", "S", "F", "G"],
        words: "any complaint",
    },
    Link {
        procedures: &[("76942", "76942")],
        diagnoses: &["M", "C", "D", "N", "E", "R", "K", "L", "S", "G", "I", "J", "T", "Z"],
        words: "a finding to be punctured",
    },
];

/// The ranges of all rows in order, each with its row.
static RANGES: LazyLock<Vec<(&str, &str, &Link)>> = LazyLock::new(|| {
    let ranges = LINKS.iter().flat_map(|link| link.procedures.iter().map(move |(from, to)| (*from, *to, link)));
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_unstable_by_key(|(from, ..)| *from);
    ranges
});

/// The row of a procedure.
pub fn link(procedure: &str) -> Option<&'static Link> {
    let before = RANGES.partition_point(|(from, ..)| *from <= procedure).checked_sub(1)?;
    let (_, to, link) = RANGES.get(before)?;
    (procedure.len() == 5 && procedure <= *to).then_some(*link)
}

impl Link {
    /// Whether a diagnosis supports the procedure.
    pub fn supports(&self, diagnosis: &str) -> bool {
        // Short stems are the beginnings of categories; complete ones are categories or codes.
        self.diagnoses.iter().any(|stem| if stem.len() < 3 { diagnosis.starts_with(stem) } else { is_under(diagnosis, stem) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_range_stands_twice() {
        let mut ranges: Vec<_> = LINKS.iter().flat_map(|link| link.procedures).collect();
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ranges:?}");
    }

    #[test]
    fn stems() {
        let link = link("69200").expect("a row");
        assert!(link.supports("T16.1XXA") && link.supports("H92.01") && !link.supports("J06.9"));
    }
}
