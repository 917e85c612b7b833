//! The documented code judged by the supported one.
use super::result::{Difference, EmResult, Fee, Verdict};

/// Sets verdict and difference.
pub fn judge(result: &mut EmResult, fee: &dyn Fn(&str) -> Option<Fee>) {
    let Some(documented) = result.documented.clone() else {
        result.verdict = Verdict::NotDocumented;
        return;
    };
    let Some(code) = result.code.clone() else {
        // The documentation supports no visit at all.
        result.verdict = Verdict::Overcoded;
        return;
    };
    if code == documented {
        result.verdict = Verdict::Supported;
    }
    if let (Some(supported), Some(chosen)) = (fee(&code), fee(&documented)) {
        let rvu = ((supported.work_rvu - chosen.work_rvu) * 100.0).round() / 100.0;
        result.difference = Some(Difference {
            rvu,
            amount: format!("{:.2}", supported.amount - chosen.amount),
            currency: "USD".into(),
            edition: supported.edition,
            estimate: supported.estimate || chosen.estimate,
        });
        if code != documented {
            result.verdict = match rvu {
                r if r > 0.0 => Verdict::Undercoded,
                r if r < 0.0 => Verdict::Overcoded,
                _ => Verdict::Supported,
            };
        }
    } else if code != documented {
        // Codes of one family ascend with the level; across families nothing can be said without fees.
        result.verdict = if code > documented { Verdict::Undercoded } else { Verdict::Overcoded };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_is_supported_minus_documented() {
        let fee = |code: &str| {
            let work_rvu = match code {
                "99213" => 1.30,
                "99214" => 1.92,
                _ => return None,
            };
            Some(Fee { work_rvu, amount: work_rvu * 60.0, edition: "test".into(), estimate: false })
        };
        let mut r = EmResult { code: Some("99214".into()), documented: Some("99213".into()), ..EmResult::default() };
        judge(&mut r, &fee);
        assert_eq!(r.verdict, Verdict::Undercoded);
        assert_eq!(r.difference.as_ref().map(|d| d.rvu), Some(0.62));
        r.documented = None;
        judge(&mut r, &fee);
        assert_eq!(r.verdict, Verdict::NotDocumented);
    }
}
