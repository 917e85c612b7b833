//! The kinds of tables that can be imported.
use serde::{Deserialize, Serialize};

/// What a table is. The names are those of the list of editions and of the folders of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// ICD-10-CM codes: order file, tabular list, addenda, plain list.
    Icd10cm,
    /// ICD-10-CM alphabetic index, external causes, neoplasm and drug tables.
    #[serde(rename = "icd10cm-index")]
    Icd10cmIndex,
    /// ICD-10-PCS codes.
    Icd10pcs,
    /// HCPCS Level II.
    Hcpcs,
    /// NCCI procedure-to-procedure edits, practitioner.
    NcciPtp,
    /// NCCI medically unlikely edits, practitioner.
    NcciMue,
    /// NCCI add-on code edits.
    NcciAddOn,
    /// Physician fee schedule, relative value file.
    FeeSchedule,
    /// Geographic practice cost indices.
    Gpci,
    /// Conversion factors.
    ConversionFactor,
    /// LCD and NCD coverage: article, procedure, diagnoses.
    Coverage,
    /// Places of service.
    PlaceOfService,
    /// Claim adjustment reason and remittance advice remark codes (numbers and dates).
    AdjustmentCodes,
    /// Provider taxonomy.
    Taxonomy,
    /// A practice's licensed CPT descriptors.
    CptDescriptors,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Icd10cm,
        Self::Icd10cmIndex,
        Self::Icd10pcs,
        Self::Hcpcs,
        Self::NcciPtp,
        Self::NcciMue,
        Self::NcciAddOn,
        Self::FeeSchedule,
        Self::Gpci,
        Self::ConversionFactor,
        Self::Coverage,
        Self::PlaceOfService,
        Self::AdjustmentCodes,
        Self::Taxonomy,
        Self::CptDescriptors,
    ];

    /// Name in lists and of its folder in the store.
    pub fn id(self) -> &'static str {
        match self {
            Self::Icd10cm => "icd10cm",
            Self::Icd10cmIndex => "icd10cm-index",
            Self::Icd10pcs => "icd10pcs",
            Self::Hcpcs => "hcpcs",
            Self::NcciPtp => "ncci-ptp",
            Self::NcciMue => "ncci-mue",
            Self::NcciAddOn => "ncci-add-on",
            Self::FeeSchedule => "fee-schedule",
            Self::Gpci => "gpci",
            Self::ConversionFactor => "conversion-factor",
            Self::Coverage => "coverage",
            Self::PlaceOfService => "place-of-service",
            Self::AdjustmentCodes => "adjustment-codes",
            Self::Taxonomy => "taxonomy",
            Self::CptDescriptors => "cpt-descriptors",
        }
    }

    /// By its name.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Whether the publisher's files of this kind carry CPT codes, which are the AMA's.
    pub fn carries_cpt(self) -> bool {
        use Kind::{Coverage, CptDescriptors, FeeSchedule, NcciAddOn, NcciMue, NcciPtp};
        matches!(self, NcciPtp | NcciMue | NcciAddOn | FeeSchedule | Coverage | CptDescriptors)
    }

    /// Whether its rows carry their own first and last days, so that the newest edition also answers for earlier dates.
    pub fn is_cumulative(self) -> bool {
        matches!(self, Self::NcciPtp | Self::AdjustmentCodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(Kind::by_id(kind.id()), Some(kind));
            assert_eq!(serde_json::to_value(kind).expect("a name"), kind.id());
        }
    }
}
