//! A PTP table of full size in the official layout: how long it takes to open.
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jiff::civil::date;

use super::*;

/// Pairs of the whole table, in four parts.
const PAIRS: usize = 2_600_000;
const CODES: usize = 13_000;

/// One part, tab-delimited as CMS publishes it. Every code of column 1 has 200 partners.
fn part(number: usize) -> String {
    let mut text = String::with_capacity(PAIRS / 4 * 42);
    text += "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\n";
    text += "Column1/Column2 Edits\t\t\t\t\t\t\n";
    text += "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n";
    text += "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n\t\t\t\t*=no data\t1=allowed\t\n\t\t\t\t\t9=not applicable\t\n";
    for i in number * (PAIRS / 4)..(number + 1) * (PAIRS / 4) {
        let one = i / 200;
        let two = (one + 1 + i % 200 * 61) % CODES;
        let year = 1996 + (i * 7) % 30;
        let month = [1, 4, 7, 10][i % 4];
        let deletion = if i % 3 == 0 { format!("{}1231", year + 1 + i % 5) } else { "*".to_string() };
        let _ = writeln!(
            text,
            "{:05}\t{:05}\t\t{year}{month:02}01\t{deletion}\t{}\tMisuse of column two code",
            one + 10_000,
            two + 10_000,
            i % 2
        );
    }
    text
}

#[test]
fn the_full_table_opens_in_less_than_50_milliseconds() {
    let data = Data::new();
    let begun = Instant::now();
    let mut warnings = Vec::new();
    for number in 0..4 {
        let path = data.file(&format!("ccipra-v322r0-f{}.txt", number + 1), part(number));
        let done = data.import(&path).expect("imports");
        warnings.push(done[0].warnings.len());
        std::fs::remove_file(path).expect("removed");
    }
    let imported = begun.elapsed();
    // Each part alone is said to be so, until the fourth has come.
    assert_eq!(warnings, [1, 1, 1, 0]);
    let edition = &Store::of_data(data.path()).editions().expect("readable")[0];
    assert_eq!(edition.manifest.rows, PAIRS);
    let table = edition.path(edition.manifest.main());
    let open = || {
        let begun = Instant::now();
        let table = PtpTable::open(&table).expect("opens");
        assert_eq!(table.len(), PAIRS);
        begun.elapsed()
    };
    let fastest = (0..7).map(|_| open()).min().expect("several");
    eprintln!("{PAIRS} pairs: imported in {imported:.1?}, opened in {fastest:.1?}");
    // Builds without optimisation check the table more slowly.
    let limit = if cfg!(debug_assertions) { 500 } else { 50 };
    assert!(fastest < Duration::from_millis(limit), "{fastest:?}");
    let ptp = data.sets().ptp;
    assert_eq!(ptp.len(), PAIRS);
    // Row 1 of the first part: 10000 with 10062, from 2003-04-01, open.
    assert!(ptp.edit("10000", "10062", date(2003, 3, 31)).is_none());
    assert_eq!(ptp.edit("10000", "10062", date(2003, 4, 1)).map(|e| e.indicator), Some(1));
}
