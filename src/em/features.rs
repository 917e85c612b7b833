//! What the weights see of a visit: named counts of the elements found and the category of service.
use std::collections::BTreeMap;

use super::codes::Category;
use super::data::Data;
use super::problems::{self, Problem, Status};
use super::result::Level;
use super::risk::Risk;

/// Features by name, each between 0 and 1.
pub type Features = BTreeMap<String, f64>;

/// Features of the three elements.
#[derive(Clone, Debug, Default)]
pub struct All {
    /// For the problems column.
    pub problems: Features,
    /// For the data column.
    pub data: Features,
    /// For the risk column: also sees problems and data, since sicker patients mean riskier decisions.
    pub risk: Features,
}

fn share(count: usize, most: usize) -> f64 {
    count.min(most) as f64 / most as f64
}

fn flag(there: bool) -> f64 {
    f64::from(u8::from(there))
}

/// All features of a visit.
pub fn of(problems: &[Problem], data: &Data, risk: &Risk, category: Category) -> All {
    let place = of_category(category);
    let (mut p, mut d) = (of_problems(problems), of_data(data));
    let mut r = of_risk(risk);
    r.extend(p.iter().chain(&d).map(|(k, v)| (k.clone(), *v)));
    for features in [&mut p, &mut d, &mut r] {
        features.extend(place.iter().map(|(k, v)| (k.clone(), *v)));
    }
    All { problems: p, data: d, risk: r }
}

fn of_category(category: Category) -> Features {
    let name = category.name();
    [
        ("visit: hospital", name.starts_with("hospital")),
        ("visit: emergency", matches!(category, Category::Emergency | Category::CriticalCare)),
        ("visit: new patient", name.ends_with("_new")),
        ("visit: subsequent", name.ends_with("subsequent")),
        ("visit: discharge", name.ends_with("discharge")),
        ("visit: preventive", name.starts_with("preventive")),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), flag(v)))
    .collect()
}

fn of_problems(problems: &[Problem]) -> Features {
    let counted = || problems.iter().filter(|p| p.addressed);
    let mut f = Features::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for p in counted() {
        *kinds.entry(p.element.kind.as_str()).or_default() += 1;
    }
    for (kind, n) in kinds {
        f.insert(format!("problem: any {kind}"), 1.0);
        f.insert(format!("problem: number of {kind}"), share(n, 4));
    }
    for (status, word) in
        [(Status::Stable, "stable"), (Status::Unstated, "unstated"), (Status::Worse, "worse"), (Status::Severe, "severe")]
    {
        f.insert(format!("problem: status {word}"), share(counted().filter(|p| p.status == status).count(), 4));
    }
    let level = problems::level(problems);
    for at in [Level::Low, Level::Moderate, Level::High] {
        f.insert(format!("problem: table says {} or more", at.word()), flag(level >= at));
        let n = counted().filter(|p| p.element.level >= Some(at)).count();
        f.insert(format!("problem: number {} or more", at.word()), share(n, 5));
    }
    f.insert("problem: number".to_owned(), share(counted().count(), 8));
    f
}

fn of_data(d: &Data) -> Features {
    let mut f = Features::new();
    for n in [1, 2, 3, 4, 5, 7, 10] {
        f.insert(format!("data: tests {n} or more"), flag(d.tests >= n));
    }
    f.insert("data: tests".to_owned(), share(d.tests, 12));
    f.insert("data: external notes".to_owned(), flag(d.notes > 0));
    f.insert("data: historian".to_owned(), flag(d.historian));
    f.insert("data: interpretation".to_owned(), flag(d.interpretation));
    f.insert("data: discussion".to_owned(), flag(d.discussion));
    f.insert("data: interpretation and discussion".to_owned(), flag(d.interpretation && d.discussion));
    f.insert("data: three tests and interpretation".to_owned(), flag(d.tests >= 3 && d.interpretation));
    f.insert("data: three tests and discussion".to_owned(), flag(d.tests >= 3 && d.discussion));
    f.insert("data: three of category 1".to_owned(), flag(d.tests + d.notes + usize::from(d.historian) >= 3));
    f
}

fn of_risk(risk: &Risk) -> Features {
    let counted = || risk.elements.iter().filter(|e| e.counted);
    let mut f = Features::new();
    for e in counted() {
        f.insert(format!("risk: {}", e.kind), 1.0);
    }
    let drugs = risk.count("prescription_drug_management");
    f.insert("risk: number of drugs".to_owned(), share(drugs, 5));
    let named = risk.elements.iter().filter(|e| !e.counted && e.kind == "prescription_drug_management").count();
    f.insert("risk: drugs named without an order".to_owned(), share(named, 2));
    f.insert("risk: two drugs or more".to_owned(), flag(drugs >= 2));
    f.insert("risk: four drugs or more".to_owned(), flag(drugs >= 4));
    f.insert("risk: number".to_owned(), share(counted().count(), 8));
    f
}
