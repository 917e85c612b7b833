//! The same definitions, trained: loaders, recipes, fitting.
pub mod boosting;
