//! `superbill eval` from end to end on small invented sets: what is printed, written, refused and written down.
use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn eval(arguments: &[&str]) -> Output {
    Command::cargo_bin("superbill")
        .expect("binary")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("eval")
        .args(arguments)
        .output()
        .expect("runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn encounter(id: &str) -> String {
    format!(
        r#"
id = "{id}"
specialty = "otolaryngology"
source = "invented"
note = '''
Established patient with a nosebleed since this morning, right side.
ASSESSMENT: Epistaxis. Essential hypertension, stable.
PLAN: Saline spray. Return if it bleeds again.
'''
[context]
date_of_service = "2026-05-04"
payer = "medicare"
place_of_service = "11"
patient = {{ age_years = 54, sex = "F", new_patient = false }}
[[diagnosis]]
code = "R04.0"
role = "primary"
quotes = ["Epistaxis"]
[[diagnosis]]
code = "Q00.0"
role = "secondary"
quotes = ["Saline spray"]
[em]
code = "99213"
modifiers = []
"#
    )
}

#[test]
fn authored_encounters_are_scored_reported_and_test_runs_written_down() {
    let folder = tempfile::tempdir().expect("folder");
    let set = folder.path().join("encounters");
    for part in ["dev", "test"] {
        fs::create_dir_all(set.join(part)).expect("part");
        fs::write(set.join(part).join("one.toml"), encounter(&format!("x-{part}-01"))).expect("write");
    }
    let (report, rows) = (folder.path().join("report.html"), folder.path().join("rows.tsv"));
    let path = |p: &Path| p.to_str().expect("path").to_owned();
    let output =
        eval(&["--set", &path(&set), "--json", "--report", &path(&report), "--predictions", &path(&rows), "--device", "cpu"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let scores: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!((&scores["split"], &scores["documents"]), (&"dev".into(), &1.into()));
    assert_eq!(scores["metrics"]["diagnosis_exact_set"]["value"], 0.0, "Q00.0 stands in no word of the note");
    assert_eq!(scores["metrics"]["primary_accuracy"]["value"], 1.0);
    for key in ["value", "low", "high", "n"] {
        assert!(scores["metrics"]["map"][key].is_number(), "{key}");
    }
    assert!(scores["by_group"]["specialty:otolaryngology"]["diagnosis_f1"].is_object());
    assert!(scores["engine"]["sha256"].as_str().is_some_and(|s| s.len() == 64));
    let html = fs::read_to_string(&report).expect("report");
    assert!(html.contains("x-dev-01") && html.contains("Q00.0") && html.contains("<mark"));
    let first = fs::read_to_string(&rows).expect("rows").lines().next().map(str::to_owned).unwrap_or_default();
    assert!(first.starts_with("x-dev-01\tdx\tR04.0\t1\t") && first.ends_with("\t1"), "{first}");
    let log = folder.path().join("test_runs.log");
    assert!(!log.exists(), "a dev run is not written down");
    let output = eval(&["--set", &path(&set), "--split", "test", "--device", "cpu"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(&log).expect("log");
    assert!(text.lines().count() == 1 && text.contains("superbill-base") && text.contains("diagnosis_f1"), "{text}");
    // A model that has seen the document is refused: the id stands in its list.
    let known = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/superbill-base/training_documents.txt"))
        .expect("training documents");
    let id = known.lines().next().and_then(|l| l.split('\t').nth(1)).expect("an id");
    fs::write(set.join("dev/two.toml"), encounter(id)).expect("write");
    let output = eval(&["--set", &path(&set)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(id), "{}", stderr(&output));
}

#[test]
fn assertion_and_mention_files_are_scored() {
    let folder = tempfile::tempdir().expect("folder");
    let negex = folder.path().join("negex.txt");
    let rows = "7\tchest pain\tHe denies chest pain.\tNegated\tRecent\tPatient\n9\tcough\tCough since Monday.\tAffirmed\tRecent\tPatient\n";
    fs::write(&negex, rows).expect("write");
    let pubtator = folder.path().join("corpus.txt");
    fs::write(&pubtator, "77|t|Asthma in adults.\n77|a|Asthma is treated.\n77\t0\t6\tAsthma\tDisease\tD1\n\n").expect("write");
    let tsv = folder.path().join("rows.tsv");
    let output = eval(&[
        "--set",
        &format!("negex:{}", negex.display()),
        "--set",
        &format!("pubtator:{}", pubtator.display()),
        "--json",
        "--predictions",
        tsv.to_str().expect("path"),
        "--device",
        "cpu",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let scores: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(scores[0]["metrics"]["assertion_absent_f1"]["value"], 1.0);
    assert_eq!(scores[1]["metrics"]["ner_strict_f1"]["n"], 1);
    assert!(scores[1]["by_group"]["kind:problem"].is_object());
    let rows = fs::read_to_string(&tsv).expect("rows");
    assert!(rows.starts_with("1\tabsent\n2\tpresent\n"), "{rows}");
}

#[test]
fn what_cannot_be_measured_is_said() {
    for (arguments, words) in [
        (&["--set", "nothing:here"][..], "not known"),
        (&["--set", "labels:/nowhere", "--split", "test"][..], "no part"),
        (&["--set", "eval/encounters/train"][..], "not known"),
    ] {
        let output = eval(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}
