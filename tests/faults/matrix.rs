//! The tables of what comes of each fault, of which nothing is written by hand but what is met once.

use std::fmt;

use super::catalogue::{Catalogue, From};
use super::play::Ending;
use crate::docs::cells;

/// The document, with its tables apart.
pub(super) struct Matrix(Vec<Part>);

enum Part {
    Line(String),
    Table { phase: Phase, often: Often, faults: Vec<usize>, lines: Vec<String> },
}

/// Where on its way an event is, by the heading of its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Read,
    Write,
    Poll,
    Role,
    Take,
    Enter,
    Leave,
}

/// How many of the calls meet the fault, by the heading below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Often {
    EveryTime,
    Once,
}

/// What is to be played for every subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) phase: Phase,
    pub(super) often: Often,
    /// Its place in the catalogue.
    pub(super) fault: usize,
}

const HEAD: &str = "| fault | asked for | comes to | kind | retry helps | calls | record | changed |";
const RULE: &str = "|---|---|---|---|---|---|---|---|";

impl Phase {
    pub(super) const ALL: [Self; 7] =
        [Self::Read, Self::Write, Self::Poll, Self::Role, Self::Take, Self::Enter, Self::Leave];

    fn heading(self) -> &'static str {
        match self {
            Self::Read => "## The read",
            Self::Write => "## The write",
            Self::Poll => "## The poll",
            Self::Role => "## The role",
            Self::Take => "## The ledger: taking the lane",
            Self::Enter => "## The ledger: entering the decision",
            Self::Leave => "## The ledger: leaving the lane",
        }
    }

    /// Whether its calls may be met by what comes from there.
    fn meets(self, from: From) -> bool {
        match self {
            Self::Read | Self::Write | Self::Poll => matches!(from, From::Any | From::ControlPlane),
            Self::Role => matches!(from, From::Any | From::Sts),
            Self::Take | Self::Enter | Self::Leave => matches!(from, From::Any | From::DynamoDb),
        }
    }
}

impl Catalogue {
    /// What the calls of a phase may be met by.
    fn of(&self, phase: Phase) -> Vec<usize> {
        let met = self.faults.iter().enumerate().filter(|(_, fault)| phase.meets(fault.from));
        met.map(|(index, _)| index).collect()
    }
}

impl Matrix {
    pub(super) fn read(text: &str, catalogue: &Catalogue) -> Self {
        let mut parts = Vec::new();
        let (mut phase, mut often) = (None, None);
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with("## ") {
                phase = Phase::ALL.into_iter().find(|phase| phase.heading() == line);
                often = None;
            }
            match line {
                "### Every time" => often = Some(Often::EveryTime),
                "### Once" => often = Some(Often::Once),
                _ => {}
            }
            if line != HEAD {
                parts.push(Part::Line(line.to_owned()));
                continue;
            }
            assert_eq!(lines.next(), Some(RULE));
            let mut faults = Vec::new();
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                let fault = catalogue.fault(&cells(row)[0]);
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
            let (Some(phase), Some(often)) = (phase, often) else { panic!("a table stands in no phase") };
            if often == Often::EveryTime {
                faults = catalogue.of(phase);
            }
            parts.push(Part::Table { phase, often, faults, lines: Vec::new() });
        }
        Self(parts)
    }

    /// In the order of the document.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let tables = self.0.iter().filter_map(|part| match part {
            Part::Table { phase, often, faults, .. } => Some((*phase, *often, faults)),
            Part::Line(_) => None,
        });
        let wanted = |(phase, often, faults): (Phase, Often, &Vec<usize>)| {
            faults.iter().map(|fault| Wanted { phase, often, fault: *fault }).collect::<Vec<_>>()
        };
        tables.flat_map(wanted).collect()
    }

    /// Writes the tables anew from what came of each that was wanted, in the same order.
    pub(super) fn fill(&mut self, catalogue: &Catalogue, wanted: &[Wanted], endings: &[Vec<Ending>]) {
        for part in &mut self.0 {
            let Part::Table { phase, often, lines, .. } = part else { continue };
            let of_table = |(wanted, _): &(&Wanted, _)| wanted.phase == *phase && wanted.often == *often;
            for (wanted, endings) in wanted.iter().zip(endings).filter(of_table) {
                lines.extend(rows(catalogue, wanted, endings));
            }
        }
    }
}

/// One row for each group of subjects for which the same comes of a fault.
fn rows(catalogue: &Catalogue, wanted: &Wanted, endings: &[Ending]) -> Vec<String> {
    let fault = &catalogue.faults[wanted.fault];
    let mut groups: Vec<(&Ending, Vec<&str>)> = Vec::new();
    for (subject, ending) in catalogue.subjects.iter().zip(endings) {
        match groups.iter_mut().find(|(of_group, _)| *of_group == ending) {
            Some((_, labels)) => labels.push(&subject.label),
            None => groups.push((ending, vec![&subject.label])),
        }
    }
    let row = |(ending, labels): (&Ending, Vec<&str>)| {
        let all = labels.len() == catalogue.subjects.len();
        let labels = if all { "all".to_owned() } else { labels.join(", ") };
        format!("| {} | {labels} | {ending} |", fault.name)
    };
    groups.into_iter().map(row).collect()
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Line(line) => writeln!(f, "{line}"),
            Part::Table { lines, .. } => {
                writeln!(f, "{HEAD}\n{RULE}")?;
                lines.iter().try_for_each(|line| writeln!(f, "{line}"))
            }
        })
    }
}
