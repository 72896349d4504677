//! The story as a picture: an SVG of every target's steps, for light and dark pages.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::calendar::Calendar;
use super::{Ended, Series, Story, Told};

/// Pixels.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 72.0;
const TOP: f64 = 16.0;
/// The height of a target's name, of what is drawn of it, and of the days below.
const NAME: f64 = 26.0;
const PLOT: f64 = 132.0;
const DAYS: f64 = 34.0;
const LINE: f64 = 20.0;
/// How close texts beside or below each other may stand.
const NEXT_TEXT: f64 = 14.0;
const NEXT_DAY: f64 = 64.0;
/// Of more days, nights are stripes that nobody can read.
const MOST_NIGHTS: usize = 31;
/// Above so many times what was reached, a bound is told and not drawn.
const FARTHEST_BOUND: i64 = 2;
/// So many marks have a number and a sentence; the others are counted.
const MOST_SENTENCES: usize = 12;
/// From where until where the clocks show night.
const NIGHT: (i8, i8) = (22, 6);

const STYLE: &str = "\
text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #57606a; }
.page { fill: #ffffff; }
.name { font-weight: 600; font-size: 13px; fill: #1f2328; }
.night { fill: #eaeef2; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.area { fill: #0969da; fill-opacity: 0.16; }
.steps { fill: none; stroke: #0969da; stroke-width: 2; stroke-linejoin: round; }
.bound { stroke: #9a6700; stroke-width: 1.25; stroke-dasharray: 6 4; }
.bound-name { fill: #9a6700; }
.refused { stroke: #cf222e; stroke-width: 2; fill: none; }
.refused-name { fill: #cf222e; font-weight: 600; }
.superseded { stroke: #8250df; stroke-width: 2; fill: #ffffff; }
.superseded-name { fill: #8250df; font-weight: 600; }
.others { stroke: #bf3989; stroke-width: 2; fill: #ffffff; }
.others-name { fill: #bf3989; font-weight: 600; }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1; }
.page { fill: #0d1117; }
.name { fill: #f0f6fc; }
.night { fill: #1c2430; }
.grid { stroke: #30363d; }
.area { fill: #4493f8; fill-opacity: 0.22; }
.steps { stroke: #4493f8; }
.bound { stroke: #d29922; }
.bound-name { fill: #d29922; }
.refused { stroke: #f85149; }
.refused-name { fill: #f85149; }
.superseded { stroke: #ab7df8; fill: #0d1117; }
.superseded-name { fill: #ab7df8; }
.others { stroke: #f778ba; fill: #0d1117; }
.others-name { fill: #f778ba; }
}
";

/// Writes the picture into a file.
pub(crate) fn write(file: &Path, story: &Story, calendar: &Calendar) -> Result<(), String> {
    std::fs::write(file, draw(story, calendar)).map_err(|error| format!("{}: {error}", file.display()))
}

/// The whole picture.
fn draw(story: &Story, calendar: &Calendar) -> String {
    let targets = story.targets();
    let marked: Vec<&Told> = story.events.iter().filter(|told| class(told.ended).is_some()).collect();
    let panel = NAME + PLOT + DAYS;
    let height = TOP + (0..targets.len()).fold(0.0, |height, _| height + panel) + LINE;
    let height = marked.iter().take(MOST_SENTENCES + 1).fold(height, |height, _| height + LINE) + TOP;
    let mut svg = Svg::default();
    let label = "Every target's capacity over time";
    svg.line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"{label}\">"
    ));
    svg.line(&format!("<style>\n{STYLE}</style>"));
    svg.line(&format!("<rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>"));
    let mut top = TOP;
    for (name, series) in &targets {
        let plot = Plot::of(story, series, top + NAME);
        svg.text(("name", "start"), (LEFT, top + 14.0), name);
        svg.text(("", "end"), (WIDTH - RIGHT, top + 14.0), &about(series, story));
        plot.draw(&mut svg, series, calendar);
        for (number, told) in marked.iter().enumerate() {
            if story.of(series).any(|of| std::ptr::eq(of, *told)) {
                plot.mark(&mut svg, series, told, Some(number + 1).filter(|number| *number <= MOST_SENTENCES));
            }
        }
        top += panel;
    }
    let clocks = format!("Times by the clocks of {}; shaded from {}:00 to 0{}:00.", calendar.name(), NIGHT.0, NIGHT.1);
    svg.text(("", "start"), (LEFT, top + 12.0), &clocks);
    for (number, told) in marked.iter().take(MOST_SENTENCES).enumerate() {
        top += LINE;
        let when = calendar.civil(told.at).strftime("%a %-d %b, %H:%M").to_string();
        let class = class(told.ended).map_or_else(String::new, |class| format!("{class}-name"));
        svg.text((&class, "end"), (LEFT, top + 12.0), &(number + 1).to_string());
        svg.text(("", "start"), (LEFT + 8.0, top + 12.0), &format!("{when}: {} {}", told.by, ending(told)));
    }
    if let Some(more) = marked.len().checked_sub(MOST_SENTENCES).filter(|more| *more > 0) {
        svg.text(("", "start"), (LEFT + 8.0, top + LINE + 12.0), &format!("and {more} more"));
    }
    svg.line("</svg>");
    svg.0
}

/// What is marked, by its class.
fn class(ended: Ended) -> Option<&'static str> {
    match ended {
        Ended::Refused => Some("refused"),
        Ended::Superseded => Some("superseded"),
        Ended::Others => Some("others"),
        Ended::Changed | Ended::Left => None,
    }
}

/// How a marked event ended, in a word or two.
fn ending(told: &Told) -> String {
    match told.ended {
        Ended::Refused => format!("is refused: {}", told.outcome),
        Ended::Others => format!("{}: {}", told.outcome, told.because.as_deref().unwrap_or_default()),
        _ => format!("is {}", told.outcome),
    }
}

fn about(series: &Series, story: &Story) -> String {
    let (range, hours) = series.told(story);
    range + &hours
}

/// Where one target is drawn.
struct Plot {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    top: f64,
    /// The capacity at the upper edge.
    most: i64,
}

impl Plot {
    fn of(story: &Story, series: &Series, top: f64) -> Self {
        let highest = series.highest().max(1);
        let bound = series.bounds.1.map(i64::from).filter(|max| *max <= highest * FARTHEST_BOUND);
        Self { from: story.from, until: story.until, top, most: bound.unwrap_or(highest).max(highest) }
    }

    fn x(&self, at: DateTime<Utc>) -> f64 {
        let part = (at - self.from).as_seconds_f64() / (self.until - self.from).as_seconds_f64();
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, capacity: i64) -> f64 {
        // Capacities are far below what a float counts exactly.
        let part = capacity as f64 / self.most as f64;
        self.top + PLOT - part * (PLOT - 10.0)
    }

    fn draw(&self, svg: &mut Svg, series: &Series, calendar: &Calendar) {
        let (bottom, right) = (self.top + PLOT, WIDTH - RIGHT);
        let midnights = calendar.midnights(self.from, self.until);
        if midnights.len() <= MOST_NIGHTS {
            for (night, morning) in calendar.nights(NIGHT, self.from, self.until) {
                let (x, width) = (self.x(night), self.x(morning) - self.x(night));
                svg.line(&format!(
                    "<rect class=\"night\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{PLOT:.1}\"/>",
                    self.top
                ));
            }
        }
        let mut free = LEFT;
        for (midnight, day) in midnights {
            let x = self.x(midnight);
            if x >= free {
                svg.line(&format!("<path class=\"grid\" d=\"M{x:.1} {:.1}V{:.1}\"/>", self.top, bottom + 5.0));
                svg.text(("", "start"), (x + 3.0, bottom + 16.0), &day.strftime("%a %-d %b").to_string());
                free = x + NEXT_DAY;
            }
        }
        svg.line(&format!("<path class=\"grid\" d=\"M{LEFT} {bottom:.1}H{right}\"/>"));
        self.levels(svg, series);
        let mut path = String::new();
        let left = series.steps.first().map_or(LEFT, |step| self.x(step.at));
        for (index, step) in series.steps.iter().enumerate() {
            let (x, y) = (self.x(step.at), self.y(step.capacity));
            let _ = if index == 0 { write!(path, "M{x:.1} {y:.1}") } else { write!(path, "H{x:.1}V{y:.1}") };
        }
        svg.line(&format!("<path class=\"area\" d=\"{path}H{right}V{bottom:.1}H{left:.1}Z\"/>"));
        svg.line(&format!("<path class=\"steps\" d=\"{path}H{right}\"/>"));
        let (min, max) = series.bounds;
        for (name, bound) in [("min", min), ("max", max)] {
            let Some(bound) = bound else { continue };
            let is_drawn = i64::from(bound) <= self.most;
            let y = if is_drawn { self.y(i64::from(bound)) } else { self.top + 4.0 };
            if is_drawn {
                svg.line(&format!("<path class=\"bound\" d=\"M{LEFT} {y:.1}H{right}\"/>"));
            }
            svg.text(("bound-name", "start"), (right + 6.0, y + 4.0), &format!("{name} {bound}"));
        }
    }

    /// The capacities that there are, beside the axis as far as there is room, the highest first.
    fn levels(&self, svg: &mut Svg, series: &Series) {
        let mut levels: Vec<i64> = series.steps.iter().map(|step| step.capacity).chain([0]).collect();
        levels.sort_unstable_by(|one, other| other.cmp(one));
        let mut free = f64::MIN;
        for level in levels {
            let y = self.y(level) + 4.0;
            if y >= free {
                svg.text(("", "end"), (LEFT - 6.0, y), &level.to_string());
                free = y + NEXT_TEXT;
            }
        }
    }

    /// A cross where something was refused, a ring where it gave way, a diamond where others changed it, with the number of
    /// its sentence.
    fn mark(&self, svg: &mut Svg, series: &Series, told: &Told, number: Option<usize>) {
        let Some(class) = class(told.ended) else { return };
        let found = series.steps.iter().find(|step| told.ended == Ended::Others && step.at == told.at);
        let capacity = found.map_or_else(|| series.most(told.at, told.at), |step| step.capacity);
        let (x, y) = (self.x(told.at), self.y(capacity));
        let title = escaped(&format!("{} {}", told.by, ending(told)));
        let [left, right, upper, lower] = [x - 5.0, x + 5.0, y - 5.0, y + 5.0];
        let path = match told.ended {
            Ended::Refused => {
                format!("M{left:.1} {upper:.1}L{right:.1} {lower:.1}M{left:.1} {lower:.1}L{right:.1} {upper:.1}")
            }
            Ended::Others => format!("M{x:.1} {upper:.1}L{right:.1} {y:.1}L{x:.1} {lower:.1}L{left:.1} {y:.1}Z"),
            _ => String::new(),
        };
        svg.line(&match path.as_str() {
            "" => format!(
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"><title>{title}</title></circle>"
            ),
            path => format!("<path class=\"{class}\" d=\"{path}\"><title>{title}</title></path>"),
        });
        if let Some(number) = number {
            svg.text((&format!("{class}-name"), "start"), (x + 9.0, y - 5.0), &number.to_string());
        }
    }
}

/// The text of the picture so far.
#[derive(Default)]
struct Svg(String);

impl Svg {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn text(&mut self, (class, anchor): (&str, &str), (x, y): (f64, f64), text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
        self.line(&format!("<text{class}{anchor} x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(text)));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
