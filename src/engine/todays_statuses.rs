//! Statuses that only today's service brings about are none yet: a lens put in today is no "presence of lens", a breast removed
//! today no "absence of breast" (guidelines I.C.21.c.3: a status tells of what is past and bears on the encounter).
use super::service_diagnoses::retain;
use crate::claim::{Diagnosis, Line};

/// First and last code of a service, and the beginnings of the statuses that it makes.
const MADE: &[(&str, &str, &[&str])] = &[
    ("11970", "11971", &["Z98.82"]),
    ("19301", "19307", &["Z90.1"]),
    ("19325", "19342", &["Z98.82"]),
    ("22548", "22634", &["Z98.1"]),
    ("23470", "23474", &["Z96.61"]),
    ("24000", "24940", &["Z89"]),
    ("25900", "26952", &["Z89"]),
    ("27130", "27138", &["Z96.64"]),
    ("27445", "27447", &["Z96.65"]),
    ("27590", "27598", &["Z89"]),
    ("27880", "27889", &["Z89"]),
    ("28800", "28825", &["Z89"]),
    ("31600", "31610", &["Z93.0"]),
    ("32440", "32488", &["Z90.2"]),
    ("33206", "33208", &["Z95.0"]),
    ("33227", "33229", &["Z95.0"]),
    ("33230", "33231", &["Z95.810"]),
    ("33240", "33249", &["Z95.810"]),
    ("33285", "33285", &["Z95.818"]),
    ("33361", "33430", &["Z95.2", "Z95.3", "Z95.4"]),
    ("33510", "33536", &["Z95.1"]),
    ("35500", "35671", &["Z95.828"]),
    ("36555", "36573", &["Z45.2", "Z95.828"]),
    ("37215", "37239", &["Z95.82"]),
    ("38100", "38120", &["Z90.81"]),
    ("43246", "43246", &["Z93.1"]),
    ("43644", "43645", &["Z98.84"]),
    ("43770", "43775", &["Z98.84"]),
    ("44140", "44213", &["Z90.49", "Z93.2", "Z93.3"]),
    ("44950", "44970", &["Z90.49"]),
    ("47562", "47620", &["Z90.49"]),
    ("49440", "49440", &["Z93.1"]),
    ("50220", "50240", &["Z90.5"]),
    ("50543", "50548", &["Z90.5"]),
    ("51040", "51102", &["Z93.5"]),
    ("52332", "52332", &["Z96.0"]),
    ("53440", "53449", &["Z96.0"]),
    ("54400", "54405", &["Z96.0"]),
    ("54520", "54535", &["Z90.79"]),
    ("55250", "55250", &["Z98.52"]),
    ("55801", "55866", &["Z90.79"]),
    ("58150", "58294", &["Z90.7"]),
    ("58541", "58573", &["Z90.7"]),
    ("58600", "58615", &["Z98.51"]),
    ("58661", "58720", &["Z90.72", "Z98.51", "Z90.79"]),
    ("60210", "60271", &["E89.0", "Z90.89"]),
    ("61885", "61886", &["Z96.82"]),
    ("62223", "62225", &["Z98.2"]),
    ("63650", "63688", &["Z96.82"]),
    ("65710", "65757", &["Z94.7"]),
    ("66830", "66991", &["Z96.1", "Z98.4"]),
    ("69714", "69717", &["Z96.2"]),
    ("69930", "69930", &["Z96.21"]),
    ("92920", "92944", &["Z95.5", "Z98.61"]),
    ("58300", "58300", &["Z97.5"]),
    ("11981", "11981", &["Z97.5"]),
];

/// Words that tell of an earlier time.
const EARLIER: &[&str] = &[
    "prior",
    "previous",
    "history",
    "hx",
    "s/p",
    "status post",
    "ago",
    "old ",
    "earlier",
    "known",
    "existing",
    "last year",
    "19",
    "201",
    "202",
    "re-do",
    "redo",
    "revision",
    "pmh",
    "psh",
];

