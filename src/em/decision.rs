//! The three elements found in a note, weighed, and held to the table of medical decision making.
use super::codes::Category;
use super::model::Weights;
use super::result::{Element, ElementGroup, Level};
use super::view::View;
use super::{Input, data, features, problems, risk, short};
use crate::note::NoteType;

/// The three elements with their levels.
pub(crate) struct Decision {
    pub problems: Vec<problems::Problem>,
    pub data: data::Data,
    pub risk: risk::Risk,
    pub problem_level: Level,
    pub data_level: Level,
    pub risk_level: Level,
    /// Seen in a hospital bed or emergency room, where care itself is a decision.
    acute: bool,
}

impl Decision {
    /// Finds the elements and weighs them, in short notes by weights of their own.
    pub fn weighed(view: &View, input: &Input, category: Category, of_short_notes: Option<&Weights>) -> Decision {
        let mut decision = Decision::by_table(view, input, category);
        let all = features::of(&decision.problems, &decision.data, &decision.risk, category);
        if let Some(weights) = of_short_notes.filter(|_| short::is_short(view)) {
            decision.weigh_words(view, all, category, weights);
            return decision;
        }
        if let Some(weights) = Weights::embedded() {
            [decision.problem_level, decision.data_level, decision.risk_level] = weights.levels(&all, &decision.table());
            decision.say_what_counts();
        }
        decision
    }

    /// The words of a short note beside its elements; every level that they reach has its element.
    fn weigh_words(&mut self, view: &View, all: features::All, category: Category, weights: &Weights) {
        let table = self.table();
        let all = short::features(view, all, table.levels, category);
        let [problems, data, risk] = table.levels;
        let managed = weights.risk.probabilities(&all.risk);
        let anything = self.problems.iter().any(|p| p.addressed && p.nature != super::natures::Nature::None);
        if anything {
            self.problem_level = short::weighed(weights.problems.probabilities(&all.problems), problems);
        }
        self.data_level = short::weighed(weights.data.probabilities(&all.data), data);
        self.risk_level = short::weighed(managed, risk).max(table.risk_floor.min(risk));
        let named = |e: &&mut Element| !e.counted && e.kind == "prescription_drug_management";
        if risk < Level::Moderate
            && managed[1] >= short::RAISE
            && let Some(drug) = self.risk.elements.iter_mut().find(named)
        {
            drug.counted = true;
            drug.reason = "prescription drug named; by the words of the short note as a whole it is managed".to_owned();
            self.risk_level = Level::Moderate;
        }
        if self.risk_level > self.risk.level() {
            self.risk.elements.extend(short::loudest(view, &weights.risk, "management", self.risk_level));
        }
        if self.data_level > data {
            self.data.elements.extend(short::loudest(view, &weights.data, "data", self.data_level));
        }
        self.say_what_counts();
    }

    /// Finds the elements; levels by the table alone.
    pub fn by_table(view: &View, input: &Input, category: Category) -> Decision {
        let mut problems = problems::find(view, input.diagnoses, input.mentions, category);
        let data = data::find(view, input.lines, input.context.patient.age_years);
        let own = matches!(category, Category::Emergency | Category::HospitalInitial | Category::HospitalSameDay);
        let risk = risk::find(view, category, own && input.context.note_type != NoteType::Consult);
        if category == Category::Emergency {
            weigh_work_up(&mut problems, &data, &risk);
        }
        let (problem_level, data_level, risk_level) = (problems::level(&problems), data.level(), risk.level());
        Decision { problems, data, risk, problem_level, data_level, risk_level, acute: category.is_acute() }
    }

    /// Only while the levels are still the table's.
    pub fn table(&self) -> Table {
        Table {
            levels: [self.problem_level, self.data_level, self.risk_level],
            problems_open: problems::open(&self.problems),
            data_open: self.data.current().level() < self.data.level(),
            risk_floor: self.risk.stated(),
            risk_open: self.acute && self.risk_level == Level::Moderate,
        }
    }

