//! What a file is, told by its first lines (its name only where two kinds look alike), and how each is read.
use std::io::Read;
use std::path::Path;

use super::rows::{Layout, Rows};
use super::source::Guarded;
use super::*;

/// A form of file that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Ptp,
    Mue,
    AddOn,
    AddOnFixed,
    FeeSchedule,
    FeeScheduleFixed,
    Gpci,
    ConversionFactor,
    Icd10cmOrder,
    Icd10cmList,
    Icd10cmChanges,
    Icd10cmAddenda,
    Icd10cmTabular,
    Icd10cmIndex,
    Icd10pcsOrder,
    Icd10pcsList,
    HcpcsFixed,
    HcpcsTable,
    Coverage,
    PlaceOfService,
    AdjustmentCodes,
    Taxonomy,
    CptDescriptors,
}

impl Form {
    #[cfg(test)]
    pub(super) const ALL: [Self; 23] = [
        Self::Ptp,
        Self::Mue,
        Self::AddOn,
        Self::AddOnFixed,
        Self::FeeSchedule,
        Self::FeeScheduleFixed,
        Self::Gpci,
        Self::ConversionFactor,
        Self::Icd10cmOrder,
        Self::Icd10cmList,
        Self::Icd10cmChanges,
        Self::Icd10cmAddenda,
        Self::Icd10cmTabular,
        Self::Icd10cmIndex,
        Self::Icd10pcsOrder,
        Self::Icd10pcsList,
        Self::HcpcsFixed,
        Self::HcpcsTable,
        Self::Coverage,
        Self::PlaceOfService,
        Self::AdjustmentCodes,
        Self::Taxonomy,
        Self::CptDescriptors,
    ];

    /// Whether it is XML.
    pub(super) fn is_xml(self) -> bool {
        matches!(self, Self::Icd10cmTabular | Self::Icd10cmIndex)
    }

    /// How the text is laid out: fixed columns by line, else by what separates the cells of the first lines.
    pub(super) fn layout(self, head: &str) -> Layout {
        match self {
            Self::Icd10cmOrder | Self::Icd10cmAddenda | Self::Icd10pcsOrder => Layout::Lines,
            Self::HcpcsFixed | Self::AddOnFixed | Self::FeeScheduleFixed => Layout::Lines,
            _ => {
                let (tabs, commas) = (head.matches('\t').count(), head.matches(',').count());
                if tabs > commas { Layout::Tabs } else { Layout::Commas }
            }
        }
    }

    /// Reads and compiles a table of rows.
    pub(super) fn parse(self, rows: Rows<'_>, name: &str, context: &Context<'_>) -> Result<Parsed, CodesetError> {
        match self {
            Self::Ptp => ptp::parse(rows, name),
            Self::Mue => mue::parse(rows, name),
            Self::AddOn => add_on::parse(rows),
            Self::AddOnFixed => add_on_fixed::parse(rows),
            Self::FeeSchedule => fee_schedule::parse(rows, name),
            Self::FeeScheduleFixed => fee_schedule::parse_fixed(rows, name),
            Self::Gpci => gpci::parse(rows, name),
            Self::ConversionFactor => conversion_factor::parse(rows, name),
            Self::Icd10cmOrder => icd10cm_order::parse(rows, name),
            Self::Icd10cmList => icd10cm_list::parse(rows, name),
            Self::Icd10cmChanges => icd10cm_list::parse_changes(rows, name, context),
            Self::Icd10cmAddenda => icd10cm_addenda::parse(rows, context),
            Self::Icd10pcsOrder => icd10pcs_order::parse(rows),
            Self::Icd10pcsList => icd10pcs_order::parse_list(rows),
            Self::HcpcsFixed => hcpcs_anweb::parse_fixed(rows),
            Self::HcpcsTable => hcpcs_anweb::parse(rows),
            Self::Coverage => coverage::parse(rows),
            Self::PlaceOfService => place_of_service::parse(rows),
            Self::AdjustmentCodes => adjustment_codes::parse(rows),
            Self::Taxonomy => taxonomy::parse(rows),
            Self::CptDescriptors => cpt_descriptors::parse(rows),
            Self::Icd10cmTabular | Self::Icd10cmIndex => Err(CodesetError::refused(rows.file(), "XML is expected")),
        }
    }

    /// Reads and compiles XML; `head` was read already.
    pub(super) fn parse_xml(
        self,
        file: &Path,
        head: Vec<u8>,
        rest: Guarded<&mut dyn Read>,
        context: &Context<'_>,
    ) -> Result<Parsed, CodesetError> {
        let row_bytes = rest.row_counter();
        let whole = std::io::Cursor::new(head).chain(rest);
        match self {
            Self::Icd10cmIndex => icd10cm_index::parse(file, whole, row_bytes),
            _ => icd10cm_tabular::parse(file, whole, row_bytes, context),
        }
    }
}

