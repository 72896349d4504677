//! What a delivery asks for, dated and checked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Run;
use crate::action::Subject;
use crate::aws::Role;
use crate::change_event::Sender;
use crate::config::{self, UnboundAlarms};
use crate::error::{Cause, Error, Noticed};
use crate::event::{Alarm, BareEvent, Content, Delivery, Issued, plain};
use crate::outcome::Held;
use crate::payload::{Follow, Id, Mode, Payload, Request, Select, Settings};
use crate::plan::{Place, Target};
use crate::road::Purpose;
use crate::road::late::{self, Expiry};
use crate::road::ledger::EventId;
use crate::spelling::problem::{Problem, Problems, listed, shortened};

/// What a delivery asks for, checked.
pub(super) enum Asked {
    Nothing(String),
    One(Box<Job>),
    Many(Vec<Job>),
    /// What is asked of the targets that are yet to be found.
    Fleet(Box<Fleet>),
}

/// A request with the time of its event.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    /// The event's own time, where it has one.
    pub(super) issued_at: Option<DateTime<Utc>>,
    /// By what the ledger tells it from others.
    pub(super) event: EventId,
    /// What its age is counted from, own or not.
    pub(super) expiry: Expiry,
    /// Which of the messages of a batch it came in, by position.
    pub(super) payload: usize,
    /// The role to assume for it.
    pub(super) role: Option<Role>,
    /// What its event came from, such as `alarm=checkout-high`.
    pub(super) source: String,
    /// The same, as it is said to who is told of a change.
    pub(super) sender: Arc<Sender>,
    /// The period of a timetable that says it, where one does.
    pub(super) period: Option<Held>,
}

/// A request as it stands in a payload, or in the period of a timetable that a payload follows, or as it is for a target that
/// was found.
pub(super) struct Wanted {
    pub(super) request: Request,
    /// The way to it, in messages.
    pub(super) path: String,
    pub(super) period: Option<Held>,
}

/// What is asked of the targets that are yet to be found.
pub(super) struct Fleet {
    pub(super) select: Select,
    /// Where they are looked for, each place with a request under a name that stands for any.
    pub(super) places: Vec<Job>,
    pub(super) occasion: Occasion,
}

/// What all requests of a payload have of the delivery that brought it.
pub(super) struct Occasion {
    /// By what the delivery is known.
    id: String,
    times: Times,
    source: String,
    sender: Arc<Sender>,
}

