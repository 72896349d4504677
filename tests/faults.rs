//! The fault matrix: every error, for every action, in every phase of its way, as `docs/faults.md` tells it.

mod catalogue;
mod matrix;
mod play;

use std::collections::BTreeSet;
use std::{panic, thread};

use setpoint::actions::ALL;
use tokio::runtime::Builder;

use self::catalogue::Answered;
pub(crate) use self::catalogue::{Catalogue, Subject};
use self::matrix::{Matrix, Often, Phase, Wanted};
use self::play::Ending;
use crate::docs::{Document, texts_in};
use crate::support::read;
use crate::wire::check_document;

pub(crate) const FILE: &str = "docs/faults.md";

/// Rewrites what the tables say comes of each fault.
const UPDATE: &str = "INSTA_UPDATE=always cargo test -p setpoint faults::";

#[test]
fn what_comes_of_every_fault_is_what_the_document_says() {
    let document = Document::read(FILE);
    let catalogue = Catalogue::read(&document);
    let text = document.text;
    let mut matrix = Matrix::read(&text, &catalogue);
    let wanted = matrix.wanted();
    let endings = played(&catalogue, &wanted);
    matrix.fill(&catalogue, &wanted, &endings);
    check_document(FILE, &text, &matrix.to_string(), UPDATE);
}

#[test]
fn every_action_has_its_faults_told() {
    let catalogue = Catalogue::read(&Document::read(FILE));
    let told: BTreeSet<_> = catalogue.subjects.iter().map(|subject| subject.about.name).collect();
    let registered: BTreeSet<_> = ALL.iter().map(|about| about.name).collect();
    assert_eq!(told, registered);
}

#[test]
fn every_word_by_which_an_error_is_judged_is_met() {
    let catalogue = Catalogue::read(&Document::read(FILE));
    let met: Vec<&Answered> = catalogue.faults.iter().flat_map(|fault| &fault.answers).collect();
    let judges =
        ["fn classify(", "fn is_throttling(", "fn tells_of_something_under_way(", "fn is_component_in_progress("];
    for word in
        judges.into_iter().chain(["fn limits_concurrency("]).flat_map(|judge| texts_in("src/error/aws.rs", judge))
    {
        let is_met = met.iter().any(|answer| match &answer.error {
            Some((code, message)) => *code == word || message.contains(&word),
            None => false,
        });
        assert!(is_met, "{FILE}: no fault is answered with {word}");
    }
}

#[test]
fn every_phase_is_told() {
    let document = Document::read(FILE);
    let wanted = Matrix::read(&document.text, &Catalogue::read(&document)).wanted();
    for phase in Phase::ALL {
        for often in [Often::EveryTime, Often::Once] {
            let is_told = wanted.iter().any(|wanted| wanted.phase == phase && wanted.often == often);
            assert!(is_told, "{FILE}: {phase:?} has no table of what is met {often:?}");
        }
    }
}

#[test]
fn the_command_that_rewrites_the_tables_is_told() {
    assert!(read(FILE).contains(&format!("\n{UPDATE}\n")));
}

/// What came of each that is wanted, for each subject, on all processors.
fn played(catalogue: &Catalogue, wanted: &[Wanted]) -> Vec<Vec<Ending>> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = |worker: usize| {
        let work = async {
            let own = wanted.iter().enumerate().skip(worker).step_by(workers);
            let mut endings = Vec::new();
            for (index, wanted) in own {
                endings.push((index, play::all(catalogue, wanted).await));
            }
            endings
        };
        Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    };
    let mut endings: Vec<_> = thread::scope(|scope| {
        let shares: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        let done = shares.into_iter().map(|share| share.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
        done.flatten().collect()
    });
    endings.sort_by_key(|(index, _)| *index);
    endings.into_iter().map(|(_, endings)| endings).collect()
}
