//! Why one code of a pair is part of the other: the principles of the NCCI Policy Manual, by ranges of codes and by what the
//! fee schedule says of them. The table itself gives a rationale that says little to a coder.
use crate::rules::codes::is_visit;
use crate::rules::tables::LineFacts;

/// A principle of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// What it says.
    pub says: &'static str,
    /// Chapter of the manual.
    pub chapter: &'static str,
}

type Ranges = &'static [(&'static str, &'static str)];

/// Column 1, column 2, and the principle; the first that fits counts.
const FAMILIES: &[(Ranges, Ranges, Family)] = &[
    (
        &[("11400", "11646"), ("11300", "11313"), ("17000", "17286"), ("17311", "17315"), ("14000", "14302")],
        &[("11102", "11107")],
        Family { says: "a biopsy of the lesion that is removed is part of its removal", chapter: "III" },
    ),
    (
        &[("11400", "11646")],
        &[("12001", "12018")],
        Family { says: "simple closure of the wound is part of the excision", chapter: "III" },
    ),
    (
        &[("14000", "14302")],
        &[("11400", "11646"), ("12001", "13160")],
        Family { says: "tissue transfer includes excision and closure at its place", chapter: "III" },
    ),
    (
        &[("20100", "29999")],
        &[("29000", "29799")],
        Family { says: "the first cast, splint or strapping is part of the treatment", chapter: "IV" },
    ),
    (
        &[("10004", "69990"), ("92920", "93799")],
        &[("76000", "76001"), ("76942", "76942"), ("77001", "77003"), ("77012", "77012"), ("77021", "77021")],
        Family { says: "guidance by imaging is part of the procedure", chapter: "IX" },
    ),
    (
        &[("10004", "69990"), ("92920", "93799")],
        &[("00100", "01999"), ("64400", "64530"), ("99151", "99153")],
        Family { says: "anesthesia given by the surgeon is part of the operation", chapter: "II" },
    ),
    (
        &[("10004", "69990"), ("92920", "93799")],
        &[("36000", "36000"), ("36400", "36410"), ("36591", "36592"), ("96360", "96379")],
        Family { says: "access to a vein and what is given for the procedure are part of it", chapter: "I" },
    ),
    (
        &[("10004", "69990"), ("92920", "93799")],
        &[("93000", "93010"), ("93040", "93042"), ("94760", "94762")],
        Family { says: "monitoring during the procedure is part of it", chapter: "I" },
    ),
    (
        &[("10004", "69990")],
        &[("11042", "11047"), ("97597", "97602")],
        Family { says: "debridement at the place of the operation is part of it", chapter: "I" },
    ),
    (
        &[("43000", "49999"), ("50010", "58999")],
        &[("49000", "49002"), ("49320", "49320"), ("44005", "44005"), ("44180", "44180")],
        Family { says: "looking into the abdomen and freeing the way are part of the operation there", chapter: "VI" },
    ),
    (
        &[("80047", "80076")],
        &[("80047", "80076"), ("82009", "84999"), ("85004", "85049"), ("86704", "86803")],
        Family { says: "the test is one of the panel", chapter: "X" },
    ),
    (
        &[("93451", "93461")],
        &[("93451", "93461"), ("93563", "93568")],
        Family { says: "the more complete catheterization includes the other", chapter: "XI" },
    ),
    (
        &[("93303", "93351")],
        &[("93303", "93325")],
        Family { says: "the more complete echocardiogram includes the other", chapter: "XI" },
    ),
];

/// The principle by which `minor` is part of `major`; `None` where no simple one is known.
pub fn family(major: (&str, &LineFacts), minor: (&str, &LineFacts)) -> Option<Family> {
    let base = |facts: &LineFacts| facts.fee.and_then(|fee| fee.endoscopic_base);
    if base(major.1).is_some_and(|base| base == minor.0.as_bytes()) {
        return Some(Family { says: "a surgical endoscopy includes the diagnostic one", chapter: "I" });
    }
    let within = |ranges: Ranges, code: &str| code.len() == 5 && ranges.iter().any(|(from, to)| (*from..=*to).contains(&code));
    let found = FAMILIES.iter().find(|(one, other, _)| within(one, major.0) && within(other, minor.0));
    found.map(|(.., family)| *family).or_else(|| {
        let of_procedure = is_visit(minor.0) && !is_visit(major.0);
        of_procedure.then_some(Family { says: "the usual work before and after is part of the procedure", chapter: "I" })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeset::CodeSets;
    use crate::rules::tables::Tables;

    #[test]
    fn principles_of_known_pairs() {
        let sets = CodeSets::open(&CodeSets::default_dir().expect("tables")).expect("tables open");
        let tables = Tables::on(&sets, jiff::civil::date(2024, 8, 1));
        let says = |major: &str, minor: &str| {
            family((major, &tables.line(major)), (minor, &tables.line(minor))).map(|family| (family.says, family.chapter))
        };
        assert_eq!(says("31238", "31231"), Some(("a surgical endoscopy includes the diagnostic one", "I")));
        assert_eq!(says("29881", "29870"), Some(("a surgical endoscopy includes the diagnostic one", "I")));
        assert!(says("11641", "11102").is_some_and(|(words, chapter)| words.contains("biopsy") && chapter == "III"));
        assert!(says("25605", "29075").is_some_and(|(words, _)| words.contains("cast")));
        assert!(says("20611", "76942").is_some_and(|(words, _)| words.contains("imaging")));
        assert_eq!(says("31238", "30520"), None);
    }
}
