//! The program as a person runs it: the README's first command, and what it says to input that it cannot code.
use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn superbill(arguments: &[&str]) -> Output {
    Command::cargo_bin("superbill")
        .expect("binary")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("runs")
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)))
}

const NOTE: &str = "eval/notes/ent_epistaxis.txt";

#[test]
fn the_example_note_is_coded_through_the_general_path() {
    let output = superbill(&["code", NOTE, "--json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let coded = json(&output);
    let codes: Vec<&str> =
        coded["claim"]["diagnoses"].as_array().expect("diagnoses").iter().filter_map(|d| d["code"].as_str()).collect();
    assert!(codes.contains(&"I78.0") && codes.contains(&"R04.0"), "{codes:?}");
    assert!(
        coded["relations"].as_array().expect("relations").iter().any(|r| r["kind"] == "due_to"),
        "epistaxis secondary to HHT is a due_to relation"
    );
    assert_eq!(coded["context"]["date_of_service"], "2026-05-04");
    assert_eq!(coded["context"]["origins"]["date_of_service"]["kind"], "inferred");
    let note = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(NOTE)).expect("note");
    for d in coded["claim"]["diagnoses"].as_array().expect("diagnoses") {
        let evidence = d["evidence"].as_array().expect("evidence");
        assert!(!evidence.is_empty(), "{} has no evidence", d["code"]);
        for e in evidence {
            let (start, end) = (e["start"].as_u64().expect("start") as usize, e["end"].as_u64().expect("end") as usize);
            assert_eq!(note.get(start..end), e["text"].as_str(), "the text at an offset is the evidence");
        }
    }
}

#[test]
fn a_disease_that_is_only_asked_about_leaves_its_place_to_the_symptom() {
    let folder = std::env::temp_dir().join(format!("superbill-doubted-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let note = folder.join("note.txt");
    let text = "? Bell's palsy - need to rule out stroke. 45M woke w/ left facial weakness incl forehead, drool. No limb sx. Exam: L \
                lower + upper face weak, rest normal. Start pred 60. MRI brain ordered.";
    std::fs::write(&note, text).expect("a note");
    let coded = json(&superbill(&["code", &note.display().to_string(), "--json"]));
    std::fs::remove_dir_all(&folder).expect("gone");
    let codes: Vec<&str> =
        coded["claim"]["diagnoses"].as_array().expect("diagnoses").iter().filter_map(|d| d["code"].as_str()).collect();
    assert_eq!(codes.first(), Some(&"R29.810"), "{codes:?}");
    assert!(!codes.contains(&"G51.0"), "{codes:?}");
}

#[test]
fn policy_documented_lists_what_the_text_supports() {
    let output = superbill(&["code", NOTE, "--policy", "documented", "--json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let coded = json(&output);
    let diagnoses = coded["claim"]["diagnoses"].as_array().expect("diagnoses");
    // The model and the features it was fitted on belong together: without that every code has no probability at all.
    assert!(diagnoses.len() > 1 && diagnoses.iter().all(|d| d["confidence"].as_f64().is_some_and(|c| c > 0.2)), "{diagnoses:?}");
}

#[test]
fn the_same_note_gives_the_same_bytes_alone_and_among_others() {
    let once = superbill(&["code", NOTE, "--json"]);
    let again = superbill(&["code", NOTE, "--json"]);
    assert_eq!(once.stdout, again.stdout);
    let dir = tempfile::tempdir().expect("folder");
    let other = dir.path().join("other.txt");
    fs::write(&other, "ASSESSMENT: Acute otitis media, left ear.\nPLAN: Amoxicillin 500 mg three times a day for 10 days.")
        .expect("write");
    let both = superbill(&["code", other.to_str().expect("path"), NOTE, "--json", "--date", "2026-05-04"]);
    let single = superbill(&["code", NOTE, "--json", "--date", "2026-05-04"]);
    assert_eq!(json(&both)[1], json(&single));
}

/// Notes of all lengths, some of them one sequence and one of them many batches.
#[test]
fn many_notes_give_the_same_bytes_on_any_number_of_threads_and_one_by_one() {
    let dir = tempfile::tempdir().expect("folder");
    let notes = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/notes");
    let mut files: Vec<_> = fs::read_dir(notes).expect("notes").map(|e| e.expect("entry").path()).collect();
    files.sort();
    let texts: Vec<String> = files.iter().take(4).map(|f| fs::read_to_string(f).expect("note")).collect();
    let mut notes = vec!["Cough.".to_owned(), texts.concat()];
    notes.extend(texts);
    let line = |(i, note): (usize, &String)| serde_json::json!({"encounter_id": format!("n{i}"), "note": note}).to_string();
    let lines: Vec<String> = notes.iter().enumerate().map(line).collect();
    let code = |name: &str, lines: &[String], threads: &str| {
        let (file, out) = (dir.path().join(format!("{name}.jsonl")), dir.path().join(name));
        fs::write(&file, lines.join("\n")).expect("write");
        let mut command = Command::cargo_bin("superbill").expect("binary");
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env("RAYON_NUM_THREADS", threads);
        command.args(["code", "--date", "2026-05-04"]).arg(&file).arg("--out").arg(&out).assert().success();
        let read = |i: usize| fs::read(out.join(format!("n{i}.json"))).ok();
        (0..notes.len()).map(read).collect::<Vec<_>>()
    };
    let one = code("one", &lines, "1");
    assert!(one.iter().all(Option::is_some));
    for threads in ["2", "5"] {
        assert!(one == code(threads, &lines, threads), "{threads} threads");
    }
    let alone = code("alone", &lines[1..2], "3");
    assert_eq!(one[1], alone[1]);
}

#[test]
fn input_that_cannot_be_coded_is_refused_with_what_is_allowed() {
    let dir = tempfile::tempdir().expect("folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("write");
        path.to_str().expect("path").to_owned()
    };
    let big = "Knee pain. ".repeat(500_000);
    let cases: [(String, &[&str], &str); 9] = [
        (write("empty.txt", b" \n\n"), &[], "note is empty"),
        (write("big.txt", big.as_bytes()), &[], "at most"),
        (write("latin.txt", b"caf\xe9 au lait spots"), &[], "windows-1252"),
        (write("binary.txt", b"\x7fELF\x02\x01\x01\x00\x00"), &[], "binary"),
        (write("payer.txt", b"Knee pain."), &["--payer", "acme"], "medicare"),
        (write("date.txt", b"Knee pain."), &["--date", "2026-02-30"], "calendar date"),
        (write("old.txt", b"Knee pain."), &["--date", "1990-01-01"], "1996-01-01"),
        (write("far.txt", b"Knee pain."), &["--date", "2031-01-01"], "out of range"),
        (write("bad.json", br#"{"note":"x","payor":"medicare"}"#), &[], "payor"),
    ];
    for (file, flags, expected) in cases {
        let mut arguments = vec!["code", file.as_str()];
        arguments.extend(flags);
        let output = superbill(&arguments);
        assert_eq!(status(&output), 2, "{file}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{file}: {}", stderr(&output));
    }
    let missing = superbill(&["code", "no/such/note.txt"]);
    assert_eq!(status(&missing), 2);
    let converted =
        superbill(&["code", dir.path().join("latin.txt").to_str().expect("path"), "--encoding", "windows-1252", "--json"]);
    assert_eq!(status(&converted), 0, "{}", stderr(&converted));
    assert_eq!(json(&converted)["converted_from"], "windows-1252");
}

#[test]
fn one_bad_note_does_not_stop_the_others() {
    let dir = tempfile::tempdir().expect("folder");
    let lines = dir.path().join("many.jsonl");
    fs::write(
        &lines,
        "{\"encounter_id\":\"A\",\"note\":\"Assessment: Gout of the right foot.\"}\n{\"encounter_id\":\"B\",\"note\":\"\"}\n",
    )
    .expect("write");
    let out = dir.path().join("out");
    let output =
        superbill(&["code", lines.to_str().expect("path"), "--out", out.to_str().expect("path"), "--date", "2026-05-04"]);
    assert_eq!(status(&output), 2, "{}", stderr(&output));
    let read =
        |name: &str| -> Value { serde_json::from_str(&fs::read_to_string(out.join(name)).expect("written")).expect("JSON") };
    assert_eq!(read("A.json")["schema"], "superbill/1");
    assert!(read("B.json")["error"]["message"].as_str().expect("message").contains("note is empty"));

    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    fs::create_dir_all(&a).and_then(|()| fs::create_dir_all(&b)).expect("folders");
    fs::write(a.join("same.txt"), "Knee pain.").and_then(|()| fs::write(b.join("same.txt"), "Hip pain.")).expect("write");
    let clash = superbill(&[
        "code",
        a.join("same.txt").to_str().expect("path"),
        b.join("same.txt").to_str().expect("path"),
        "--out",
        out.to_str().expect("path"),
    ]);
    assert_eq!(status(&clash), 2);
    assert!(stderr(&clash).contains("same.json"), "{}", stderr(&clash));

    // Signs that no file name may have are replaced: two ids may then be one file.
    let ids = dir.path().join("ids.jsonl");
    fs::write(&ids, "{\"encounter_id\":\"A/1\",\"note\":\"Gout.\"}\n{\"encounter_id\":\"A_1\",\"note\":\"Cough.\"}\n")
        .expect("write");
    let clash = superbill(&["code", ids.to_str().expect("path"), "--out", out.to_str().expect("path")]);
    assert_eq!(status(&clash), 2);
    assert!(stderr(&clash).contains("A_1.json"), "{}", stderr(&clash));
}

#[test]
fn what_a_model_computes_in_is_recorded() {
    let dir = tempfile::tempdir().expect("folder");
    let (own, folder) = (dir.path().join("manifest.json"), dir.path().to_str().expect("path"));
    let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/superbill-base/manifest.json");
    fs::copy(&released, &own).expect("copy");
    let read = |path: &Path| serde_json::from_slice::<serde_json::Value>(&fs::read(path).expect("read")).expect("JSON");
    assert_eq!(status(&superbill(&["models", "compute", folder, "bf16"])), 0);
    let mut expected = read(&released);
    expected["compute"] = "bf16".into();
    assert_eq!(read(&own), expected);
    let wrong = superbill(&["models", "compute", folder, "fp4"]);
    assert_eq!(status(&wrong), 2);
    assert!(stderr(&wrong).contains("expected f32, bf16, int8"), "{}", stderr(&wrong));
}

#[test]
fn a_damaged_installation_says_which_file() {
    let dir = tempfile::tempdir().expect("folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/superbill-base");
    let copy = |name: &str| {
        let target = dir.path().join(name);
        fs::create_dir_all(&target).expect("folder");
        for entry in fs::read_dir(&source).expect("model folder").flatten() {
            fs::copy(entry.path(), target.join(entry.file_name())).expect("copy");
        }
        target
    };
    let refused = |model: &Path, expected: &str| {
        let output = superbill(&["code", NOTE, "--model", model.to_str().expect("path")]);
        assert_eq!(status(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains(expected), "expected {expected}: {}", stderr(&output));
    };
    let missing = dir.path().join("nothing-here");
    refused(&missing, "nothing-here");
    let no_tokenizer = copy("no-tokenizer");
    fs::remove_file(no_tokenizer.join("tokenizer.json")).expect("remove");
    refused(&no_tokenizer, "tokenizer");
    let truncated = copy("truncated");
    let weights = truncated.join("trunk.safetensors");
    let bytes = fs::read(&weights).expect("weights");
    fs::write(&weights, &bytes[..bytes.len() / 2]).expect("write");
    refused(&truncated, "trunk.safetensors");

    let output = superbill(&["code", NOTE, "--codesets", missing.to_str().expect("path")]);
    assert_eq!(status(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("nothing-here"), "{}", stderr(&output));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let output = superbill(&["code", NOTE, "--out", "/proc/superbill-out"]);
    assert_eq!(status(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("/proc/superbill-out"), "{}", stderr(&output));
}

#[test]
fn rules_are_listed_explained_and_measured() {
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let list = superbill(&["rules", "list"]);
    assert!(text(&list).contains("ncci-ptp") && text(&list).contains("stated by payer medicare"), "{}", stderr(&list));
    let explained = superbill(&["rules", "explain", "payer-therapy-plan"]);
    assert!(text(&explained).contains("carries one of GP, GO, GN"), "{}", stderr(&explained));
    let verified = superbill(&["codesets", "verify"]);
    assert_eq!(status(&verified), 0, "{}", stderr(&verified));
    assert!(text(&verified).contains("examples in payers' files hold"));
    let measured = superbill(&["eval", "--set", "claims:eval/claims", "--json"]);
    assert_eq!(status(&measured), 0, "{}", stderr(&measured));
    assert!(json(&measured)["documents"].as_u64().is_some_and(|cases| cases >= 300));
}