    /// Where the weighed level is not the table's, the elements say so: what reaches higher by itself is shown as not
    /// counted, and the weightiest problem says that it was read one level up.
    fn say_what_counts(&mut self) {
        let level = self.risk_level;
        for e in self.risk.elements.iter_mut().filter(|e| e.counted && e.level > Some(level)) {
            e.counted = false;
            e.reason = format!("not counted: the note as a whole does not show it as a decision of this visit ({})", e.reason);
        }
        if self.risk.level() < level
            && let Some(top) = self.risk.elements.iter_mut().filter(|e| e.counted).max_by_key(|e| e.level)
        {
            top.level = Some(level);
            top.reason = format!("{}; weighed as {} in view of the whole note", top.reason, level.word());
        }
        let level = self.problem_level;
        let reached = problems::level(&self.problems);
        if reached > level {
            for p in self.problems.iter_mut().filter(|p| p.addressed && p.element.level > Some(level)) {
                p.element.level = Some(level);
                p.element.reason = format!("{}; weighed as {} in view of the whole note", p.element.reason, level.word());
            }
        } else if reached < level
            && let Some(top) = self
                .problems
                .iter_mut()
                .filter(|p| p.addressed && p.nature != super::natures::Nature::None)
                .max_by_key(|p| p.element.level)
        {
            top.element.level = Some(level);
            top.element.reason = format!("{}; weighed as {} in view of the whole note", top.element.reason, level.word());
        }
    }

    /// Two of three.
    pub fn level(&self) -> Level {
        Level::two_of_three(self.problem_level, self.data_level, self.risk_level)
    }

    pub fn problem_group(&self) -> ElementGroup {
        let counted = self.problems.iter().filter(|p| p.addressed).count();
        ElementGroup {
            level: Some(self.problem_level.word().into()),
            reason: format!("{counted} problem(s) addressed; the most serious or their number decides"),
            elements: self.problems.iter().map(|p| p.element.clone()).collect(),
        }
    }

    pub fn data_group(&self) -> ElementGroup {
        let d = &self.data;
        ElementGroup {
            level: Some(self.data_level.data_word().into()),
            reason: format!(
                "{} unique test(s), {} external source(s), historian {}, interpretation {}, discussion {}",
                d.tests,
                d.notes,
                yes(d.historian),
                yes(d.interpretation),
                yes(d.discussion)
            ),
            elements: d.elements.clone(),
        }
    }

    pub fn risk_group(&self) -> ElementGroup {
        ElementGroup {
            level: Some(self.risk_level.word().into()),
            reason: "the highest risk among the decisions of management".into(),
            elements: self.risk.elements.clone(),
        }
    }
}

/// What the table says of a visit, and what binds the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Table {
    /// Levels of problems, data and risk.
    pub levels: [Level; 3],
    /// The nature of the weightiest problem is a matter of judgement.
    pub problems_open: bool,
    /// The level of data rests on tests that only the story tells.
    pub data_open: bool,
    /// Lowest level of risk: what is stated in so many words.
    pub risk_floor: Level,
    /// Treatment in acute care, whose weight the rest of the note decides.
    pub risk_open: bool,
}

/// The final diagnosis does not set the level: a symptom worked up for what may kill, with hospital care weighed, keeps
/// its weight when the result is benign.
fn weigh_work_up(problems: &mut [problems::Problem], data: &data::Data, risk: &risk::Risk) {
    if risk.count("hospitalization") + risk.count("hospitalization_decided") == 0 || data.tests < 3 {
        return;
    }
    for p in problems.iter_mut().filter(|p| p.addressed && p.nature == super::natures::Nature::Uncertain) {
        p.element.kind = "threat_to_life_or_function".to_owned();
        p.element.level = Some(Level::High);
        p.element.reason = "worked up as a possible threat to life, with hospital care considered".to_owned();
    }
}

fn yes(there: bool) -> &'static str {
    if there { "yes" } else { "no" }
}
