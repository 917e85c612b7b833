//! The loader on an invented file and on the authored ones.
use super::*;

const FILE: &str = r#"
id = "x-dev-01"
specialty = "otolaryngology"
source = "invented"
note = '''
Nosebleed, right. Cauterized.
'''
[context]
date_of_service = "2026-05-04"
payer = "bcbs"
place_of_service = "11"
patient = { age_years = 54, sex = "F", new_patient = false }
[[diagnosis]]
code = "R04.0"
alternatives = ["R04.9"]
role = "primary"
quotes = ["Nosebleed"]
reason = "stated"
[[diagnosis]]
code = "I10"
role = "optional"
[[line]]
code = "30901"
modifiers = ["RT"]
units = 1
pointers = ["R04.0"]
certain = true
quotes = ["Cauterized"]
reason = "done"
[[line]]
code = "G2211"
units = 1
certain = false
[em]
code = "99213"
alternatives = ["99212"]
modifiers = ["25"]
basis = "mdm"
problems = "low"
additional = ["99406"]
[[finding]]
rule = "em-g2211"
"#;

fn folder_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::create_dir(folder.path().join("dev")).expect("dev");
    std::fs::write(folder.path().join("dev/x.toml"), text).expect("write");
    folder
}

#[test]
fn a_file_becomes_a_case() {
    let folder = folder_with(FILE);
    // What stands in another part is not even opened.
    std::fs::create_dir(folder.path().join("test")).expect("test");
    std::fs::write(folder.path().join("test/broken.toml"), "id = ").expect("write");
    let cases = load(folder.path(), Part::Dev).expect("loads");
    let (case, gold) = (&cases[0], &cases[0].gold);
    assert_eq!(gold.diagnoses[0].codes, ["R04.0", "R04.9"]);
    assert_eq!(gold.diagnoses[0].places, [Span::new(0, 9)]);
    assert!(gold.diagnoses[0].primary && gold.optional_diagnoses == ["I10"]);
    let line = &gold.procedures[0];
    assert_eq!((line.codes.as_slice(), line.units.as_slice()), (&["30901".to_owned()][..], &[1][..]));
    assert_eq!(line.pointers, Some(vec![vec!["R04.0".to_owned(), "R04.9".to_owned()]]));
    assert_eq!(gold.em.codes, ["99213", "99212"]);
    assert_eq!(gold.em.additional, Some(vec![vec!["99406".to_owned()]]));
    assert_eq!(
        (gold.em.optional.as_slice(), gold.findings.as_slice()),
        (&["G2211".to_owned()][..], &["em-g2211".to_owned()][..])
    );
    assert_eq!((gold.note_type.as_str(), gold.payer.as_str()), ("office", "bcbs"));
    assert_eq!(case.encounter.patient.age_years, Some(54));
    assert_eq!(case.encounter.encounter_id.as_deref(), Some("x-dev-01"));
    assert!(load(folder.path(), Part::Train).is_err());
}

#[test]
fn an_error_names_file_and_line_and_no_words() {
    let folder = folder_with(&FILE.replace("units = 1\npointers", "unit = 1\npointers"));
    let error = load(folder.path(), Part::Dev).err().expect("no units").to_string();
    assert!(error.contains("x.toml") && error.contains("units"), "{error}");
    let folder = folder_with(&FILE.replace("quotes = [\"Nosebleed\"]", "quotes = [\"Epistaxis\"]"));
    let error = load(folder.path(), Part::Dev).err().expect("quote").to_string();
    assert!(error.contains("does not occur") && !error.contains("Epistaxis"), "{error}");
}

#[test]
fn where_no_block_levels_the_visit_the_first_line_does() {
    let line = |code: &str, certain| Line {
        code: code.into(),
        alternatives: Vec::new(),
        modifiers: Vec::new(),
        units: 1,
        pointers: Vec::new(),
        certain,
        quotes: Vec::new(),
    };
    let lines = [line("G0438", true), line("99497", true), line("G2211", false)];
    let em = em(None, &lines.iter().collect::<Vec<_>>());
    assert_eq!((em.codes, em.additional), (vec!["G0438".to_owned()], Some(vec![vec!["99497".to_owned()]])));
}

#[test]
fn the_authored_encounters_load() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/encounters");
    for part in [Part::Dev, Part::Test] {
        let cases = load(&root, part).expect("loads");
        assert!(cases.len() >= 100, "{}: {}", part.name(), cases.len());
        for case in cases {
            let gold = &case.gold;
            assert_eq!(gold.diagnoses.iter().filter(|d| d.primary).count(), 1, "{}", gold.id);
            // A visit within a global period may bill no more than an optional 99024.
            let services = gold.procedures.len() + gold.optional_procedures.len();
            assert!(!gold.em.codes.is_empty() || services > 0, "{}: bills nothing", gold.id);
        }
    }
}
