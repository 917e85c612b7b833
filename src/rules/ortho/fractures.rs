//! Fracture treatment codes and fracture diagnoses. Numbers only.
use crate::rules::codes::is_under;

/// How a fracture is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Without opening the site.
    Closed,
    /// Pins through the skin.
    Percutaneous,
    /// The site is opened.
    Open,
}

const CLOSED: &[&str] = &[
    "21310", "21315", "21320", "23500", "23505", "23570", "23575", "23600", "23605", "23620", "23625", "24500", "24505", "24530",
    "24535", "24560", "24565", "24576", "24577", "24650", "24655", "24670", "24675", "25500", "25505", "25530", "25535", "25560",
    "25565", "25600", "25605", "25622", "25624", "25630", "25635", "25650", "26600", "26605", "26607", "26720", "26725", "26740",
    "26742", "26750", "26755", "27230", "27232", "27238", "27240", "27500", "27501", "27502", "27503", "27508", "27510", "27520",
    "27530", "27532", "27750", "27752", "27760", "27762", "27767", "27768", "27780", "27781", "27786", "27788", "27808", "27810",
    "27816", "27818", "27824", "27825", "28400", "28405", "28430", "28435", "28450", "28455", "28470", "28475", "28490", "28495",
    "28510", "28515", "28530",
];
const PERCUTANEOUS: &[&str] = &[
    "24538", "24566", "24582", "25606", "25651", "26608", "26727", "26756", "27235", "27509", "27756", "28406", "28436", "28456",
    "28476", "28496",
];
const OPEN: &[&str] = &[
    "21325", "21330", "21335", "23515", "23585", "23615", "23616", "23630", "24515", "24516", "24545", "24546", "24575", "24579",
    "24586", "24587", "24665", "24666", "24685", "25515", "25545", "25574", "25575", "25607", "25608", "25609", "25628", "25645",
    "25652", "26615", "26735", "26746", "26765", "27236", "27244", "27245", "27506", "27507", "27511", "27513", "27514", "27524",
    "27535", "27536", "27758", "27759", "27766", "27769", "27784", "27792", "27814", "27822", "27823", "27826", "27827", "27828",
    "28415", "28420", "28445", "28465", "28485", "28505", "28525", "28531",
];

/// What a code does with a fracture; `None` for any other code.
pub fn treatment(code: &str) -> Option<Treatment> {
    if code.len() != 5 || !code.starts_with('2') {
        return None;
    }
    let within = |list: &[&str]| list.binary_search(&code).is_ok();
    match () {
        () if within(CLOSED) => Some(Treatment::Closed),
        () if within(PERCUTANEOUS) => Some(Treatment::Percutaneous),
        () if within(OPEN) => Some(Treatment::Open),
        () => None,
    }
}

/// A fracture, traumatic or pathological.
pub fn is_fracture(code: &str) -> bool {
    let bytes = code.as_bytes();
    let traumatic = bytes.len() >= 3 && bytes[0] == b'S' && bytes[2] == b'2' && bytes[1].is_ascii_digit();
    traumatic || is_under(code, "M80") || ["M84.3", "M84.4", "M84.5", "M84.6"].iter().any(|stem| is_under(code, stem))
}

/// The 7th character of a complete code.
pub fn seventh(code: &str) -> Option<char> {
    (code.len() == 8).then(|| code.chars().last()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_apart() {
        for list in [CLOSED, PERCUTANEOUS, OPEN] {
            assert!(list.is_sorted_by(|a, b| a < b));
        }
        assert!(CLOSED.iter().all(|code| !OPEN.contains(code) && !PERCUTANEOUS.contains(code)));
        assert_eq!(treatment("25600"), Some(Treatment::Closed));
        assert_eq!(treatment("20610"), None);
    }

    #[test]
    fn fractures() {
        assert!(is_fracture("S52.501A") && is_fracture("M80.051A") && is_fracture("M84.361A"));
        assert!(!is_fracture("S83.511A") && !is_fracture("M17.11") && !is_fracture("M84.8"));
        assert_eq!((seventh("S52.501A"), seventh("S52.501")), (Some('A'), None));
    }
}
