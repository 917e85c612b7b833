//! superbill reads a clinical note and returns a claim that is ready to submit and to defend.
//!
//! The modules stand in the order in which a note passes them; a module imports only modules above it.
//!
//! 1. [`codeset`]: which codes and edits hold on this date of service?
//! 2. [`note`]: what came in, and is it usable? (encounter, context, bytes to text)
//! 3. [`document`]: where are the sections and sentences?
//! 4. [`encoder`]: what does each token mean in its context? (the transformer)
//! 5. [`extract`]: what does the note say? (mentions, assertion, relations)
//! 6. [`claim`]: the plain data of a claim
//! 7. [`coding`]: which codes say it?
//! 8. [`em`]: how much work was the visit?
//! 9. [`rules`]: may it be billed so?
//! 10. [`review`]: may it go out unseen?
//! 11. [`engine`]: all of it, in one call
//! 12. [`train`], [`eval`]: the same definitions, trained and measured
//! 13. [`serve`], [`cli`]: the two borders
// One line each with a blank between: the order is the order of the layers, and formatting must not change it.
pub mod codeset;

pub mod note;

pub mod document;

pub mod encoder;

pub mod extract;

pub mod claim;

pub mod coding;

pub mod em;

pub mod rules;

pub mod review;

pub mod engine;

pub mod train;

pub mod eval;

pub mod serve;

pub mod cli;
