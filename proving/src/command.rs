//! The command line.

use clap::{Parser, ValueEnum};

/// Lets the function live through simulated weeks: the real handler and the real SDK clients against the sandbox, on virtual
/// time, with everything that can go wrong going wrong. Ends with 1 when a promise was broken.
#[derive(Clone, Debug, Parser)]
#[command(name = "prove", about, max_term_width = 100)]
pub(crate) struct Command {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    pub(crate) seeds: u64,
    /// The first of them; the same seed always gives the same weeks.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many weeks follow from a seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) weeks: u64,
    /// Whether the function keeps a ledger.
    #[arg(long, default_value = "off")]
    pub(crate) ledger: Switch,
    /// Plants a bug into the function, which is to be found.
    #[arg(long, value_name = "BUG")]
    pub(crate) plant: Option<String>,
    /// Lists the bugs that can be planted.
    #[arg(long)]
    pub(crate) list_plants: bool,
    /// Plants each bug in turn, and says after how many seeds which promise tells of it; ends with 1 when one is not found.
    #[arg(long)]
    pub(crate) find_plants: bool,
    /// How the result is written.
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    /// Tells the whole story of every week.
    #[arg(long)]
    pub(crate) tell: bool,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}
