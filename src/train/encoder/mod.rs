//! The whole transformer learned on several tasks at once: the trunk together with its branches, on CPU or GPU.
//!
//! Each step sums the losses of a batch of every task, so that the shared layers serve all of them:
//!
//! | task | what is learned | layers |
//! | --- | --- | --- |
//! | tagging | mentions and their assertion, on labelled notes and open corpora | trunk, `tagging`, heads |
//! | linking | a phrase, or a mention in its sentence, lies near the title of its code | trunk, `linking` |
//! | language | hidden word pieces of unlabelled clinical text | trunk, `tagging` |
//!
//! [`dataset`] reads the corpora once into one file, so that the machine with the GPU needs nothing else;
//! [`run`] learns; `superbill models vectors` and `superbill train` of the later stages follow.
pub mod adam;
pub mod checkpoint;
pub mod dataset;
pub mod language;
pub mod linking;
pub mod network;
pub mod recipe;
pub mod run;
