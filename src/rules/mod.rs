//! May it be billed so? Deterministic rules over a claim, its context and the tables valid on the date of service.
//!
//! A rule is one file: its manual as a doc comment, a unit struct, `impl Rule`. [`ALL`] is the one list. Rules read a
//! [`ClaimView`] and add [`Finding`]s; they know no model, do no I/O and keep no state.
mod apply;
mod cardio;
mod claim;
mod claim_file;
pub mod codes;
mod codeset;
mod combination;
mod coverage;
mod cpt;
mod declare;
mod derm;
mod ent;
mod evaluation;
mod finding;
mod global;
mod icd;
mod modifier;
mod ncci;
mod ortho;
mod payer;
mod payer_examples;
pub mod payer_language;
mod payer_manual;
mod payers;
mod scrub;
mod sources;
pub mod tables;
pub mod view;

pub use apply::{apply, safe_fixes};
pub use claim_file::{Border, ClaimFile, completed_years, pointer_letter};
pub(crate) use declare::declare_rule;
pub use declare::{Declared, HEADINGS, Rule, RuleInfo};
pub use finding::{Finding, Fix, Severity, Source, Target};
pub use payer::{BilateralReporting, DistinctService, Payer, PayerError, Payers};
pub use payer_examples::{PayerExample, run_examples};
pub use scrub::{Audit, Scrubbed, editions, newest_edition_end, scrub};
pub use view::{ClaimView, NoteView};

/// Every rule, in the order in which they are run.
pub const ALL: &[&dyn Rule] = &[
    &cardio::CardioCatheterization,
    &cardio::CardioDevice,
    &cardio::CardioElectrocardiogram,
    &cardio::CardioMonitor,
    &cardio::CardioPciVessel,
    &cardio::CardioStressTest,
    &claim::ClaimStructure,
    &codeset::CodesetCoverage,
    &coverage::CoverageDxProcedure,
    &coverage::CoverageFrequency,
    &cpt::CptAgeSex,
    &cpt::CptDuplicate,
    &cpt::CptNewVsEstablished,
    &cpt::CptPlaceOfService,
    &cpt::CptSeparateProcedure,
    &cpt::CptUnitOfService,
    &cpt::CptValid,
    &derm::DermBiopsy,
    &derm::DermDestruction,
    &derm::DermExcision,
    &derm::DermMohs,
    &ent::EntAudiology,
    &ent::EntCerumen,
    &ent::EntSinusSurgery,
    &evaluation::EmG2211,
    &evaluation::EmLevelSupported,
    &evaluation::EmPreventiveSplit,
    &evaluation::EmProlonged,
    &global::GlobalDecisionForSurgery,
    &global::GlobalPeriodReturn,
    &global::GlobalPeriodStaged,
    &global::GlobalPeriodUnrelated,
    &global::GlobalPeriodVisit,
    &global::GlobalSameDay,
    &global::GlobalSplitCare,
    &icd::IcdAge,
    &icd::IcdBillable,
    &icd::IcdCodeFirst,
    &icd::IcdCombination,
    &icd::IcdDuplicate,
    &icd::IcdExcludes1,
    &icd::IcdExcludes2,
    &icd::IcdExternalCause,
    &icd::IcdFirstListed,
    &icd::IcdLaterality,
    &icd::IcdManifestationFirst,
    &icd::IcdPregnancy,
    &icd::IcdSeventhCharacter,
    &icd::IcdSexConflict,
    &icd::IcdSymptomIntegral,
    &icd::IcdUncertainOutpatient,
    &icd::IcdUnspecified,
    &icd::IcdUseAdditional,
    &icd::IcdValid,
    &modifier::ModifierAssistant,
    &modifier::ModifierBilateral,
    &modifier::ModifierCoSurgeon,
    &modifier::ModifierLaterality,
    &modifier::ModifierMissing25,
    &modifier::ModifierMissing59X,
    &modifier::ModifierMultipleProcedure,
    &modifier::ModifierOrder,
    &modifier::ModifierProfessionalTechnical,
    &modifier::ModifierTelehealth,
    &modifier::ModifierValid,
    &ncci::NcciAddon,
    &ncci::NcciModifierMisuse,
    &ncci::NcciMue,
    &ncci::NcciPtp,
    &ortho::OrthoArthroscopyKnee,
    &ortho::OrthoCasting,
    &ortho::OrthoFractureCare,
    &ortho::OrthoFractureSeventh,
    &ortho::OrthoInjectionGuidance,
    &payers::PayerConsultation,
    &payers::PayerNotPayable,
    &payers::PayerRules,
];

/// A rule by id.
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    ALL.iter().copied().find(|rule| rule.info().id == id)
}

/// All findings of all rules, errors first, then by rule, lines and codes.
pub fn check_all(view: &ClaimView<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in ALL {
        rule.check(view, &mut findings);
    }
    sort(&mut findings);
    findings
}

/// The order in which findings are shown.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (a.severity, &a.rule, &a.lines, &a.codes, &a.message).cmp(&(b.severity, &b.rule, &b.lines, &b.codes, &b.message))
    });
}

/// Whether a finding keeps the claim from going out.
pub fn blocks(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
