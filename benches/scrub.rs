//! How fast a claim of twelve lines and twelve diagnoses is scrubbed, and the same lookups in SQLite:
//! `cargo bench --bench scrub`. Prints one JSON object. Each figure is a median over single claims, on one thread but for
//! the claims a minute.
#![allow(missing_docs)]
use std::hint::black_box;
use std::time::Instant;

use rusqlite::{Connection, params};
use superbill::codeset::CodeSets;
use superbill::codeset::procedures::Component;
use superbill::rules::{ALL, Border, ClaimFile, ClaimView, Payers, check_all, newest_edition_end, scrub};

type Failure = Box<dyn std::error::Error>;

const CLAIM: &str = r#"{"date_of_service":"2026-05-04","payer":"medicare","patient":{"age_years":54,"sex":"F"},
 "provider":{"npi":"1234567893"},
 "diagnoses":["E11.65","I12.9","N18.30","J45.40","M17.11","L57.0","D48.5","H61.21","R04.0","I48.91","Z79.4","K21.9"],
 "lines":[{"code":"99214","modifiers":["25"],"pointers":["A","B","C","D"]},{"code":"20610","modifiers":["RT"],"pointers":["E"]},
  {"code":"17000","pointers":["F"]},{"code":"17003","units":3,"pointers":["F"]},{"code":"11102","modifiers":["59"],"pointers":["G"]},
  {"code":"69210","pointers":["H"]},{"code":"31238","modifiers":["RT"],"pointers":["I"]},{"code":"93000","pointers":["J"]},
  {"code":"83036","modifiers":["QW"],"pointers":["A"]},{"code":"94060","pointers":["D"]},{"code":"80053","pointers":["A","B"]},
  {"code":"36415","pointers":["A"]}]}"#;

fn median_us(runs: usize, mut work: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let started = Instant::now();
        work()?;
        times.push(started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[runs / 2] * 1e6)
}

fn main() -> Result<(), Failure> {
    let code_sets = CodeSets::open(&CodeSets::default_dir()?)?;
    let payers = Payers::embedded()?;
    let end = newest_edition_end(&code_sets);
    let border = Border { payers: &payers, newest_edition_end: end, default_date: end };
    let file = ClaimFile::from_json(CLAIM, border)?;
    let payer = payers.get("medicare").ok_or("no medicare")?;
    let rules = || {
        let view = ClaimView::new(&file.context, &file.claim.diagnoses, &file.claim.lines, &code_sets, payer, None);
        check_all(&view)
    };
    let rules_us = median_us(20_000, || {
        black_box(rules());
        Ok(())
    })?;
    // What each rule takes of it, the dearest first.
    let view = ClaimView::new(&file.context, &file.claim.diagnoses, &file.claim.lines, &code_sets, payer, None);
    let mut by_rule: Vec<(&str, f64)> = Vec::new();
    for rule in ALL {
        let us = median_us(2_000, || {
            let mut findings = Vec::new();
            rule.check(&view, &mut findings);
            black_box(findings);
            Ok(())
        })?;
        by_rule.push((rule.info().id, us));
    }
    by_rule.sort_by(|a, b| b.1.total_cmp(&a.1));
    let view_us = median_us(5_000, || {
        black_box(ClaimView::new(&file.context, &file.claim.diagnoses, &file.claim.lines, &code_sets, payer, None));
        Ok(())
    })?;
    let digest_us = median_us(5_000, || {
        black_box(scrub(&file, "bench", &code_sets, &payers));
        Ok(())
    })?;
    let json_us = median_us(5_000, || {
        black_box(scrub(&ClaimFile::from_json(CLAIM, border)?, "bench", &code_sets, &payers));
        Ok(())
    })?;
    let started = Instant::now();
    let claims = 40_000;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..claims / 2 {
                    black_box(rules());
                }
            });
        }
    });
    let a_minute = f64::from(claims) / started.elapsed().as_secs_f64() * 60.0;

    let database = database(&code_sets, &file)?;
    let sqlite_us = median_us(2_000, || in_sqlite(&database, &file))?;
    let tables_us = median_us(20_000, || {
        black_box(in_tables(&code_sets, &file));
        Ok(())
    })?;
    let result = serde_json::json!({
        "findings": rules().len(), "rules_us": rules_us, "view_us": view_us,
        "dearest_rules_us": by_rule.iter().take(12).map(|(id, us)| format!("{id} {us:.2}")).collect::<Vec<_>>(), "scrub_with_digest_us": digest_us, "scrub_from_json_us": json_us,
        "claims_a_minute_two_threads": a_minute, "lookups_us": tables_us, "same_lookups_sqlite_us": sqlite_us,
    });
    println!("{result}");
    Ok(())
}