impl Run<'_> {
    /// Finds the payload of a delivery and checks it.
    pub(super) fn asked(&self, delivery: Delivery, position: usize) -> Result<Asked, Error> {
        let occasion = Occasion {
            // Lambda's request id stays the same when it delivers again.
            id: delivery.origin.id.clone().unwrap_or_else(|| match position {
                0 => self.invocation.request_id.clone(),
                position => format!("{}/{position}", self.invocation.request_id),
            }),
            times: (delivery.issued, delivery.failed),
            source: source(&delivery),
            sender: Arc::new(Sender { via: delivery.via.clone(), origin: delivery.origin.clone() }),
        };
        let payload = match delivery.content {
            Content::Ignored(why) => return Ok(Asked::Nothing(why)),
            Content::Payload(value) => Payload::parse(value).map_err(Cause::InvalidAction)?,
            Content::Schedule(name) => self.handler.config.schedule(&name).cloned().ok_or_else(|| unbound(&name))?,
            Content::Event(event) => self.handler.config.event(&event).cloned().ok_or_else(|| unbound_event(&event))?,
            Content::Alarm(alarm) => match self.bound_to(&alarm)? {
                Some(Some(payload)) => payload,
                Some(None) => return Ok(Asked::Nothing(unbound_state(&alarm))),
                None if self.handler.config.unbound_alarms() == UnboundAlarms::Ignore => {
                    return Ok(Asked::Nothing(format!("no binding names alarm {}", shortened(&alarm.name))));
                }
                None => return Err(self.unbound_alarm(&alarm)),
            },
        };
        let wanted = match &payload {
            Payload::Follow(follow) => match self.held(follow, occasion.times)? {
                Ok(wanted) => wanted,
                Err(why) => return Ok(Asked::Nothing(why)),
            },
            Payload::Select(select) => return self.fleet((**select).clone(), occasion).map(Box::new).map(Asked::Fleet),
            Payload::One(_) | Payload::Many(_) => written(&payload),
        };
        let is_alone = matches!(payload, Payload::One(_));
        let mut jobs = self.jobs(wanted, &occasion, |index, _| match is_alone {
            true => String::new(),
            false => format!("#{index}"),
        })?;
        match jobs.pop() {
            Some(job) if is_alone => Ok(Asked::One(Box::new(job))),
            last => Ok(Asked::Many(jobs.into_iter().chain(last).collect())),
        }
    }

    /// The requests of a payload, dated and checked; `part` tells one from another in what the ledger knows them by.
    pub(super) fn jobs(
        &self,
        wanted: Vec<Wanted>,
        occasion: &Occasion,
        part: impl Fn(usize, &Job) -> String,
    ) -> Result<Vec<Job>, Error> {
        let Occasion { id, times, source, sender } = occasion;
        let mut jobs: Vec<Job> = Vec::with_capacity(wanted.len());
        let mut found = Vec::new();
        let mut before = BTreeSet::new();
        let mut names = self.handler.ledger.is_none().then(Names::default);
        for (index, Wanted { request, path, period }) in wanted.into_iter().enumerate() {
            let role = request.settings.role.as_ref().map(|name| self.handler.config.role(name)).transpose();
            let role = role.unwrap_or_else(|message| {
                found.push(Problem { path: format!("{path}role"), message });
                None
            });
            let own_id = request.settings.id.clone();
            let mut job = self.job(request, *times, role, source)?;
            job.period = period;
            job.sender = Arc::clone(sender);
            let of_event = own_id.map_or_else(|| id.clone(), |own| with_time(&own, job.issued_at));
            job.event.id = of_event + &part(index, &job);
            let is_first = before.insert((job.request.action.subject().lane(), self.place(&job)));
            let problem = job
                .misplaced()
                .or_else(|| job.problem(self.now, self.handler.ledger.is_some()))
                .or_else(|| job.problem_after().filter(|_| !is_first))
                .or_else(|| names.as_mut()?.problem(&job, self.place(&job)));
            found.extend(problem.map(|problem| Problem { path: path + &problem.path, ..problem }));
            jobs.push(job);
        }
        Problems::check(found).map_err(Cause::InvalidAction)?;
        Ok(jobs)
    }

    /// What the timetables say that a payload follows; or why they say nothing.
    ///
    /// An event that comes late does what holds when it comes: what held at its own time may be over by then, and would stand
    /// until the next event.
    fn held(&self, follow: &Follow, times: Times) -> Result<Result<Vec<Wanted>, String>, Error> {
        let timetables = self.handler.config.followed(follow);
        let timetables = timetables.map_err(|message| Cause::InvalidAction(Problems::one("follow", message)))?;
        let instant = dated(&follow.settings, times, self.now).1.max(self.now);
        let mut wanted = Vec::new();
        for (name, timetable) in &timetables {
            let Some(period) = timetable.at(instant) else { continue };
            let held = Held { timetable: (*name).to_owned(), period: period.name.clone() };
            for (index, request) in period.requests().iter().enumerate() {
                let Settings { issued_at, ref id, mode, .. } = follow.settings;
                let mode = if mode == Mode::Plan { mode } else { request.settings.mode };
                let settings = Settings { issued_at, id: id.clone(), mode, ..request.settings.clone() };
                let request = Request { settings, ..request.clone() };
                let path = format!("timetable {name}, period {}, action {index}: ", period.name);
                wanted.push(Wanted { request, path, period: Some(held.clone()) });
            }
        }
        let names: Vec<&str> = timetables.iter().map(|(name, _)| *name).collect();
        let instant = instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        Ok(match wanted.is_empty() {
            true => Err(format!("no period of {} holds at {instant}", listed(&names))),
            false => Ok(wanted),
        })
    }

    /// What the operator bound to an alarm, and to its state; or, where the operator allows it, what its description says.
    /// Nobody of another account may scale by an alarm's description.
    fn bound_to(&self, alarm: &Alarm) -> Result<Option<Option<Payload>>, Error> {
        let config = &self.handler.config;
        let own = self.invocation.account.as_ref();
        let bound = config.alarm(alarm, own);
        if let Some(Some(payload)) = bound {
            return Ok(Some(Some(payload.clone())));
        }
        match &alarm.description {
            Some(description) if config.actions_in_alarm_description && alarm.is_of(own) => {
                let payload = config::payload_in_description(description, &alarm.state);
                payload.and_then(|payload| self.at_home(payload, &alarm.state)).map(Some).map_err(|found| {
                    let path = format!("the description of alarm {}", alarm.name);
                    Cause::InvalidAction(found.under(&path)).into()
                })
            }
            _ => Ok(bound.map(|payload| payload.cloned())),
        }
    }

    /// Whoever may edit an alarm says what, and not where or as whom, nor of whatever there is.
    fn at_home(&self, payload: Option<Payload>, state: &str) -> Result<Option<Payload>, Problems> {
        if let Some(Payload::Select(_)) = payload {
            let path = format!("{state}.select");
            return Err(Problems::one(path, "cannot stand in an alarm's description; bind it in the configuration"));
        }
        let home = self.home();
        let mut found = Vec::new();
        for (index, request) in payload.iter().flat_map(Payload::requests).enumerate() {
            let subject = request.action.subject();
            let Settings { region, role, .. } = &request.settings;
            let elsewhere = subject.region.is_some_and(|region| region != home.region)
                || subject.account.is_some_and(|account| home.account != Some(account));
            let wrong = [(".region", region.is_some()), (".role", role.is_some()), ("", elsewhere)];
            let of = match payload {
                Some(Payload::Many(_)) => format!("{state}.actions[{index}]"),
                _ => state.to_owned(),
            };
            found.extend(wrong.into_iter().filter(|(_, is_wrong)| *is_wrong).map(|(member, _)| {
                Problem {
                    path: format!("{of}{member}"),
                    message:
                        "names a role, or another place than the function's own, which a payload out of an alarm's \
                          description may not"
                            .to_owned(),
                }
            }));
        }
        Problems::check(found)?;
        Ok(payload)
    }

    fn unbound_alarm(&self, alarm: &Alarm) -> Error {
        let name = shortened(&alarm.name);
        let whose = match (&alarm.account, &alarm.arn) {
            (Some(account), Some(arn)) if !alarm.is_of(self.invocation.account.as_ref()) => {
                format!("; it belongs to account {account}, so that it is bound by its ARN: {}", shortened(arn))
            }
            (Some(account), None) if !alarm.is_of(self.invocation.account.as_ref()) => {
                format!("; it belongs to account {account}, so that it is bound by its ARN")
            }
            _ => self
                .handler
                .config
                .alarm_near(&alarm.name)
                .map_or_else(String::new, |near| format!("; did you mean {near}?")),
        };
        Error::invalid_event(format!(
            "alarm {name} is {}, and no binding in the configuration names it{whose}. Bind it under alarms, or set \
             \"unboundAlarms\": \"ignore\" where the topic is shared with others",
            shortened(&alarm.state)
        ))
    }

    /// Dates a request, and refuses it when its event is too old, or from the future. An event that has no time is dated
    /// now, once: it must not stay as new as it is, however long it waits.
    ///
    /// Whatever it says of itself, an event is from before it failed.
    fn job(&self, mut request: Request, times: Times, role: Option<Role>, source: &str) -> Result<Job, Error> {
        let (own, latest) = dated(&request.settings, times, self.now);
        if let Some(ahead) = late::too_far_ahead(latest, self.now) {
            return Err(from_the_future(latest, ahead));
        }
        let (_, failed) = times;
        let before_it_failed = |time: DateTime<Utc>| failed.map_or(time, |failed| failed.min(time));
        let (own, latest) = (own.map(before_it_failed), before_it_failed(latest));
        let expiry = Expiry { from: latest, max_event_age: self.handler.config.max_event_age() };
        expiry.check(self.now, Noticed::AtTheDoor)?;
        request.settings.mode = self.handler.mode.unwrap_or(request.settings.mode);
        let event = EventId { id: String::new(), at: latest, is_dated: own.is_some(), in_passing: false };
        Ok(Job {
            request,
            purpose: Purpose::Done,
            issued_at: own,
            event,
            expiry,
            payload: 0,
            role,
            source: source.to_owned(),
            sender: Arc::default(),
            period: None,
        })
    }
}

