//! Rules about the global surgical package.
mod days;
mod global_decision_for_surgery;
mod global_period_return;
mod global_period_staged;
mod global_period_unrelated;
mod global_period_visit;
mod global_same_day;
mod global_split_care;

pub use global_decision_for_surgery::GlobalDecisionForSurgery;
pub use global_period_return::GlobalPeriodReturn;
pub use global_period_staged::GlobalPeriodStaged;
pub use global_period_unrelated::GlobalPeriodUnrelated;
pub use global_period_visit::GlobalPeriodVisit;
pub use global_same_day::GlobalSameDay;
pub use global_split_care::GlobalSplitCare;
