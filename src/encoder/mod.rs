//! Sentences to token vectors; the only folder that knows tensors of text.
