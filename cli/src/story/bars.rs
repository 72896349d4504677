//! The story as a person reads it in a terminal: bars of every target's capacity, then what did not go as asked.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use chrono::{DateTime, Utc};
use setpoint::environment;
use terminal_size::Width;

use super::calendar::Calendar;
use super::hours::{Amounts, Prices};
use super::{Ended, Series, Story, Told};

/// What is drawn on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    width: usize,
    paint: Paint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paint {
    Colours,
    Plain,
}

/// Eighths of a line.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The lines of a bar.
const LINES: usize = 4;
/// Where nobody says how wide lines may be.
const WIDTH: usize = 80;
/// Below this nothing is to be seen.
const NARROWEST: usize = 40;

const REFUSED: char = '×';
const SUPERSEDED: char = '~';
const OTHERS: char = '!';

impl Screen {
    /// Standard output: the terminal's width and colours, unless `NO_COLOR` is set; plain text where it is no terminal.
    pub(crate) fn of_output() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self { width: WIDTH, paint: Paint::Plain };
        }
        let width = terminal_size::terminal_size().map_or(WIDTH, |(Width(width), _)| usize::from(width));
        // https://no-color.org: when present and not empty.
        let no_colour = environment::variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { width: width.max(NARROWEST), paint: if no_colour { Paint::Plain } else { Paint::Colours } }
    }

    fn in_colour(self, code: u8, text: &str) -> String {
        match self.paint {
            Paint::Colours if !text.trim().is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

const CYAN: u8 = 36;
const RED: u8 = 31;
const DIM: u8 = 2;

/// The whole of it; ends with a line break.
pub(crate) fn draw(story: &Story, calendar: &Calendar, prices: &Prices, screen: Screen) -> String {
    let targets = story.targets();
    let highest = targets.iter().map(|(_, series)| series.highest()).max().unwrap_or(0);
    let gutter = highest.to_string().len() + 1;
    let columns = Columns { from: story.from, until: story.until, count: screen.width - gutter - 1 };
    let mut text = String::new();
    for (name, series) in &targets {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name}");
        let _ = writeln!(text, "{}", screen.in_colour(DIM, &about(series, story, prices)));
        for (line, bar) in bar(series, columns).iter().enumerate() {
            let label = if line == 0 { series.highest().to_string() } else { String::new() };
            let _ = writeln!(text, "{label:>gutter$} {}", screen.in_colour(CYAN, bar));
        }
        let marks = marks(story, series, columns);
        if !marks.is_empty() {
            let _ = writeln!(text, "{:gutter$} {}", "", screen.in_colour(RED, &marks));
        }
        let _ = writeln!(text, "{:gutter$} {}\n", "", screen.in_colour(DIM, &days(calendar, columns)));
    }
    for told in story.events.iter().filter(|told| is_told(told.ended)) {
        let _ = writeln!(text, "{}", line_of(told, calendar));
    }
    let priced = targets.iter().filter_map(|(_, series)| money(series, story, prices));
    if let Some(sum) = priced.reduce(Amounts::and) {
        let _ = writeln!(text, "{}", sum.told(2, " for what has a price", story.beside));
    }
    let changes = story.events.iter().filter(|told| told.ended == Ended::Changed).count();
    let counted = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let ended = |what| story.events.iter().filter(|told| told.ended == what).count();
    let others = match ended(Ended::Others) {
        0 => String::new(),
        others => format!(", {others} by others {OTHERS}"),
    };
    let _ = writeln!(
        text,
        "{}, {} refused {REFUSED}, {} superseded {SUPERSEDED}{}; times are those of {}",
        counted(changes, "change", "changes"),
        ended(Ended::Refused),
        ended(Ended::Superseded),
        others,
        calendar.name()
    );
    text
}

/// The range of a target, its bounds, and what it adds up to.
fn about(series: &Series, story: &Story, prices: &Prices) -> String {
    let (range, hours) = series.told(story);
    let bound = |name: &str, bound: Option<u32>| bound.map_or_else(String::new, |bound| format!(", {name} {bound}"));
    let (min, max) = series.bounds;
    let money = money(series, story, prices).map(|money| format!("; {}", money.told(2, "", story.beside)));
    format!("{range}{}{}{hours}{}", bound("min", min), bound("max", max), money.unwrap_or_default())
}

/// What a target's capacity costs, where it has a price.
fn money(series: &Series, story: &Story, prices: &Prices) -> Option<Amounts> {
    let price = prices.of(&series.target).filter(|_| !series.is_share())?;
    Some(Amounts::hours(series, story.until).at(price))
}

/// A line for each event that changed something, or did not go as asked; ends with a line break.
pub(crate) fn lines(story: &Story, calendar: &Calendar) -> String {
    let told = story.events.iter().filter(|told| told.ended != Ended::Left);
    let lines = told.map(|told| {
        let when = calendar.civil(told.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let target = told.target.as_ref().map_or_else(String::new, |target| format!("{target}  "));
        let because = told.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
        format!("{when}  {}  {target}{}{because}\n", told.by, told.outcome)
    });
    lines.collect()
}

/// Whether an event has a line of its own.
fn is_told(ended: Ended) -> bool {
    matches!(ended, Ended::Refused | Ended::Superseded | Ended::Others)
}

/// An event and how it ended.
fn line_of(told: &Told, calendar: &Calendar) -> String {
    let when = calendar.civil(told.at).strftime("%a %d %b %H:%M").to_string();
    let because = told.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    // What the function says of its own names the target where that is of use.
    let target = told.target.as_deref().filter(|_| told.ended == Ended::Others);
    let target = target.map_or_else(String::new, |target| format!("{target}  "));
    format!("{when}  {}  {target}{}{because}", told.by, told.outcome)
}

/// The time that is drawn, in equal parts.
#[derive(Clone, Copy, Debug)]
struct Columns {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    count: usize,
}

impl Columns {
    /// The instant at which a column begins.
    fn begin(self, column: usize) -> DateTime<Utc> {
        let span = self.until - self.from;
        let parts = i32::try_from(self.count).unwrap_or(i32::MAX).max(1);
        self.from + (span * i32::try_from(column).unwrap_or(parts)) / parts
    }

    /// The column that an instant is in.
    fn of(self, at: DateTime<Utc>) -> usize {
        let column = (0..self.count).rfind(|column| self.begin(*column) <= at);
        column.unwrap_or(0)
    }
}

/// The lines of a bar, from the top; each column shows the most that stood in it.
fn bar(series: &Series, columns: Columns) -> Vec<String> {
    let full = i64::try_from(LINES * 8).unwrap_or(i64::MAX);
    let highest = series.highest().max(1);
    let height = |column: usize| {
        let most = series.most(columns.begin(column), columns.begin(column + 1));
        let eighths = (most * full + highest / 2) / highest;
        usize::try_from(if most > 0 { eighths.max(1) } else { 0 }).unwrap_or(0)
    };
    let heights: Vec<usize> = (0..columns.count).map(height).collect();
    let line = |below: usize| {
        let filled = heights.iter().map(|height| EIGHTHS[height.saturating_sub(below * 8).min(8)]);
        filled.collect::<String>().trim_end().to_owned()
    };
    (0..LINES).rev().map(line).collect()
}

/// Where something was refused or gave way; nothing where that never was.
fn marks(story: &Story, series: &Series, columns: Columns) -> String {
    let mut marks = vec![' '; columns.count];
    for told in story.of(series) {
        let mark = match told.ended {
            Ended::Refused => REFUSED,
            Ended::Superseded => SUPERSEDED,
            Ended::Others => OTHERS,
            Ended::Changed | Ended::Left => continue,
        };
        let place = &mut marks[columns.of(told.at)];
        if *place != REFUSED {
            *place = mark;
        }
    }
    marks.iter().collect::<String>().trim_end().to_owned()
}

/// The days, each named where it begins, as far as there is room.
fn days(calendar: &Calendar, columns: Columns) -> String {
    let mut text = String::new();
    let mut end = 0;
    for (midnight, day) in calendar.midnights(columns.from, columns.until) {
        let name = day.strftime("%a %d").to_string();
        let column = columns.of(midnight);
        if (end == 0 || column > end) && column + name.len() <= columns.count {
            let _ = write!(text, "{:1$}{name}", "", column - end);
            end = column + name.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Beside;

    fn day() -> (Calendar, Story) {
        let calendar = Calendar::named("UTC").unwrap();
        let (from, until) = calendar.span(&"2026-03-23".parse().unwrap(), 1).unwrap();
        let mut story = Story::new(from, until, Beside::Without);
        story.stands("lambda:function:f:live", [(0, 1), (12, 8), (18, 0)]);
        (calendar, story)
    }

    fn drawn(width: usize, paint: Paint) -> String {
        let (calendar, story) = day();
        draw(&story, &calendar, &Prices::default(), Screen { width, paint })
    }

    #[test]
    fn bars_are_as_wide_as_the_screen_and_never_higher_than_their_lines() {
        let expected = "\
lambda:function:f:live
0 to 8; 60 execution-hours, 24 without
 8             ██████
               ██████
               ██████
   ▄▄▄▄▄▄▄▄▄▄▄▄██████
   Mon 23

0 changes, 0 refused ×, 0 superseded ~; times are those of UTC
";
        assert_eq!(drawn(27, Paint::Plain), expected);
        let widest = |width| drawn(width, Paint::Plain).lines().nth(5).unwrap().chars().count();
        assert_eq!((widest(43), widest(83)), (33, 63));
    }

    #[test]
    fn colours_change_nothing_that_is_drawn() {
        let coloured = drawn(60, Paint::Colours);
        let plain =
            [CYAN, RED, DIM, 0].iter().fold(coloured.clone(), |text, code| text.replace(&format!("\x1b[{code}m"), ""));
        assert_eq!((plain.as_str(), coloured.contains("\x1b[36m")), (drawn(60, Paint::Plain).as_str(), true));
    }
}
