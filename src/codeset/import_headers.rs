//! Headers of the small imported tables, as the store keeps them; writers and readers share them.

/// Coverage: a row states that an article is about a procedure, or what it says of a diagnosis.
pub(super) const COVERAGE: [&str; 6] = ["article", "group", "procedure", "diagnosis", "covered", "period"];
/// Geographic practice cost indices.
pub(super) const GPCI: [&str; 7] = ["effective", "mac", "locality", "name", "work", "practice_expense", "malpractice"];
/// Conversion factors.
pub(super) const CONVERSION_FACTOR: [&str; 4] = ["effective", "through", "dollars", "apm_dollars"];
/// Places of service.
pub(super) const PLACE_OF_SERVICE: [&str; 3] = ["code", "name", "facility"];
/// ICD-10-PCS codes.
pub(super) const ICD10PCS: [&str; 3] = ["code", "billable", "title"];
/// ICD-10-CM index terms.
pub(super) const INDEX: [&str; 4] = ["term", "code", "heading", "see"];
/// Claim adjustment reason and remittance advice remark codes.
pub(super) const ADJUSTMENT_CODES: [&str; 4] = ["code", "type", "start", "end"];
/// Provider taxonomy.
pub(super) const TAXONOMY: [&str; 4] = ["code", "grouping", "classification", "specialization"];
/// Licensed CPT descriptors.
pub(super) const CPT_DESCRIPTORS: [&str; 2] = ["code", "descriptor"];
