//! Procedures: which services does the note say were done, and how are they billed?
pub mod attributes;
mod corrections;
pub mod evidence;
pub mod features;
pub mod index;
pub mod measures;
pub mod statements;
pub mod table;
pub mod words;