/// A header stands within so many characters, the publisher's licence before it included.
const HEADER_WITHIN: usize = 16 << 10;

/// Tells the form by the first lines.
pub(super) fn of_text(name: &str, head: &str) -> Option<Form> {
    let lower = head.to_lowercase();
    let has = |words: &str| lower.contains(words);
    let lines = || lower.lines().filter(|l| !l.trim().is_empty());
    // The header as one run of letters and digits, whatever separates its cells and lines.
    let plain: String = lower.chars().take(HEADER_WITHIN).filter(|c| c.is_alphanumeric()).collect();
    let says = |words: &str| plain.contains(words);
    if lower.trim_start().starts_with('<') {
        return match () {
            () if has("<icd10cm.tabular") => Some(Form::Icd10cmTabular),
            () if has("<icd10cm.index") => Some(Form::Icd10cmIndex),
            () => None,
        };
    }
    let addenda = ["add:", "delete:", "revise from:", "revise to:", "no change"];
    let changes = |line: &str| {
        let line = line.trim_start();
        let action = addenda.iter().find(|a| line.to_lowercase().starts_with(**a));
        action.and_then(|a| line.get(a.len()..)).is_some_and(|rest| is_order_line(rest.trim_start()))
    };
    if name.to_lowercase().contains("addenda") {
        return head.lines().any(changes).then_some(Form::Icd10cmAddenda);
    }
    if let Some(first) = head.lines().find(|l| !l.trim().is_empty()).filter(|l| is_order_line(l)) {
        let diagnosis = first.as_bytes().get(6).is_some_and(u8::is_ascii_uppercase) && !name.to_lowercase().contains("pcs");
        return Some(if diagnosis { Form::Icd10cmOrder } else { Form::Icd10pcsOrder });
    }
    if lines().any(is_anweb_line) {
        return Some(Form::HcpcsFixed);
    }
    if head.lines().any(fee_schedule_fixed::is_line) {
        return Some(Form::FeeScheduleFixed);
    }
    // Its lines are short and say little of themselves: the name must say that it is the table of add-on codes.
    if add_on_fixed::is_named(name) && head.lines().any(add_on_fixed::is_line) {
        return Some(Form::AddOnFixed);
    }
    let form = match () {
        () if says("column1") && says("column2") && says("modifier") => Form::Ptp,
        () if says("muevalues") || says("mueunits") => Form::Mue,
        () if says("primarycode") && (says("addoncode") || says("aocedittype")) => Form::AddOn,
        () if says("hcpcsmoddescription") || (says("statuscode") && says("workrvu")) => Form::FeeSchedule,
        () if says("geographicpracticecostind") || says("pwgpci") || says("gpciwork") => Form::Gpci,
        () if says("effectivethroughdollars") => Form::ConversionFactor,
        () if says("hcpcseqnumrecid") => Form::HcpcsTable,
        () if lines().next().is_some_and(|l| l.starts_with("change,code,")) => Form::Icd10cmChanges,
        () if says("articleid") && (says("icd10codeid") || says("hcpccodeid") || says("icd10code")) => Form::Coverage,
        () if says("groupingclassificationspecialization") => Form::Taxonomy,
        () if says("poscode") || (says("placeofservicecode") && says("name")) => Form::PlaceOfService,
        () if says("codenamefacility") => Form::PlaceOfService,
        () if lines().take(3).any(|l| l.contains("adj_code") && l.contains("adj_type")) => Form::AdjustmentCodes,
        () if lines().take(4).any(|l| l.contains(',') && l.contains("billable") && l.contains("code")) => {
            let pcs = name.to_lowercase().contains("pcs");
            if pcs { Form::Icd10pcsList } else { Form::Icd10cmList }
        }
        () if lines().next().is_some_and(|l| l.contains("icd_code") && l.contains("valid")) => Form::Icd10cmList,
        () if cpt_descriptors::looks_like(head) => Form::CptDescriptors,
        () => return None,
    };
    Some(form)
}

/// `00001 A00     0 Cholera`.
fn is_order_line(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.len() > 16
        && bytes[..5].iter().all(u8::is_ascii_digit)
        && bytes[5] == b' '
        && bytes[6..9].iter().all(u8::is_ascii_alphanumeric)
        && matches!(bytes[14], b'0' | b'1')
}

/// A record of the fixed form: code or modifier in 1–5, sequence number in 6–10, record identification in 11.
fn is_anweb_line(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.len() >= 280
        && bytes.get(5..10).is_some_and(|n| n.iter().all(u8::is_ascii_digit))
        && bytes.get(10).is_some_and(|b| (b'3'..=b'8').contains(b))
}
