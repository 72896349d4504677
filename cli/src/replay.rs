//! What failed, sent again: why it failed, what it would change now, and a person's word before each.

mod failed;
mod queue;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::handler::Report;
use tokio::sync::oneshot;

use crate::invoke::{BY_INTERRUPT, Intent, changes, failed_messages, handled};
use crate::world::{Which, World};
use crate::{event_file, show};
use failed::Failed;
use queue::Queue;

/// What to send again, and where.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A failure record, messages as `aws sqs receive-message` prints them, or an event: a file, or - for standard input;
    /// or the URL of a queue.
    source: String,
    /// The configuration of the function that failed; otherwise SETPOINT_CONFIG, else a setpoint.json beside the file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Asks nobody: whatever has a plan is sent again, and deleted when done.
    #[arg(long)]
    yes: bool,
    /// How many messages of a queue are looked at.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    most: usize,
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    /// Deleted without being sent again.
    Dropped,
    Failed,
    /// Nobody wanted it sent.
    Left,
    /// The person has had enough.
    Quit,
    Interrupted,
}

/// A person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Send,
    Drop,
    Leave,
    Quit,
}

/// A place to send events again in.
struct Stage {
    config: Config,
    world: World,
    asks: Asks,
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Person,
    /// `--yes`.
    Nobody,
    /// Nobody can be asked.
    NotPossible,
}

/// Goes through what failed.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let now = Clock::System.now();
    let file = Path::new(&arguments.source);
    let (config, place) = event_file::config(arguments.config, file)?;
    if arguments.which.aws && place == event_file::NO_CONFIG {
        return Err(WITHOUT_CONFIG.to_owned());
    }
    let is_queue = Queue::is_url(&arguments.source);
    let of_file = if is_queue { Vec::new() } else { failed::read(file, now)? };
    let world = World::of(&arguments.which, now).await?;
    show::surroundings(&place, &world);
    let asks = match arguments.yes {
        true => Asks::Nobody,
        false if std::io::stdin().is_terminal() => Asks::Person,
        false => Asks::NotPossible,
    };
    let queue = if is_queue { Some(Queue::at(&arguments.source, &world.sdk_config, &world.home)?) } else { None };
    let stage = Stage { config, world, asks };
    let fates = match &queue {
        Some(queue) => stage.all_of(queue, arguments.most).await?,
        None => stage.each(of_file).await,
    };
    if fates.contains(&Fate::Interrupted) {
        return Ok(ExitCode::from(BY_INTERRUPT));
    }
    show::remark(&summary(&fates, asks));
    Ok(if fates.contains(&Fate::Failed) {
        ExitCode::FAILURE
    } else if fates.iter().any(|fate| matches!(fate, Fate::Left | Fate::Quit)) {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    })
}

const WITHOUT_CONFIG: &str = "replay --aws needs the configuration of the function that failed, for its guardrails, bindings and \
                              ledger: give the file with --config. aws lambda get-function-configuration prints it, as \
                              SETPOINT_CONFIG of its Environment";

impl Stage {
    async fn each(&self, failed: Vec<Failed>) -> Vec<Fate> {
        let mut fates = Vec::new();
        for failed in failed {
            let fate = self.one(&failed, fates.len()).await;
            if fate == Fate::Done && failed.receipt.is_some() {
                show::told("kept", "the queue's URL is not known here: delete the message, as docs/operations.md says");
            }
            fates.push(fate);
            if matches!(fate, Fate::Quit | Fate::Interrupted) {
                break;
            }
        }
        fates
    }

    /// Messages that stay are held to the end, so that none comes twice, and then given back.
    async fn all_of(&self, queue: &Queue, most: usize) -> Result<Vec<Fate>, String> {
        let mut fates = Vec::new();
        let mut held = Vec::new();
        let mut stopped = Ok(());
        while fates.len() < most {
            let failed = match queue.next().await {
                Ok(Some(message)) => message.failed(),
                Ok(None) => break,
                Err(why) => {
                    stopped = Err(why);
                    break;
                }
            };
            let fate = self.one(&failed, fates.len()).await;
            fates.push(fate);
            let receipt = failed.receipt.unwrap_or_default();
            match fate {
                Fate::Done | Fate::Dropped => match queue.delete(&receipt).await {
                    Ok(()) => show::told("deleted", &failed.name),
                    Err(why) => {
                        stopped = Err(format!("{why}; message {} is still in the queue", failed.name));
                        break;
                    }
                },
                Fate::Failed | Fate::Left | Fate::Quit | Fate::Interrupted => held.push(receipt),
            }
            if matches!(fate, Fate::Quit | Fate::Interrupted) {
                break;
            }
        }
        for receipt in held {
            let given = queue.give_back(&receipt).await;
            stopped = stopped.and(given.map_err(|why| format!("{why}; the message is hidden for up to an hour")));
        }
        stopped.map(|()| fates)
    }

