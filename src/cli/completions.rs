//! `deadlines completions`: what a shell needs to complete commands, options and the names that are known.

use clap::Args;
use clap_complete::{Shell, generate};

use crate::cli::failure::Failure;
use crate::cli::{definition, output};

/// Write what a shell needs to complete commands, options and known names
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines completions bash > ~/.local/share/bash-completion/completions/deadlines
  deadlines completions zsh > ~/.zfunc/_deadlines
  deadlines completions fish > ~/.config/fish/completions/deadlines.fish")]
pub struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut definition(), "deadlines", &mut script);
        std::io::Write::write_all(&mut output::results(), &script)?;
        Ok(())
    }
}
