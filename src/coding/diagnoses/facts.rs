//! Codes that stand in no phrase but in a number of the note: body mass index, weeks of gestation.
use crate::extract::measurements::{Measurement, Quantity};

/// Code for a measured value, if the value is one that ICD-10-CM codes. `age` in years; the adult BMI codes are for
/// persons of 20 years or older (Z68 note of the tabular list).
pub fn code_of(measurement: &Measurement, age: Option<u16>) -> Option<String> {
    match measurement.quantity {
        Quantity::Bmi if age.is_none_or(|a| a >= 20) => bmi(measurement.value).map(str::to_owned),
        Quantity::GestationalWeeks => weeks(measurement.value),
        _ => None,
    }
}

fn bmi(value: f64) -> Option<&'static str> {
    const TWENTIES: [&str; 20] = [
        "Z68.20", "Z68.21", "Z68.22", "Z68.23", "Z68.24", "Z68.25", "Z68.26", "Z68.27", "Z68.28", "Z68.29", "Z68.30", "Z68.31",
        "Z68.32", "Z68.33", "Z68.34", "Z68.35", "Z68.36", "Z68.37", "Z68.38", "Z68.39",
    ];
    Some(match value {
        v if !(10.0..=110.0).contains(&v) => return None,
        v if v < 20.0 => "Z68.1",
        v if v < 40.0 => TWENTIES.get((v - 20.0) as usize).copied().unwrap_or("Z68.39"),
        v if v < 45.0 => "Z68.41",
        v if v < 50.0 => "Z68.42",
        v if v < 60.0 => "Z68.43",
        v if v < 70.0 => "Z68.44",
        _ => "Z68.45",
    })
}

/// Completed weeks: 39 weeks and 6 days are 39.
fn weeks(value: f64) -> Option<String> {
    match value.floor() as i64 {
        4..=7 => Some("Z3A.01".into()),
        w @ 8..=42 => Some(format!("Z3A.{w:02}")),
        43..=45 => Some("Z3A.49".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_their_ranges() {
        assert_eq!(bmi(19.9), Some("Z68.1"));
        assert_eq!(bmi(28.4), Some("Z68.28"));
        assert_eq!(bmi(39.95), Some("Z68.39"));
        assert_eq!(bmi(40.0), Some("Z68.41"));
        assert_eq!(bmi(3.0), None);
        assert_eq!(weeks(39.86).as_deref(), Some("Z3A.39"));
        assert_eq!(weeks(6.0).as_deref(), Some("Z3A.01"));
    }
}
