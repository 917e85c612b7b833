//! `superbill codesets` as a person runs it: an import changes what a claim is told, and a refused file changes nothing.
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

struct Practice {
    folder: tempfile::TempDir,
}

impl Practice {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let data = self.folder.path().join("data");
        Command::cargo_bin("superbill")
            .expect("binary")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("SUPERBILL_DATA", data)
            .args(arguments)
            .output()
            .expect("runs")
    }

    fn import(&self, path: &Path, more: &[&str]) -> Output {
        let mut arguments = vec!["codesets", "import", path.to_str().expect("a path")];
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Rules that speak of a claim, and the editions that answered.
    fn scrub(&self) -> (Vec<String>, Value) {
        let claim = r#"{"date_of_service":"2026-05-04","payer":"medicare","patient":{"age_years":54,"sex":"F"},
            "diagnoses":[{"code":"R04.0","pointer":"A"}],
            "lines":[{"number":1,"code":"31238","units":1,"pointers":["A"],"modifiers":["RT"]},
                     {"number":2,"code":"31231","units":1,"pointers":["A"],"modifiers":[]}]}"#;
        let path = self.file("claim.json", claim);
        let output = self.run(&["scrub", path.to_str().expect("a path"), "--json"]);
        let found = json(&output);
        let rules = found["findings"].as_array().expect("findings").iter().map(|f| f["rule"].as_str().unwrap_or("").to_string());
        (rules.collect(), found["code_sets"].clone())
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_imported_edition_changes_what_a_claim_is_told() {
    let practice = Practice::new();
    let (rules, editions) = practice.scrub();
    assert!(rules.contains(&"ncci-ptp".to_string()), "{rules:?}");
    assert_eq!(editions["ncci-ptp"], "2024Q3");

    let pairs =
        practice.file("ncci_ptp_practitioner_2026Q2.csv", "column1,column2,deletion_date,modifier_indicator\n31254,31231,*,0\n");
    let output = practice.import(&pairs, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let done = json(&output);
    assert_eq!((&done[0]["table"], &done[0]["edition"], &done[0]["rows"]), (&"ncci-ptp".into(), &"2026Q2".into(), &1.into()));
    assert_eq!(done[0]["effective"], "2026-04-01");

    let (rules, editions) = practice.scrub();
    assert!(!rules.contains(&"ncci-ptp".to_string()), "{rules:?}");
    assert_eq!(editions["ncci-ptp"], "2026Q2");
    let listed = json(&practice.run(&["codesets", "list", "--json"]));
    let ptp: Vec<&Value> = listed.as_array().expect("a list").iter().filter(|e| e["table"] == "ncci-ptp").collect();
    assert_eq!((ptp.len(), &ptp[0]["imported"], &ptp[0]["through"]), (1, &true.into(), &"2026-06-30".into()));
    assert_eq!(ptp[0]["sha256"].as_str().map(str::len), Some(64));
    let verified = practice.run(&["codesets", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    assert!(String::from_utf8_lossy(&verified.stdout).contains("1 imported files"));
}

#[test]
fn a_refused_file_says_where_and_changes_nothing() {
    let practice = Practice::new();
    let broken = practice.file("mue_practitioner_2026Q2.csv", "hcpcs_code,mue_units,mue_mai\n31231,one,2\n");
    let output = practice.import(&broken, &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("row 2, column mue_units") && said.contains("nothing of this file was imported"), "{said}");
    let unknown = practice.file("pairs.csv", "column1,column2,deletion_date,modifier_indicator\n31254,31231,*,0\n");
    let output = practice.import(&unknown, &[]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("--edition"), "{}", stderr(&output));
    let listed = json(&practice.run(&["codesets", "list", "--json"]));
    assert!(listed.as_array().expect("a list").iter().all(|e| e["imported"] != true));
    let output = practice.import(&unknown, &["--edition", "2026Q2", "--effective", "2026-04-01"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn an_update_needs_the_terms_accepted() {
    let practice = Practice::new();
    let sources = "[[source]]\nkind = \"ncci-mue\"\ntitle = \"Units\"\nurls = [\"http://127.0.0.1:9/mue.zip\"]\nperiod = \"quarter\"\ntype = \"zip\"\nmin_bytes = 1\nmax_bytes = 10\n";
    let path = practice.file("sources.toml", sources);
    let path = path.to_str().expect("a path");
    let output = practice.run(&["codesets", "update", "--sources", path]);
    let said = stderr(&output);
    assert!(output.status.code() == Some(2) && said.contains("American Medical Association"), "{said}");
    assert!(said.contains("--accept-ama-license"), "{said}");
    let accepted = ["codesets", "update", "--sources", path, "--accept-ama-license", "--attempts", "1", "--wait", "0"];
    let output = practice.run(&accepted);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("127.0.0.1:9"), "{}", stderr(&output));
    let output = practice.run(&["codesets", "update", "no-such-kind"]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("ncci-ptp"));
}
