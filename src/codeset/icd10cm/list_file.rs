//! The file of one imported code list.
use std::path::Path;

use jiff::civil::Date;

use super::{IcdList, ListedCode, RawCode, is_raw_code};
use crate::codeset::CodesetError;
use crate::codeset::table_file::{TableFile, TableWriter, Texts, TextsBuilder};

const KIND: &str = "icdlist";
const VERSION: u32 = 1;

/// The file of these codes; each once, sorted here.
pub(in crate::codeset) fn compile(mut codes: Vec<ListedCode>) -> TableWriter {
    codes.sort_by_key(|c| c.code);
    let mut texts = TextsBuilder::default();
    let titles: Vec<u32> = codes.iter().map(|c| texts.add(&c.title)).collect();
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("codes", &codes.iter().map(|c| c.code).collect::<Vec<RawCode>>());
    table.add("billable", &codes.iter().map(|c| u8::from(c.billable)).collect::<Vec<_>>());
    table.add("titles", &titles);
    texts.write(&mut table);
    table
}

/// Opens and checks the file of an edition.
pub(in crate::codeset) fn open(path: &Path, effective: Date, through: Date, partial: bool) -> Result<IcdList, CodesetError> {
    let file = TableFile::open(path, KIND, VERSION)?;
    let texts = Texts::open(&file)?;
    let codes = file.get(file.section::<RawCode>("codes")?);
    let billable = file.get(file.section::<u8>("billable")?);
    let titles = file.get(file.section::<u32>("titles")?);
    file.require(billable.len() == codes.len() && titles.len() == codes.len(), "its columns have different lengths")?;
    file.require(codes.iter().all(is_raw_code), "a code has characters that no ICD-10-CM code has")?;
    file.require(codes.is_sorted_by(|a, b| a < b), "its codes are not in order")?;
    let listed = codes.iter().zip(billable).zip(titles);
    let codes = listed
        .map(|((code, billable), title)| ListedCode {
            code: *code,
            billable: *billable != 0,
            title: texts.get(&file, *title).to_string(),
        })
        .collect();
    Ok(IcdList { effective, through, partial, codes })
}
