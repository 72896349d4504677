//! What differs between two stories of the same days.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::story::calendar::Calendar;
use crate::story::hours::{Amounts, Prices};
use crate::story::{Ended, Series, Story, Told, time};

/// All that differs.
pub(super) struct Difference {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    targets: Vec<Target>,
    refused: Pair<Vec<Told>>,
}

/// The same of before and of after.
struct Pair<T> {
    before: T,
    after: T,
}

/// A target whose capacity differs.
struct Target {
    /// As the stories call it.
    name: String,
    /// Without its member, as prices know it.
    bare: String,
    unit: &'static str,
    stretches: Vec<Stretch>,
    /// None where a version does not move it.
    hours: Pair<Option<Amounts>>,
}

/// A time at which the capacities are two; none where a version does not move the target.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    before: Option<i64>,
    after: Option<i64>,
}

/// So many rows of a target are told, the others counted.
const MOST_ROWS: usize = 40;

impl Difference {
    pub(super) fn between(before: &Story, after: &Story) -> Self {
        // What becomes of the traffic is no capacity.
        let (mut of_before, mut of_after) = (before.targets(), after.targets());
        [&mut of_before, &mut of_after].into_iter().for_each(|it| it.retain(|(_, series)| !series.is_share()));
        let key = |series: &Series| (series.target.clone(), series.member.clone());
        let find = |targets: &[(String, &Series)], sought: &(String, String)| {
            targets.iter().position(|(_, series)| key(series) == *sought)
        };
        let keys: BTreeSet<_> = of_before.iter().chain(&of_after).map(|(_, series)| key(series)).collect();
        let (from, until) = (before.from, before.until);
        let targets = keys.into_iter().filter_map(|sought| {
            let (in_before, in_after) = (find(&of_before, &sought), find(&of_after, &sought));
            let name = in_after.map(|index| &of_after[index].0).or(in_before.map(|index| &of_before[index].0))?;
            let before = in_before.map(|index| of_before[index].1);
            let after = in_after.map(|index| of_after[index].1);
            let stretches = stretches(before, after, until);
            let either = before.or(after).filter(|_| !stretches.is_empty())?;
            let hours = |series: Option<&Series>| series.map(|series| Amounts::hours(series, until));
            let hours = Pair { before: hours(before), after: hours(after) };
            Some(Target { name: name.clone(), bare: either.target.clone(), unit: either.unit(), stretches, hours })
        });
        let targets = targets.collect();
        let refused = Pair { before: refused_only(before, after), after: refused_only(after, before) };
        Self { from, until, targets, refused }
    }

    /// True where nothing differs.
    pub(super) fn is_none(&self) -> bool {
        self.targets.is_empty() && self.refused.before.is_empty() && self.refused.after.is_empty()
    }

    /// For a pull request; ends with a line break.
    pub(super) fn markdown(&self, [before, after]: [String; 2], calendar: &Calendar, prices: &Prices) -> String {
        let day = |at| calendar.civil(at).strftime("%a %-d %b %Y").to_string();
        let span = format!("from {} until {}, by the clocks of {}", day(self.from), day(self.until), calendar.name());
        if self.is_none() {
            return format!("No capacity differs between `{before}` and `{after}`, {span}.\n");
        }
        let mut text = format!("Before is `{before}`, after is `{after}`, {span}.\n");
        for target in &self.targets {
            target.markdown(&mut text, calendar, prices);
        }
        for (which, refused) in [("before", &self.refused.before), ("after", &self.refused.after)] {
            if !refused.is_empty() {
                // Writing to a String does not fail.
                let _ = writeln!(text, "\n### Refused only {which}\n");
            }
            for told in refused.iter().take(MOST_ROWS) {
                let because = told.because.as_deref().unwrap_or_default();
                let _ = writeln!(text, "- {}, {}: {}: {because}", clocks(calendar, told.at), told.by, told.outcome);
            }
            if let Some(more) = refused.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
                let _ = writeln!(text, "- and {more} more");
            }
        }
        text
    }

    /// For machines.
    pub(super) fn to_json(&self, prices: &Prices) -> Value {
        let targets = self.targets.iter().map(|target| {
            let price = prices.of(&target.bare);
            let stretches = target.stretches.iter().map(|stretch| {
                json!({"from": time(stretch.from), "until": time(stretch.until), "before": stretch.before, "after": stretch.after})
            });
            let mut told = json!({
                "target": target.name,
                "differences": stretches.collect::<Vec<_>>(),
                "hours": target.hours.to_json(1.0),
            });
            if let Some(price) = price {
                told["money"] = target.hours.to_json(price);
            }
            told
        });
        let refused = |told: &Vec<Told>| -> Vec<Value> { told.iter().map(Told::to_json).collect() };
        json!({
            "from": time(self.from),
            "until": time(self.until),
            "targets": targets.collect::<Vec<_>>(),
            "refused": {"before": refused(&self.refused.before), "after": refused(&self.refused.after)},
        })
    }
}

