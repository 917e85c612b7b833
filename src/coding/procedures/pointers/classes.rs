//! Services and diagnoses by kind, as coarse as their relations need: an organ's services and an organ's illnesses.

/// First and last code of a class of services, and its name.
const SERVICES: [(&str, &str, &str); 49] = [
    ("10000", "10999", "incision"),
    ("11000", "11199", "biopsy"),
    ("11200", "11699", "excision"),
    ("11700", "11999", "nails"),
    ("12000", "16999", "closure"),
    ("17000", "18999", "destruction"),
    ("19000", "19999", "breast"),
    ("20000", "20519", "soft"),
    ("20520", "20699", "joint"),
    ("20700", "21999", "face"),
    ("22000", "22999", "spine"),
    ("23000", "25999", "arm"),
    ("26000", "26999", "hand"),
    ("27000", "27999", "leg"),
    ("28000", "28999", "foot"),
    ("29000", "29799", "cast"),
    ("29800", "29999", "scope"),
    ("30000", "31299", "nose"),
    ("31300", "32999", "airway"),
    ("33000", "33999", "heart"),
    ("34000", "37999", "vessel"),
    ("38000", "39999", "node"),
    ("40000", "42999", "mouth"),
    ("43000", "43299", "upper"),
    ("43300", "44999", "bowel"),
    ("45000", "46999", "colon"),
    ("47000", "49999", "belly"),
    ("50000", "53999", "urinary"),
    ("54000", "55999", "male"),
    ("56000", "58999", "female"),
    ("59000", "59999", "birth"),
    ("60000", "60999", "gland"),
    ("61000", "62299", "brain"),
    ("62300", "64999", "nerve"),
    ("65000", "68999", "eye"),
    ("69000", "69999", "ear"),
    ("70000", "76499", "film"),
    ("76500", "79999", "echo"),
    ("80000", "89999", "laboratory"),
    ("90281", "90759", "vaccine"),
    ("90760", "91999", "mind"),
    ("92000", "92499", "sight"),
    ("92500", "92799", "hearing"),
    ("92800", "93999", "cardiac"),
    ("94000", "94999", "lung"),
    ("95000", "95799", "allergy"),
    ("95800", "96399", "tracing"),
    ("96400", "96999", "given"),
    ("97000", "99999", "other"),
];

/// The class of a service.
pub fn of_service(code: &str) -> &'static str {
    match code.as_bytes().first() {
        Some(b'J' | b'Q') => return "drug",
        Some(b'G') => return "preventive",
        Some(b'0'..=b'9') => {}
        _ => return "supply",
    }
    SERVICES.iter().find(|(first, last, _)| (*first..=*last).contains(&code)).map_or("other", |(_, _, name)| name)
}

/// The kind of a diagnosis: its chapter, with the Z codes by what they are for.
pub fn of_diagnosis(code: &str) -> &'static str {
    const Z: [(&str, &str, &str); 16] = [
        ("Z00", "Z02", "examination"),
        ("Z03", "Z05", "observation"),
        ("Z08", "Z09", "follow-up"),
        ("Z11", "Z13", "screening"),
        ("Z14", "Z22", "exposure"),
        ("Z23", "Z29", "prevention"),
        ("Z30", "Z39", "childbearing"),
        ("Z40", "Z41", "elective"),
        ("Z42", "Z49", "aftercare"),
        ("Z51", "Z53", "treatment"),
        ("Z55", "Z78", "circumstance"),
        ("Z79", "Z79", "drugs"),
        ("Z80", "Z84", "family"),
        ("Z85", "Z87", "past"),
        ("Z88", "Z91", "risk"),
        ("Z92", "Z99", "state"),
    ];
    const CHAPTERS: [(&str, &str, &str); 32] = [
        ("A00", "B99", "infection"),
        ("C00", "C26", "cancer-gut"),
        ("C30", "C39", "cancer-chest"),
        ("C40", "C49", "cancer-skin"),
        ("C50", "C50", "cancer-breast"),
        ("C51", "C68", "cancer-pelvis"),
        ("C69", "C97", "cancer-other"),
        ("D00", "D49", "growth"),
        ("D50", "D89", "blood"),
        ("E00", "E07", "thyroid"),
        ("E08", "E13", "diabetes"),
        ("E14", "E89", "metabolic"),
        ("F00", "F99", "mind"),
        ("G00", "G99", "nerve"),
        ("H00", "H59", "eye"),
        ("H60", "H99", "ear"),
        ("I00", "I19", "pressure"),
        ("I20", "I59", "heart"),
        ("I60", "I99", "vessel"),
        ("J00", "J39", "nose"),
        ("J40", "J99", "lung"),
        ("K00", "K14", "mouth"),
        ("K15", "K99", "gut"),
        ("L00", "L99", "skin"),
        ("M00", "M39", "joint"),
        ("M40", "M54", "spine"),
        ("M55", "M99", "soft"),
        ("N00", "N39", "urinary"),
        ("N40", "N53", "male"),
        ("N54", "N99", "female"),
        ("O00", "P99", "birth"),
        ("Q00", "Q99", "congenital"),
    ];
    const REST: [(&str, &str, &str); 4] =
        [("R00", "R99", "symptom"), ("S00", "S99", "injury"), ("T00", "T88", "effect"), ("U00", "Y99", "cause")];
    let stem = code.get(..3).unwrap_or(code);
    let all = Z.iter().chain(&CHAPTERS).chain(&REST);
    all.clone().find(|(first, last, _)| (*first..=*last).contains(&stem)).map_or("other", |(_, _, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        assert!(SERVICES.windows(2).all(|w| w[0].1 < w[1].0), "ranges in order, apart");
        assert_eq!((of_service("20610"), of_service("J3301"), of_service("0232T")), ("joint", "drug", "other"));
        assert_eq!((of_diagnosis("M17.11"), of_diagnosis("Z79.4"), of_diagnosis("W19.XXXA")), ("joint", "drugs", "cause"));
    }
}
