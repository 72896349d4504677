//! A week that fails, with everything left out that is not needed for that.

use setpoint_sandbox::Seed;

use crate::week::Week;
use crate::world::{Violation, live};

/// How many weeks are lived on the way, at most.
const MOST_TRIES: u32 = 400;

/// The smallest week found that breaks the same promise.
pub(crate) fn shrunk(week: &Week, whole: &Seed, property: &str) -> Week {
    let mut tries = 0;
    let mut week = week.clone();
    let mut fails = |week: &Week| {
        tries += 1;
        let broken = |violation: &Violation| violation.property == property;
        tries <= MOST_TRIES && live(week, whole, false).is_ok_and(|lived| lived.violations.iter().any(broken))
    };
    loop {
        let before = (week.events.len(), week.troubles.len(), week.others.len(), week.rules.rules.len(), copies(&week));
        for place in (0..week.events.len()).rev() {
            keep(&mut week, &mut fails, |week| drop(week.events.remove(place)));
        }
        for place in (0..week.troubles.len()).rev() {
            keep(&mut week, &mut fails, |week| {
                week.troubles.remove(place);
            });
        }
        for place in (0..week.others.len()).rev() {
            keep(&mut week, &mut fails, |week| {
                week.others.remove(place);
            });
        }
        for place in (0..week.rules.rules.len()).rev() {
            keep(&mut week, &mut fails, |week| drop(week.rules.rules.remove(place)));
        }
        for place in 0..week.events.len() {
            keep(&mut week, &mut fails, |week| week.events[place].deliveries.truncate(1));
            keep(&mut week, &mut fails, |week| week.events[place].wishes.truncate(1));
            keep(&mut week, &mut fails, |week| week.events[place].redrive = None);
            keep(&mut week, &mut fails, |week| week.events[place].queue = None);
            keep(&mut week, &mut fails, |week| week.events[place].sender_ahead = 0);
        }
        keep(&mut week, &mut fails, |week| week.setting.aws_ahead = 0);
        keep(&mut week, &mut fails, |week| week.setting.containers_apart = 0);
        let after = (week.events.len(), week.troubles.len(), week.others.len(), week.rules.rules.len(), copies(&week));
        if before == after {
            return week;
        }
    }
}

fn copies(week: &Week) -> usize {
    week.events.iter().map(|event| event.deliveries.len() + event.wishes.len()).sum()
}

/// Makes a change where it still fails after that.
fn keep(week: &mut Week, fails: &mut impl FnMut(&Week) -> bool, change: impl Fn(&mut Week)) {
    let mut smaller = week.clone();
    change(&mut smaller);
    if fails(&smaller) {
        *week = smaller;
    }
}
