//! Procedures: which services does the note say were done, and how are they billed?
pub mod attributes;
mod corrections;
pub mod evidence;
pub mod features;
pub mod index;
pub mod layers;
pub mod measures;
pub mod ranking;
pub mod rivalry;
pub mod statements;
pub mod table;
pub mod vocabulary;
pub mod words;