/// When a delivery was issued, as far as it says, and when it failed before, if it did.
type Times = (Issued, Option<DateTime<Utc>>);

/// An event's own time, where it has one, and the latest that it can be from.
fn dated(settings: &Settings, (issued, _): Times, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, DateTime<Utc>) {
    match (settings.issued_at, issued) {
        (Some(time), _) | (None, Issued::At(time)) => (Some(time), time),
        (None, Issued::Before(time)) => (None, time),
        (None, Issued::Unknown) => (None, now),
    }
}

/// What a payload itself says.
fn written(payload: &Payload) -> Vec<Wanted> {
    let requests = payload.requests().iter().enumerate();
    requests
        .map(|(index, request)| Wanted { request: request.clone(), path: payload.way(index), period: None })
        .collect()
}

impl Job {
    /// The same, which is judged, and writes nothing.
    pub(super) fn judged(mut self) -> Self {
        self.purpose = Purpose::Judged;
        self.request.settings.mode = Mode::Plan;
        self
    }

    /// Where no ledger tells events apart, a relative target needs the event's own time, and one that its own effect will be
    /// newer than.
    fn problem(&self, now: DateTime<Utc>, has_ledger: bool) -> Option<Problem> {
        let member = self.request.action.relative_member()?;
        match self.issued_at {
            _ if has_ledger => None,
            None => Some(Problem {
                path: member,
                message:
                    "is relative (add, percent) and needs the event's own time, so that a second delivery does not \
                          apply it twice, but this event has none; in a schedule's input write \"issuedAt\": \
                          \"<aws.scheduler.scheduled-time>\" beside \"action\""
                        .to_owned(),
            }),
            Some(time) if late::is_in_the_future(time, now) => Some(Problem {
                path: "issuedAt".to_owned(),
                message: "lies in the future, where a relative target (add, percent) could be applied again and again \
                          until then"
                    .to_owned(),
            }),
            Some(_) => None,
        }
    }

