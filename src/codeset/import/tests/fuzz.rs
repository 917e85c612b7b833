//! A fuzz target for each parser, on stable Rust: valid files, changed in ways that a seed decides. A parser may refuse what it
//! is given, but neither panic nor hang. `SUPERBILL_FUZZ_SECONDS` is the time for each target; without it, a moment.
use std::io::Cursor;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::form::Form;
use super::*;

fn budget() -> Duration {
    let seconds = std::env::var("SUPERBILL_FUZZ_SECONDS").ok().and_then(|s| s.parse::<f64>().ok());
    Duration::from_secs_f64(seconds.filter(|s| (0.0..86_400.0).contains(s)).unwrap_or(0.15))
}

/// Bytes that parsers take notice of.
const TOKENS: [&[u8]; 24] = [
    b"\n",
    b"\r\n",
    b",",
    b"\t",
    b"\"",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"*",
    b"99999999",
    b"-1",
    b"1e308",
    b"NaN",
    b"<",
    b"</diag>",
    b"<diag>",
    b"&amp;",
    b"&x;",
    b"<![CDATA[",
    b"]]>",
    b"20261301",
    b"A00",
    b"\xc3\xa9",
    b"99213",
];

fn change(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    for _ in 0..random.random_range(1..6) {
        if bytes.is_empty() {
            return;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..8) {
            0 => bytes[at] = random.random(),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.random_range(1..40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 | 5 => {
                let token = TOKENS[random.random_range(0..TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            6 => {
                let end = (at + random.random_range(1..200)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => {
                let token = TOKENS[random.random_range(0..TOKENS.len())];
                let end = (at + token.len()).min(bytes.len());
                bytes.splice(at..end, token.iter().copied());
            }
        }
    }
}

/// Runs a target until its time is over.
fn fuzz(seed: u64, valid: &[u8], target: &dyn Fn(&[u8])) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let until = Instant::now() + budget();
    target(valid);
    let mut runs = 0;
    while runs < 20 || Instant::now() < until {
        let mut bytes = valid.to_vec();
        change(&mut bytes, &mut random);
        let begun = Instant::now();
        target(&bytes);
        assert!(begun.elapsed() < Duration::from_secs(10), "run {runs} of seed {seed} took too long");
        runs += 1;
    }
    eprintln!("{runs} runs");
}

/// The whole way of a file's bytes through its parser, to the compiled table.
fn parse(form: Form, name: &str, bytes: &[u8]) {
    let options = ImportOptions::default();
    let context = Context { name, given: name, options: &options, icd10cm: &sets().icd10cm };
    let file = Path::new(name);
    let mut content = Cursor::new(bytes);
    let mut head = vec![0; source::HEAD.min(bytes.len())];
    let _ = content.read_exact(&mut head);
    let start = String::from_utf8_lossy(&head).into_owned();
    // The form is given, so that a changed header reaches the parser too.
    let _ = form::of_text(name, &start);
    let rest: &mut dyn Read = &mut content;
    let rest = Guarded::new(rest, None);
    let row_bytes = rest.row_counter();
    let parsed = match form.is_xml() {
        true => form.parse_xml(file, head, rest, &context),
        false => form.parse(Rows::text(file, head, rest, row_bytes, form.layout(&start), TextEncoding::Utf8), name, &context),
    };
    if let Ok(Parsed { table: Table::Dated(make), .. }) = parsed {
        make(&Dates { edition: "2026Q3".into(), effective: 20260701 });
    }
}

macro_rules! targets {
    ($($name:ident: $form:ident,)*) => {
        $(
            #[test]
            fn $name() {
                let (name, bytes) = samples::of(Form::$form);
                fuzz(Form::$form as u64, &bytes, &|bytes| parse(Form::$form, name, bytes));
            }
        )*

        #[test]
        fn every_parser_has_a_target() {
            assert_eq!([$(Form::$form),*].len(), Form::ALL.len());
        }
    };
}

targets! {
    ptp: Ptp,
    mue: Mue,
    add_on: AddOn,
    add_on_fixed: AddOnFixed,
    fee_schedule: FeeSchedule,
    fee_schedule_fixed: FeeScheduleFixed,
    gpci: Gpci,
    conversion_factor: ConversionFactor,
    icd10cm_order: Icd10cmOrder,
    icd10cm_list: Icd10cmList,
    icd10cm_changes: Icd10cmChanges,
    icd10cm_addenda: Icd10cmAddenda,
    icd10cm_tabular: Icd10cmTabular,
    icd10cm_index: Icd10cmIndex,
    icd10pcs_order: Icd10pcsOrder,
    icd10pcs_list: Icd10pcsList,
    hcpcs_fixed: HcpcsFixed,
    hcpcs_table: HcpcsTable,
    coverage: Coverage,
    place_of_service: PlaceOfService,
    adjustment_codes: AdjustmentCodes,
    taxonomy: Taxonomy,
    cpt_descriptors: CptDescriptors,
}

#[test]
fn workbook() {
    let book = workbook_of(&[&["hcpcs_code", "mue_units", "mue_mai"], &["31231", "1", "2"], &["99213", "2", "1"]]);
    fuzz(100, &book, &|bytes| {
        let _ = super::super::workbook::read(Path::new("book.xlsx"), bytes);
    });
}

#[test]
fn archive() {
    let (name, pairs) = samples::of(Form::Ptp);
    let data = Data::new();
    fuzz(101, &zip_of(&[(name, &pairs), ("README.txt", b"words")]), &|bytes| {
        let path = data.file("pairs.zip", bytes);
        let _ = source::each(&path, &mut |_, _, mut content| {
            let _ = std::io::copy(&mut content, &mut std::io::sink());
            Ok(())
        });
    });
}

#[test]
fn manifest_and_addresses() {
    let toml = include_bytes!("../../../../codesets/sources.toml");
    let data = Data::new();
    fuzz(102, toml, &|bytes| {
        let _ = crate::codeset::update::read_sources(&data.file("sources.toml", bytes));
    });
}
