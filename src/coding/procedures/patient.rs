//! Services that a patient of this sex or age cannot have had: a newborn's "delivered at 39 weeks" is no delivery.
use crate::note::{Patient, Sex};

/// Youngest and oldest patient who gives birth, in whole years.
const CHILDBEARING: std::ops::RangeInclusive<u16> = 9..=60;

/// Whether a patient can have had the service; what is not known speaks against nothing. Ranges of CPT's sections: male genital
/// system 54000-55899 (but 55920, organs of the pelvis), female 56405-58999, maternity care 59000-59899, obstetric ultrasound
/// 76801-76828, prostate antigen 84152-84154 and G0102-G0103.
pub fn can_have_had(code: &str, patient: &Patient) -> bool {
    let within = |from: &str, to: &str| code.len() == 5 && (from..=to).contains(&code);
    let maternity = within("59000", "59899") || within("76801", "76828");
    let female = maternity || within("56405", "58999");
    let male = (within("54000", "55899") && code != "55920") || within("84152", "84154") || within("G0102", "G0103");
    let sex = match patient.sex {
        Some(Sex::M) => !female,
        Some(Sex::F) => !male,
        None => true,
    };
    sex && !(maternity && patient.age_years.is_some_and(|age| !CHILDBEARING.contains(&age)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sex_and_age_speak_against_a_service() {
        let patient = |sex, age_years| Patient { sex, age_years, ..Default::default() };
        assert!(
            !can_have_had("59409", &patient(Some(Sex::F), Some(0))) && can_have_had("59409", &patient(Some(Sex::F), Some(30)))
        );
        assert!(!can_have_had("58150", &patient(Some(Sex::M), None)) && !can_have_had("55700", &patient(Some(Sex::F), None)));
        assert!(can_have_had("58150", &patient(None, None)) && can_have_had("99213", &patient(Some(Sex::M), Some(3))));
    }
}