    /// A role acts for its own account.
    fn misplaced(&self) -> Option<Problem> {
        let role = &self.role.as_ref()?.arn;
        let account = self.request.action.subject().account?;
        (*role.account() != account).then(|| Problem {
            path: "role".to_owned(),
            message: format!(
                "is a role of account {}, but the ARN in the input is of account {account}; name a role of that account",
                role.account()
            ),
        })
    }

    /// After another action on its target, a relative one would take that one's write for a modification since the event.
    fn problem_after(&self) -> Option<Problem> {
        Some(Problem {
            path: self.request.action.relative_member()?,
            message: "is relative (add, percent) and comes after another action on the same target, whose write would \
                      make this one look applied already; put it first, or both into one action"
                .to_owned(),
        })
    }
}

/// The names that a payload frees by a delete, and those that it gives away, with what else helps than a ledger.
#[derive(Default)]
struct Names {
    freed: Vec<(Place, Target)>,
    given: Vec<((Place, Target), &'static str)>,
}

impl Names {
    /// Where no ledger tells what was done, a delete that comes again means what bears the name by then. What was created since is
    /// newer than an event with a time of its own; what was renamed is not.
    fn problem(&mut self, job: &Job, place: Place) -> Option<Problem> {
        let action = &job.request.action;
        let Subject { target, new_name, .. } = action.subject();
        let given = match new_name {
            Some(new_name) => Some((new_name, "")),
            None if action.makes() && job.issued_at.is_none() => {
                Some((target, "give the event its own time (issuedAt), "))
            }
            None => None,
        };
        let freed = action.frees().map(|name| (place.clone(), name));
        let given = given.map(|(name, remedy)| ((place, name), remedy));
        let taken = freed.as_ref().and_then(|freed| self.given.iter().rfind(|(name, _)| name == freed));
        let of_freed = taken.map(|((_, name), remedy)| (name.clone(), *remedy));
        let of_given = given.as_ref().filter(|(name, _)| self.freed.contains(name));
        let of_given = of_given.map(|((_, name), remedy)| (name.clone(), *remedy));
        self.freed.extend(freed);
        self.given.extend(given);
        let (name, remedy) = of_freed.or(of_given)?;
        Some(Problem {
            path: format!("input.{}", action.about().named_by),
            message: format!(
                "stands beside another action that frees or takes the name of {name}: delivered again, the delete would end what \
                 bears it by then; {remedy}delete by the ARN, or configure a ledgerTable"
            ),
        })
    }
}

/// What a payload says that its event is known by. Where it says the time too, both count: a constant text is a mistake that
/// is easily made, and would make every event after the first a repeat of it.
fn with_time(id: &Id, issued_at: Option<DateTime<Utc>>) -> String {
    match issued_at {
        Some(time) => format!("{}@{}", id.as_str(), time.timestamp_millis()),
        None => id.as_str().to_owned(),
    }
}

/// What an event came from, as far as it says.
fn source(delivery: &Delivery) -> String {
    match &delivery.content {
        Content::Alarm(alarm) => format!("alarm={}", alarm.name),
        Content::Schedule(name) => format!("schedule={name}"),
        Content::Event(event) => format!("event={}", event.name()),
        Content::Payload(_) | Content::Ignored(_) => match &delivery.origin.id {
            Some(id) => format!("{}={id}", delivery.via.join(".")),
            None => delivery.via.join("."),
        },
    }
}

fn from_the_future(time: DateTime<Utc>, ahead: Duration) -> Error {
    Error::invalid_event(format!(
        "the event says that it is from {}, {} s ahead of this function's clock, where {} s are allowed; nothing was read or \
         written. Correct the sender's clock, or the issuedAt it writes",
        time.to_rfc3339_opts(SecondsFormat::Secs, true),
        ahead.as_secs(),
        late::FURTHEST_AHEAD.num_seconds()
    ))
}

fn unbound(name: &str) -> Error {
    Error::invalid_event(format!(
        "the schedule or rule {name} fired without a payload, and nothing is bound to it; give it a constant input such as \
         {{\"action\": …, \"input\": {{…}}}}, or bind one in the configuration under schedules.{name}"
    ))
}

fn unbound_event(BareEvent { source, detail_type, detail }: &BareEvent) -> Error {
    let [source, detail_type] = [source, detail_type].map(|name| plain(name).unwrap_or("…"));
    Error::invalid_event(format!(
        "the EventBridge event `{detail_type}` of `{source}` carries no payload: its `detail` is {detail}. Send {{\"action\": \
         …, \"input\": {{…}}}} there, or bind one in the configuration under events.{source}/{detail_type}"
    ))
}

fn unbound_state(alarm: &Alarm) -> String {
    let (name, state) = (shortened(&alarm.name), shortened(&alarm.state));
    format!("alarm {name} changed to {state}, and no action is bound to that")
}