    async fn one(&self, failed: &Failed, index: usize) -> Fate {
        show::told("replay", &failed.name);
        show::ways(&failed.event);
        show::told("failed", failed.why.as_deref().unwrap_or("it does not say why"));
        if let Some(why) = failed.misplaced(&self.world.home) {
            show::told("refused", &why);
            return Fate::Failed;
        }
        let Some(planned) = self.handled(failed, Intent::Plan, index).await else { return Fate::Interrupted };
        show::plans(&planned, &self.world.home);
        let has_plan = went_well(&planned);
        if !has_plan {
            planned.refused.iter().for_each(|error| show::told("refused", &format!("{}: {error}", error.error_type())));
        }
        match self.word(&planned).await {
            None => return Fate::Interrupted,
            Some(Word::Drop) => return Fate::Dropped,
            Some(Word::Quit) => return Fate::Quit,
            Some(Word::Leave) if has_plan => return Fate::Left,
            Some(Word::Leave) => return Fate::Failed,
            Some(Word::Send) => {}
        }
        let Some(report) = self.handled(failed, Intent::Invoke, index).await else { return Fate::Interrupted };
        show::outcomes(&report, &self.world.home);
        if went_well(&report) { Fate::Done } else { Fate::Failed }
    }

    async fn handled(&self, failed: &Failed, intent: Intent, index: usize) -> Option<Report> {
        let id = format!("{}-{index}", self.world.clock.now().timestamp_millis());
        handled(failed.event.clone(), self.config.clone(), &self.world, intent, &id).await
    }

    /// What to do; nothing where the person interrupts. What has no plan cannot be sent.
    async fn word(&self, planned: &Report) -> Option<Word> {
        let has_plan = went_well(planned);
        match (self.asks, has_plan) {
            (Asks::Nobody, true) => Some(Word::Send),
            (Asks::Nobody, false) | (Asks::NotPossible, _) => Some(Word::Leave),
            (Asks::Person, true) if changes(planned) => {
                ask("send it again? [y]es, [d]elete it instead, [N]o, [q]uit: ").await
            }
            (Asks::Person, true) => ask("nothing to change; done with it? [y]es, [d]elete it, [N]o, [q]uit: ").await,
            (Asks::Person, false) => {
                let word = ask("it would fail again; [d]elete it, [N]o, [q]uit: ").await;
                word.map(|word| if word == Word::Send { Word::Leave } else { word })
            }
        }
    }
}

/// Nothing in it failed.
fn went_well(report: &Report) -> bool {
    let decided = report.decisions.iter().all(|decision| decision.result.is_ok());
    decided && report.refused.is_empty() && report.answer.as_ref().is_ok_and(|answer| !failed_messages(answer))
}

/// Reads a person's word beside the runtime, which the end of the process does not wait for.
async fn ask(question: &str) -> Option<Word> {
    let _ = write!(std::io::stderr().lock(), "{question}");
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // Nobody listens any more after an interrupt.
        let _ = sender.send(read.ok().filter(|length| *length > 0).map(|_| line));
    });
    let line = tokio::select! {
        line = receiver => line.ok().flatten(),
        _ = tokio::signal::ctrl_c() => return None,
    };
    Some(line.as_deref().map_or(Word::Quit, word))
}

/// Whatever is not understood changes nothing.
fn word(line: &str) -> Word {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Word::Send,
        "d" | "delete" => Word::Drop,
        "q" | "quit" => Word::Quit,
        _ => Word::Leave,
    }
}

fn summary(fates: &[Fate], asks: Asks) -> String {
    let count = |of: Fate| fates.iter().filter(|fate| **fate == of).count();
    let (done, dropped, failed) = (count(Fate::Done), count(Fate::Dropped), count(Fate::Failed));
    let left = count(Fate::Left) + count(Fate::Quit);
    let mut parts = Vec::new();
    for (number, what) in [(done, "done"), (dropped, "deleted without it"), (failed, "failed"), (left, "left")] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    let hint =
        if asks == Asks::NotPossible && left > 0 { "; nobody can be asked here: --yes sends them again" } else { "" };
    match parts.is_empty() {
        true => "nothing to replay".to_owned(),
        false => format!("{}{hint}", parts.join(", ")),
    }
}
