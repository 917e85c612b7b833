use jiff::civil::date;

use super::*;

fn staged(part: &str, table: &[u8]) -> Staged {
    Staged {
        kind: Kind::PlaceOfService,
        edition: "2026-01".into(),
        effective: date(2026, 1, 1),
        through: None,
        partial: false,
        part: StagedPart {
            part: part.into(),
            source: "places.csv".into(),
            source_sha256: "00".into(),
            source_bytes: 1,
            rows: 1,
            table: table.to_vec(),
        },
        imported_on: Some(date(2026, 5, 4)),
        ama_license_accepted_on: None,
        warnings: Vec::new(),
    }
}

fn no_merge(_: Kind, _: &[PathBuf]) -> Result<Vec<u8>, CodesetError> {
    Ok(Vec::new())
}

#[test]
fn the_edition_before_is_kept_and_older_tables_go() {
    let data = tempfile::tempdir().expect("a folder");
    let store = Store::of_data(data.path());
    assert!(store.editions().expect("nothing yet").is_empty());
    for table in [b"one", b"two", b"six"] {
        store.install(vec![staged("table", table)], &no_merge).expect("installs");
    }
    let edition = &store.editions().expect("readable")[0];
    let read = |name: &str| std::fs::read_to_string(edition.folder.join(name)).expect("readable");
    assert_eq!(read(&edition.manifest.main().file), "six");
    let before: Manifest = serde_json::from_str(&read("manifest.previous.json")).expect("a manifest");
    assert_eq!(read(&before.main().file), "two");
    let tables = std::fs::read_dir(&edition.folder).expect("readable").flatten();
    assert_eq!(tables.filter(|f| f.file_name().to_string_lossy().ends_with(".tbl")).count(), 2);
    assert_eq!(store.verify().ok(), Some(1));
}

#[test]
fn what_fails_leaves_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let store = Store::of_data(data.path());
    let mut second = staged("table", b"two");
    second.kind = Kind::NcciPtp;
    second.edition = "2026Q3".into();
    let third = Staged { part: StagedPart { part: "f2".into(), ..staged("f2", b"x").part }, ..staged("f2", b"x") };
    let third = Staged { kind: Kind::NcciPtp, edition: "2026Q3".into(), ..third };
    let fails = |_: Kind, _: &[PathBuf]| Err(CodesetError::refused(Path::new("x"), "cannot be merged"));
    assert!(store.install(vec![staged("table", b"one"), second, third], &fails).is_err());
    assert!(store.editions().expect("readable").is_empty());
    let left: Vec<_> = std::fs::read_dir(store.folder()).expect("readable").flatten().map(|f| f.file_name()).collect();
    assert_eq!(left, [".lock"], "{left:?}");
}
