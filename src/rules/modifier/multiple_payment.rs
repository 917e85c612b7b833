//! What Medicare pays for several procedures of a day: in full for the dearest, half for the second to fifth, and within a
//! family of endoscopies the base procedure once.
//!
//! Medicare Claims Processing Manual, ch. 12, 40.6; relative value file, multiple-procedure indicators 2 and 3.

/// A procedure that is subject to the reduction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Procedure<'a> {
    /// Code.
    pub code: &'a str,
    /// What it is worth alone, in any unit: relative value units with units and bilateral surgery counted in.
    pub value: f64,
    /// Base of its endoscopy family and what that is worth (indicator 3).
    pub base: Option<(&'a str, f64)>,
}

/// How a procedure is paid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share<'a> {
    /// Its value, times a percentage.
    Whole,
    /// Its value less that of the base procedure, times a percentage.
    LessBase(&'a str),
    /// The base procedure of a family of which another was done: nothing.
    WithinFamily,
}

/// What a procedure is paid: the share, the percentage of it, and the resulting value. No percentage beyond the fifth
/// procedure, which is paid by report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment<'a> {
    /// What is paid of it.
    pub share: Share<'a>,
    /// Percent of the share; `None` by report.
    pub percent: Option<u8>,
    /// What is paid, in the unit of the value; by report counted as half.
    pub paid: f64,
}

/// The payment of each procedure, in the order given. Of equal values the first counts as the dearer one.
pub fn payments<'a>(procedures: &[Procedure<'a>]) -> Vec<Payment<'a>> {
    let family = |p: &Procedure<'a>| p.base.map(|(code, _)| code);
    // The base code itself belongs to the family of which another member is on the claim.
    let base_of = |p: &Procedure<'a>| procedures.iter().filter_map(family).find(|base| *base == p.code);
    let key = |p: &Procedure<'a>| family(p).or_else(|| base_of(p));
    let mut shares: Vec<(Share<'a>, f64)> = Vec::with_capacity(procedures.len());
    for (at, p) in procedures.iter().enumerate() {
        let dearer = |(other_at, other): (usize, &Procedure<'a>)| {
            family(other).is_some()
                && family(other) == family(p)
                && (other.value > p.value || (other.value == p.value && other_at < at))
        };
        shares.push(match p.base {
            None if base_of(p).is_some() => (Share::WithinFamily, 0.0),
            Some((base, worth)) if procedures.iter().enumerate().any(dearer) => {
                (Share::LessBase(base), (p.value - worth).max(0.0))
            }
            _ => (Share::Whole, p.value),
        });
    }
    // A family competes with the other procedures as one, with what its members are worth together.
    let total = |at: usize| match procedures.get(at).and_then(key) {
        None => shares[at].1,
        Some(family) => procedures.iter().zip(&shares).filter(|(p, _)| key(p) == Some(family)).map(|(_, share)| share.1).sum(),
    };
    let first_of = |at: usize| match key(&procedures[at]) {
        None => at,
        Some(family) => procedures.iter().position(|p| key(p) == Some(family)).unwrap_or(at),
    };
    let mut ranked: Vec<usize> = (0..procedures.len()).filter(|at| first_of(*at) == *at).collect();
    ranked.sort_by(|a, b| total(*b).total_cmp(&total(*a)).then(a.cmp(b)));
    let payment = |at: usize| {
        let (share, worth) = shares[at];
        let rank = ranked.iter().position(|first| *first == first_of(at)).unwrap_or(0);
        let percent = match rank {
            0 => Some(100),
            1..=4 => Some(50),
            _ => None,
        };
        Payment { share, percent, paid: worth * f64::from(percent.unwrap_or(50)) / 100.0 }
    };
    (0..procedures.len()).map(payment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(code: &str, value: f64) -> Procedure<'_> {
        Procedure { code, value, base: None }
    }

    fn of_family(code: &'static str, value: f64, base: f64) -> Procedure<'static> {
        Procedure { code, value, base: Some(("29805", base)) }
    }

    /// The published example: 310.02, and 275.12 and 270.13 less the base's 200.00.
    #[test]
    fn an_endoscopy_family_pays_its_base_once() {
        let family = [of_family("29819", 275.12, 200.0), of_family("29807", 310.02, 200.0), of_family("29820", 270.13, 200.0)];
        let found = payments(&family);
        assert_eq!(found[1], Payment { share: Share::Whole, percent: Some(100), paid: 310.02 });
        assert_eq!((found[0].share, found[0].percent), (Share::LessBase("29805"), Some(100)));
        let sum: f64 = found.iter().map(|p| p.paid).sum();
        assert!((sum - 455.27).abs() < 0.001, "{sum}");
        // The base code beside another member is not paid; alone it is.
        let with_base = payments(&[one("29805", 200.0), of_family("29807", 310.02, 200.0)]);
        assert_eq!((with_base[0].share, with_base[0].paid), (Share::WithinFamily, 0.0));
        assert_eq!(payments(&[one("29805", 200.0)])[0].share, Share::Whole);
    }

    #[test]
    fn a_family_is_ranked_with_the_others_as_one() {
        let found = payments(&[of_family("29807", 310.0, 200.0), of_family("29819", 275.0, 200.0), one("27447", 500.0)]);
        assert_eq!(found.iter().map(|p| p.percent).collect::<Vec<_>>(), [Some(50), Some(50), Some(100)]);
        assert_eq!(found.iter().map(|p| p.paid).sum::<f64>(), 500.0 + 385.0 / 2.0);
    }

    #[test]
    fn the_sixth_is_paid_by_report() {
        let many: Vec<Procedure<'_>> = ["a", "b", "c", "d", "e", "f"].iter().map(|code| one(code, 10.0)).collect();
        let percent: Vec<Option<u8>> = payments(&many).iter().map(|p| p.percent).collect();
        assert_eq!(percent, [Some(100), Some(50), Some(50), Some(50), Some(50), None]);
        assert!(payments(&[]).is_empty());
    }
}
