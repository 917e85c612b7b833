//! `superbill rules`: what is checked, and why.
use clap::{Args, Subcommand};

use super::CliError;
use crate::rules::{ALL, find};

/// Arguments of `superbill rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What `superbill rules` does.
#[derive(Subcommand, Debug)]
pub enum RulesCommand {
    /// Lists every rule with one sentence.
    List {
        /// Prints one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Prints a rule's manual: what it checks, why, an example, what to do, its source.
    Explain {
        /// Id of the rule, e.g. ncci-ptp
        rule: String,
    },
}

/// Runs the command; returns what to print.
pub fn run(args: &RulesArgs) -> Result<String, CliError> {
    match &args.command {
        RulesCommand::List { json: true } => {
            let rules: Vec<_> =
                ALL.iter().map(|rule| serde_json::json!({"rule": rule.info().id, "summary": rule.info().summary})).collect();
            let text = serde_json::to_string_pretty(&rules).map_err(|error| CliError::internal(error.to_string()))?;
            Ok(text + "\n")
        }
        RulesCommand::List { json: false } => {
            let width = ALL.iter().map(|rule| rule.info().id.len()).max().unwrap_or(0);
            Ok(ALL.iter().map(|rule| format!("{:width$}  {}\n", rule.info().id, rule.info().summary)).collect())
        }
        RulesCommand::Explain { rule } => match find(rule) {
            Some(found) => Ok(found.info().manual()),
            None => Err(CliError::usage(unknown(rule))),
        },
    }
}

fn unknown(rule: &str) -> String {
    let near: Vec<&str> = ALL
        .iter()
        .map(|known| known.info().id)
        .filter(|id| rule.split('-').any(|word| word.len() > 2 && id.contains(word)))
        .collect();
    match near.is_empty() {
        true => format!("there is no rule \"{rule}\"; `superbill rules list` shows all"),
        false => format!("there is no rule \"{rule}\"; near are {}", near.join(", ")),
    }
}