impl Target {
    fn markdown(&self, text: &mut String, calendar: &Calendar, prices: &Prices) {
        let _ = writeln!(text, "\n### `{}`\n\n{}", self.name, self.amounts(prices));
        let _ = writeln!(text, "\n| from | until | before | after |\n|---|---|---:|---:|");
        let count = |count: Option<i64>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        for stretch in self.stretches.iter().take(MOST_ROWS) {
            let (from, until) = (clocks(calendar, stretch.from), clocks(calendar, stretch.until));
            let _ = writeln!(text, "| {from} | {until} | {} | {} |", count(stretch.before), count(stretch.after));
        }
        if let Some(more) = self.stretches.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
            let _ = writeln!(text, "\nand {more} more times");
        }
    }

    /// What it comes to before and after.
    fn amounts(&self, prices: &Prices) -> String {
        let what = format!(" {}-hours", self.unit);
        match (self.hours.before, self.hours.after) {
            (Some(before), Some(after)) => {
                let told = |digits: usize, what: &str, price: f64| {
                    let (before, after) = (before.at(price).stood, after.at(price).stood);
                    let more = if after < before { "less" } else { "more" };
                    let difference = (after - before).abs();
                    format!("{before:.digits$}{what} before, {after:.digits$} after: {difference:.digits$} {more}")
                };
                let money = prices.of(&self.bare).map_or_else(String::new, |price| format!("; {}", told(2, "", price)));
                told(0, &what, 1.0) + &money
            }
            (Some(before), None) => format!("{:.0}{what} before; after, nothing moves it", before.stood),
            (_, after) => format!("{:.0}{what} after; before, nothing moves it", after.unwrap_or_default().stood),
        }
    }
}

impl Pair<Option<Amounts>> {
    fn to_json(&self, price: f64) -> Value {
        let round = |amount: f64| (amount * 100.0).round() / 100.0;
        let [before, after] = [self.before, self.after].map(|amounts| amounts.map(|amounts| amounts.at(price).stood));
        let more = before.zip(after).map(|(before, after)| round(after - before));
        json!({"before": before.map(round), "after": after.map(round), "more": more})
    }
}

/// The times at which two series stand at two numbers.
fn stretches(before: Option<&Series>, after: Option<&Series>, until: DateTime<Utc>) -> Vec<Stretch> {
    let steps = || before.into_iter().chain(after).flat_map(|series| &series.steps).map(|step| step.at);
    let begins: BTreeSet<DateTime<Utc>> = steps().collect();
    let ends = begins.iter().skip(1).chain([&until]);
    let stretches = begins.iter().zip(ends).map(|(from, until)| {
        let at = |series: Option<&Series>| series.map(|series| series.most(*from, *from));
        Stretch { from: *from, until: *until, before: at(before), after: at(after) }
    });
    stretches.filter(|stretch| stretch.before != stretch.after).collect()
}

/// What one story refuses and another does not.
fn refused_only(story: &Story, other: &Story) -> Vec<Told> {
    let refused = story.events.iter().filter(|told| told.ended == Ended::Refused);
    let is_same = |one: &Told, other: &Told| {
        (one.at, &one.by, &one.target, &one.outcome) == (other.at, &other.by, &other.target, &other.outcome)
    };
    refused.filter(|told| !other.events.iter().any(|other| is_same(told, other))).cloned().collect()
}

fn clocks(calendar: &Calendar, at: DateTime<Utc>) -> String {
    calendar.civil(at).strftime("%a %-d %b %H:%M").to_string()
}