/// Takes out statuses that today's lines make, but for the other side's and those that the note's words put in the past.
pub(super) fn take_out(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], note: &str) {
    let earlier = |d: &Diagnosis| {
        d.evidence.iter().any(|e| {
            let around = around(note, e.start, e.end).to_lowercase();
            EARLIER.iter().any(|w| around.contains(w))
        })
    };
    let made = |d: &Diagnosis| {
        !earlier(d)
            && MADE.iter().any(|(first, last, statuses)| {
                statuses.iter().any(|s| d.code.starts_with(s))
                    && lines.iter().any(|l| (*first..=*last).contains(&l.code.as_str()) && same_side(&d.code, l))
            })
    };
    let stays: Vec<bool> = diagnoses.iter().map(|d| !made(d)).collect();
    if stays.iter().all(|s| *s) || stays.iter().all(|s| !*s) {
        return;
    }
    retain(diagnoses, lines, &stays);
}

/// The words of a place with those shortly before and behind it.
fn around(note: &str, start: usize, end: usize) -> &str {
    let from = note.floor_char_boundary(start.saturating_sub(40));
    let to = note.ceil_char_boundary(end.saturating_add(24).min(note.len()));
    note.get(from..to).unwrap_or_default()
}

/// Whether a status can be that of the line's side; a status of a limb or breast ends in 1 (right) or 2 (left).
fn same_side(status: &str, line: &Line) -> bool {
    let sided = ["Z90.1", "Z96.61", "Z96.64", "Z96.65", "Z89"].iter().any(|s| status.starts_with(s));
    let of = |side: &str| line.modifiers.iter().any(|m| m == side);
    match status.chars().last() {
        Some('1') if sided => !of("LT"),
        Some('2') if sided => !of("RT"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::service_diagnoses::letter;
    use super::*;
    use crate::document::Evidence;

    fn run(codes: &[&str], line: (&str, &[&str]), pointers: &[&str]) -> (Vec<String>, String) {
        let mut diagnoses: Vec<Diagnosis> =
            codes.iter().map(|c| Diagnosis { code: (*c).to_owned(), ..Diagnosis::default() }).collect();
        letter(&mut diagnoses);
        let owned = |all: &[&str]| all.iter().map(|x| (*x).to_owned()).collect::<Vec<_>>();
        let line = Line { code: line.0.to_owned(), modifiers: owned(line.1), pointers: owned(pointers), ..Line::default() };
        let mut lines = [line];
        take_out(&mut diagnoses, &mut lines, "");
        (diagnoses.into_iter().map(|d| d.code).collect(), lines[0].pointers.concat())
    }

    #[test]
    fn a_lens_put_in_today_is_no_status() {
        assert_eq!(run(&["Z96.1", "H25.11"], ("66984", &["RT"]), &["A", "B"]), (vec!["H25.11".to_owned()], "A".to_owned()));
    }

    #[test]
    fn the_other_knee_stays() {
        let (codes, _) = run(&["M17.11", "Z96.652"], ("27447", &["RT"]), &["A"]);
        assert_eq!(codes, ["M17.11", "Z96.652"]);
        let (codes, _) = run(&["M17.11", "Z96.651"], ("27447", &["RT"]), &["A"]);
        assert_eq!(codes, ["M17.11"]);
    }

    #[test]
    fn what_the_note_puts_in_the_past_stays() {
        let note = "Prior DES to the RCA. DES to the LAD today.";
        let evidence = vec![Evidence { document: None, start: 6, end: 20, text: "DES to the RCA".to_owned() }];
        let mut diagnoses = vec![
            Diagnosis { code: "I25.10".to_owned(), ..Diagnosis::default() },
            Diagnosis { code: "Z95.5".to_owned(), evidence, ..Diagnosis::default() },
        ];
        take_out(&mut diagnoses, &mut [Line { code: "92928".to_owned(), ..Line::default() }], note);
        assert_eq!(diagnoses.len(), 2);
    }

    #[test]
    fn the_only_diagnosis_is_left() {
        assert_eq!(run(&["Z95.5"], ("92928", &["LD"]), &["A"]).0, ["Z95.5"]);
    }
}