/// The tables of the embedded code sets that a scrub asks, in SQLite with covering keys.
fn database(code_sets: &CodeSets, file: &ClaimFile) -> Result<Connection, Failure> {
    let date = file.context.date_of_service;
    let mut database = Connection::open_in_memory()?;
    database.execute_batch(
        "CREATE TABLE ptp (one TEXT, two TEXT, indicator INTEGER, PRIMARY KEY (one, two)) WITHOUT ROWID;
         CREATE TABLE mue (code TEXT PRIMARY KEY, value INTEGER, mai INTEGER) WITHOUT ROWID;
         CREATE TABLE addon (code TEXT, primary_code TEXT, PRIMARY KEY (code, primary_code)) WITHOUT ROWID;
         CREATE TABLE fee (code TEXT PRIMARY KEY, global TEXT, bilateral TEXT, work REAL) WITHOUT ROWID;
         CREATE TABLE icd (code TEXT PRIMARY KEY, billable INTEGER) WITHOUT ROWID;",
    )?;
    let write = database.transaction()?;
    {
        let mut ptp = write.prepare("INSERT OR IGNORE INTO ptp VALUES (?1, ?2, ?3)")?;
        let mut mue = write.prepare("INSERT INTO mue VALUES (?1, ?2, ?3)")?;
        let mut fee = write.prepare("INSERT INTO fee VALUES (?1, ?2, ?3, ?4)")?;
        let mut addon = write.prepare("INSERT OR IGNORE INTO addon VALUES (?1, ?2)")?;
        let procedures = &code_sets.procedures;
        let numbered: Vec<_> = procedures.all().filter_map(|i| code_sets.ptp.find(procedures.code(i))).collect();
        for (at, one) in numbered.iter().enumerate() {
            for pair in numbered[at + 1..].iter().filter_map(|two| code_sets.ptp.between(*one, *two, date)) {
                ptp.execute(params![pair.column1, pair.column2, pair.edit.indicator])?;
            }
        }
        for i in procedures.all() {
            let code = procedures.code(i);
            if let Some(edit) = code_sets.mue.get(code, date) {
                mue.execute(params![code, edit.value, edit.adjudication as u8])?;
            }
            if let Some(facts) = procedures.component_facts(i, Component::Global, date) {
                fee.execute(params![code, facts.global.indicator(), facts.bilateral.to_string(), facts.work_rvu])?;
            }
        }
        for code in file.claim.lines.iter().map(|line| line.code.as_str()) {
            for primary in code_sets.add_ons.get(code, date).into_iter().flat_map(|edit| edit.primaries().collect::<Vec<_>>()) {
                addon.execute(params![code, primary])?;
            }
        }
        let mut icd = write.prepare("INSERT OR IGNORE INTO icd VALUES (?1, ?2)")?;
        for index in code_sets.icd10cm.all() {
            icd.execute(params![code_sets.icd10cm.code(index), code_sets.icd10cm.is_billable_latest(index)])?;
        }
    }
    write.commit()?;
    Ok(database)
}

/// What a scrub must look up at least: each code once, each pair of lines in both orders.
fn in_sqlite(database: &Connection, file: &ClaimFile) -> Result<(), Failure> {
    let mut mue = database.prepare_cached("SELECT value, mai FROM mue WHERE code = ?1")?;
    let mut fee = database.prepare_cached("SELECT global, bilateral, work FROM fee WHERE code = ?1")?;
    let mut addon = database.prepare_cached("SELECT primary_code FROM addon WHERE code = ?1")?;
    let mut ptp = database.prepare_cached("SELECT indicator FROM ptp WHERE one = ?1 AND two = ?2")?;
    let mut icd = database.prepare_cached("SELECT billable FROM icd WHERE code = ?1")?;
    for line in &file.claim.lines {
        black_box(mue.query(params![line.code])?.next()?.is_some());
        black_box(fee.query(params![line.code])?.next()?.is_some());
        black_box(addon.query(params![line.code])?.next()?.is_some());
    }
    for (at, one) in file.claim.lines.iter().enumerate() {
        for two in &file.claim.lines[at + 1..] {
            black_box(ptp.query(params![one.code, two.code])?.next()?.is_some());
            black_box(ptp.query(params![two.code, one.code])?.next()?.is_some());
        }
    }
    for diagnosis in &file.claim.diagnoses {
        black_box(icd.query(params![diagnosis.code])?.next()?.is_some());
    }
    Ok(())
}

/// The same in the memory-mapped tables.
fn in_tables(code_sets: &CodeSets, file: &ClaimFile) -> usize {
    let date = file.context.date_of_service;
    let mut found = 0;
    for line in &file.claim.lines {
        let procedures = &code_sets.procedures;
        found += usize::from(code_sets.mue.get(&line.code, date).is_some());
        let facts = procedures.find(&line.code).and_then(|i| procedures.component_facts(i, Component::Global, date));
        found += usize::from(facts.is_some());
        found += usize::from(code_sets.add_ons.get(&line.code, date).is_some());
    }
    for (at, one) in file.claim.lines.iter().enumerate() {
        for two in &file.claim.lines[at + 1..] {
            found += usize::from(code_sets.ptp.any(&one.code, &two.code, date).is_some());
        }
    }
    for diagnosis in &file.claim.diagnoses {
        found += usize::from(code_sets.icd10cm.find(&diagnosis.code).is_some());
    }
    found
}
