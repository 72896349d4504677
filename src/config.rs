//! The operator's document: what may be changed, and what alarms and schedules ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};

use crate::actions::ALL;
use crate::aws::Role;
use crate::error::{Cause, Error};
use crate::event::{Alarm, BareEvent};
use crate::guardrail::{Guardrails, Unlisted};
use crate::outcome::Held;
use crate::payload::{Every, Follow, Payload, Request, RoleName, Select, Settings};
use crate::spelling::arn::{Account, Arn, Region};
use crate::spelling::duration;
use crate::spelling::json::Document;
use crate::spelling::problem::{Problem, Problems, decode_at, listed, nearest, problem, wrong};
use crate::spelling::shape::Shape;
use crate::timetable::{Period, Timetable};

mod bindings;

pub(crate) use bindings::payload_in_description;
use bindings::{Bindings, Bound, States};

/// What the operator decides; one JSON document.
#[derive(Clone, Debug, Default, Deserr)]
#[deserr(error = Problems, rename_all = camelCase, deny_unknown_fields, validate = consistent -> Problems)]
pub struct Config {
    /// What may be changed, and how far.
    #[deserr(default, try_from(Guardrails) = over_all_actions -> Problems)]
    pub guardrails: Guardrails,
    /// The roles that a payload may name, and no others; without any it may name each by its ARN.
    #[deserr(default)]
    roles: Bindings<Role>,
    /// The Regions that a payload means by all of them.
    #[deserr(default)]
    regions: Vec<Region>,
    /// What an alarm's states ask for, by alarm name or a pattern of names.
    #[deserr(default)]
    alarms: Bindings<States>,
    /// What becomes of an alarm that no binding names.
    #[deserr(default)]
    unbound_alarms: UnboundAlarms,
    /// What a schedule without a payload of its own asks for, by the name of its rule or schedule.
    #[deserr(default)]
    schedules: Bindings<Bound>,
    /// What an EventBridge event without a payload asks for, by `SOURCE/DETAIL-TYPE` or a pattern of such.
    #[deserr(default)]
    events: Bindings<Bound>,
    /// What should hold when, by name.
    #[deserr(default)]
    timetables: Bindings<Timetable>,
    /// Whether an alarm's description may hold what its states ask for.
    #[deserr(default)]
    pub actions_in_alarm_description: bool,
    #[deserr(default)]
    max_event_age: MaxEventAge,
    #[deserr(default)]
    ledger_table: Option<TableName>,
    #[deserr(default)]
    change_events: Option<Bus>,
}

/// What becomes of an alarm that no binding names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, rename_all = lowercase)]
pub enum UnboundAlarms {
    /// A name that does not match is a mistake that somebody must see.
    #[default]
    Error,
    /// The topic is shared with alarms that are none of this function's business.
    Ignore,
}

/// The age beyond which an event is refused.
#[derive(Clone, Copy, Debug, Deserr)]
#[deserr(error = Problems, try_from(String) = MaxEventAge::parse -> String)]
struct MaxEventAge(Duration);

impl MaxEventAge {
    fn parse(text: String) -> Result<Self, String> {
        duration::parse(&text).filter(|age| (SHORTEST_AGE..=LONGEST_AGE).contains(age)).map(Self).ok_or_else(|| {
            "must be a duration such as \"30m\", \"1h\" or \"1h 30m\", of 1s to 14d; the units are s, m, h, d"
                .to_owned()
        })
    }
}

const SHORTEST_AGE: Duration = Duration::from_secs(1);
/// As long as SQS keeps a message.
const LONGEST_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The name or ARN of a DynamoDB table.
#[derive(Clone, Debug, Deserr)]
#[deserr(error = Problems, try_from(String) = TableName::parse -> String)]
struct TableName(String);

impl TableName {
    fn parse(text: String) -> Result<Self, String> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b"_.-:/".contains(&b);
        if (3..=1024).contains(&text.len()) && text.bytes().all(word) {
            Ok(Self(text))
        } else {
            Err("must be the name or the ARN of a DynamoDB table".to_owned())
        }
    }
}

/// The name or ARN of an EventBridge event bus.
#[derive(Clone, Debug, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, try_from(String) = Bus::parse -> String)]
pub struct Bus {
    name: String,
    /// Where it is, as far as its ARN says.
    region: Option<Region>,
}

impl Bus {
    fn parse(text: String) -> Result<Self, String> {
        let arn = Arn::parse(&text);
        let name = match arn.as_ref().map(|arn| (arn.service(), arn.region(), arn.account(), arn.resource())) {
            Some(("events", Some(_), Some(_), ("event-bus", name))) => name,
            Some(_) => "",
            None => &text,
        };
        let word = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        let is_one = (1..=256).contains(&name.len()) && name.bytes().all(word);
        match is_one {
            true => Ok(Self { region: arn.as_ref().and_then(Arn::region).cloned(), name: text }),
            false => Err("must be the name or the ARN of an EventBridge event bus, such as \"default\"".to_owned()),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub(crate) fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }
}

/// As long as Lambda itself keeps an event.
impl Default for MaxEventAge {
    fn default() -> Self {
        Self(Duration::from_secs(6 * 60 * 60))
    }
}

/// A rule that can match no action's target guards nothing, and is a mistake.
fn over_all_actions(guardrails: Guardrails) -> Result<Guardrails, Problems> {
    let mut shapes: Vec<Shape> = ALL.iter().map(|action| action.target).collect();
    shapes.dedup();
    let texts: Vec<&str> = ALL.iter().flat_map(|action| action.texts).copied().collect();
    guardrails.over(&shapes, &texts).map_err(|found| found.under("guardrails"))
}

fn consistent(config: Config, location: ValuePointerRef<'_>) -> Result<Config, Problems> {
    if config.actions_in_alarm_description && config.guardrails.unlisted == Unlisted::Allow {
        let message = "lets whoever may edit an alarm scale every target; write \"guardrails\": {\"unlisted\": \"deny\", \
                       \"targets\": […]} with it, or switch it off";
        return Err(wrong(location.push_key("actionsInAlarmDescription"), message));
    }
    let alarms = location.push_key("alarms");
    let message = "is no alarm's ARN; write arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, in whose parts a * may stand";
    let found = config.alarms.of_no_alarm().map(|pattern| problem(alarms.push_key(pattern), message)).collect();
    Problems::check(found)?;
    let events = location.push_key("events");
    let message = "is no event's name; write SOURCE/DETAIL-TYPE, such as aws.sagemaker/SageMaker Endpoint State Change";
    let nameless = config.events.patterns().filter(|pattern| !pattern.contains(['/', '*']));
    Problems::check(nameless.map(|pattern| problem(events.push_key(pattern), message)).collect())?;
    Problems::check(config.wrong_timetables(location))?;
    Ok(config)
}

impl Config {
    /// Reads one JSON document.
    ///
    /// # Errors
    /// `InvalidConfiguration` with every mistake and its path.
    pub fn parse(document: &str) -> Result<Self, Error> {
        let document = Document::parse(document).map_err(|error| invalid(format!("is not JSON: {error}")))?;
        let config = document.once().and_then(|value| decode_at(value, ValuePointerRef::Origin));
        config.map_err(|problems| Cause::InvalidConfiguration(problems).into())
    }

    /// Reads what `SETPOINT_CONFIG` holds: a document, or `file:` and the path of one. Without it there are no
    /// guardrails and no bindings.
    ///
    /// # Errors
    /// `InvalidConfiguration`, for a file that cannot be read too.
    pub fn from_setting(setting: Option<&str>) -> Result<Self, Error> {
        setting.map_or_else(|| Ok(Self::default()), |setting| Self::read(setting, Path::new(LAYERS)))
    }

    /// Reads a document, or the file that `file:PATH` names: as it is, or among the layers.
    fn read(setting: &str, layers: &Path) -> Result<Self, Error> {
        let Some(path) = setting.strip_prefix("file:") else {
            return Self::parse(setting);
        };
        let places: [PathBuf; 2] = [path.into(), layers.join(path)];
        let document = places.iter().find_map(|place| std::fs::read_to_string(place).ok()).ok_or_else(|| {
            invalid(format!("names the file {path}, which cannot be read in the package nor in {}", layers.display()))
        })?;
        Self::parse(&document)
    }

    /// What an alarm asks for in its state, if anything; `None` when no binding names it. `own` is the function's account.
    #[must_use]
    pub fn alarm(&self, alarm: &Alarm, own: Option<&Account>) -> Option<Option<&Payload>> {
        self.alarms.of_alarm(alarm, own).map(|states| states.payload(&alarm.state))
    }

    /// Whether a binding names an alarm of the function's own account.
    #[must_use]
    pub fn binds(&self, name: &str) -> bool {
        let (name, state) = (name.to_owned(), String::new());
        let alarm = Alarm { name, state, description: None, arn: None, account: None };
        self.alarms.of_alarm(&alarm, None).is_some()
    }

    /// The bound alarm whose name is closest to one that is not bound.
    #[must_use]
    pub fn alarm_near(&self, name: &str) -> Option<&str> {
        let patterns: Vec<&str> = self.alarms.patterns().map(String::as_str).collect();
        nearest(name, &patterns)
    }

    /// What becomes of an alarm that no binding names.
    #[must_use]
    pub fn unbound_alarms(&self) -> UnboundAlarms {
        self.unbound_alarms
    }

    /// What the schedule or rule called `name` asks for.
    #[must_use]
    pub fn schedule(&self, name: &str) -> Option<&Payload> {
        self.schedules.get(name).map(|Bound(payload)| payload)
    }

    /// The role that a payload means.
    ///
    /// # Errors
    /// What is wrong with its name, when it is none of those listed.
    pub fn role(&self, name: &RoleName) -> Result<Role, String> {
        let mut roles = self.roles.iter();
        let found = match name {
            RoleName::Arn(arn) if self.roles.is_empty() => return Ok(Role::plain(arn.clone())),
            RoleName::Arn(arn) => roles.find(|(_, role)| role.arn == *arn),
            RoleName::Listed(name) => roles.find(|(listed, _)| *listed == name),
        };
        if let Some((_, role)) = found {
            return Ok(role.clone());
        }
        let names: Vec<&str> = self.roles.iter().map(|(name, _)| name.as_str()).collect();
        let written = if let RoleName::Listed(name) = name { name } else { "" };
        Err(match (names.as_slice(), nearest(written, &names)) {
            ([], _) => "is none of the configuration's `roles`, which lists none; write its ARN, or list it".to_owned(),
            (_, Some(meant)) => format!("is none of the configuration's `roles`; did you mean `{meant}`?"),
            (names, None) => format!("is none of the configuration's `roles`; valid here: {}", listed(names)),
        })
    }

    /// What an EventBridge event without a payload asks for.
    #[must_use]
    pub fn event(&self, event: &BareEvent) -> Option<&Payload> {
        self.event_named(&event.name())
    }

    /// What the EventBridge events of a `SOURCE/DETAIL-TYPE` ask for.
    #[must_use]
    pub fn event_named(&self, name: &str) -> Option<&Payload> {
        self.events.get(name).map(|Bound(payload)| payload)
    }

    /// The timetables that a payload follows, by name.
    ///
    /// # Errors
    /// What is wrong with the name, when there is none of that name.
    pub(crate) fn followed(&self, follow: &Follow) -> Result<Vec<(&str, &Timetable)>, String> {
        let all = || self.timetables.iter().map(|(name, timetable)| (name.as_str(), timetable));
        let found: Vec<_> = match &follow.timetable {
            Some(wanted) => all().filter(|(name, _)| name == wanted).collect(),
            None => all().collect(),
        };
        let names: Vec<&str> = all().map(|(name, _)| name).collect();
        let wanted = follow.timetable.as_deref().unwrap_or_default();
        match (found.is_empty(), names.as_slice(), nearest(wanted, &names)) {
            (false, ..) => Ok(found),
            (true, [], _) => Err("follows a timetable, but the configuration has no `timetables`".to_owned()),
            (true, _, Some(meant)) => {
                Err(format!("is none of the configuration's `timetables`; did you mean `{meant}`?"))
            }
            (true, names, None) => {
                Err(format!("is none of the configuration's `timetables`; valid here: {}, or * for all", listed(names)))
            }
        }
    }

    /// Payloads that follow no timetable there is, and timetables that would undo each other's work.
    fn wrong_timetables(&self, location: ValuePointerRef<'_>) -> Vec<Problem> {
        let alarms = self.alarms.follows().map(|(path, follow)| (format!("alarms.{path}"), follow));
        let schedules = self.schedules.follows().map(|(path, follow)| (format!("schedules.{path}"), follow));
        let events = self.events.follows().map(|(path, follow)| (format!("events.{path}"), follow));
        let wrong = alarms.chain(schedules).chain(events).filter_map(|(path, follow)| {
            self.followed(follow).err().map(|message| Problem { path: format!("{path}.follow"), message })
        });
        let mut found: Vec<Problem> = wrong.collect();
        let timetables = location.push_key("timetables");
        let mut moved: BTreeMap<String, &str> = BTreeMap::new();
        for (name, timetable) in self.timetables.iter() {
            let here = timetables.push_key(name);
            if matches!(name.as_str(), "" | "*") {
                found.push(problem(here, "is no name for a timetable; \"follow\": \"*\" means all of them"));
            }
            let requests = timetable.periods().iter().flat_map(Period::requests);
            let members: BTreeSet<String> = requests.flat_map(Request::members).collect();
            for member in members {
                match moved.get(&member) {
                    Some(other) => {
                        let message = format!(
                            "sets {member}, which `{other}` sets too: each would undo what the other says; \
                                               put both into one, whose last period counts"
                        );
                        found.push(problem(here, message));
                    }
                    None => {
                        moved.insert(member, name);
                    }
                }
            }
        }
        found
    }

    /// What holds at an instant: a period of each timetable that has one.
    #[must_use]
    pub fn held(&self, instant: DateTime<Utc>) -> Vec<Held> {
        let periods = self.timetables.iter().filter_map(|(name, timetable)| Some((name, timetable.at(instant)?)));
        periods.map(|(name, period)| Held { timetable: name.clone(), period: period.name.clone() }).collect()
    }

    /// The timetables, by name.
    pub fn timetables(&self) -> impl Iterator<Item = (&str, &Timetable)> {
        self.timetables.iter().map(|(name, timetable)| (name.as_str(), timetable))
    }

    /// The periods of all timetables.
    pub fn periods(&self) -> impl Iterator<Item = &Period> {
        self.timetables.iter().flat_map(|(_, timetable)| timetable.periods())
    }

    /// All that alarms, schedules, events and timetables may ask for.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.bound().flat_map(Payload::requests).chain(self.periods().flat_map(Period::requests))
    }

    /// What alarms, schedules and events may ask of targets that are yet to be found.
    pub fn selections(&self) -> impl Iterator<Item = &Select> {
        self.bound().filter_map(|payload| match payload {
            Payload::Select(select) => Some(&**select),
            Payload::One(_) | Payload::Many(_) | Payload::Follow(_) => None,
        })
    }

    /// The payloads that alarms, schedules and events are bound to.
    fn bound(&self) -> impl Iterator<Item = &Payload> {
        let others = self.schedules.iter().chain(self.events.iter()).map(|(_, Bound(payload))| payload);
        self.alarms.payloads().chain(others)
    }

    /// Where a selection looks, as the settings of what is asked there: every Region as every role.
    ///
    /// # Errors
    /// That it means all that are listed, where none is.
    pub fn places(&self, select: &Select) -> Result<Vec<Settings>, Problems> {
        let settings = &select.pattern.settings;
        let regions = looked_through(&select.selection.regions, &settings.region, || self.regions.clone());
        let listed = || self.roles().map(|(name, _)| RoleName::Listed(name.to_owned())).collect();
        let roles = looked_through(&select.selection.roles, &settings.role, listed);
        let none = [("regions", regions.is_empty()), ("roles", roles.is_empty())];
        let none = none.into_iter().filter(|(_, is_none)| *is_none).map(|(member, _)| Problem {
            path: format!("select.{member}"),
            message: format!("means all of the configuration's `{member}`, which lists none"),
        });
        Problems::check(none.collect())?;
        let places = roles.iter().flat_map(|role| regions.iter().map(move |region| (region, role)));
        Ok(places
            .map(|(region, role)| Settings { region: region.clone(), role: role.clone(), ..settings.clone() })
            .collect())
    }

    /// The roles that it lists, by name.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &Role)> {
        self.roles.iter().map(|(name, role)| (name.as_str(), role))
    }

    /// The table that keeps which event last changed each target, where there is one.
    #[must_use]
    pub fn ledger_table(&self) -> Option<&str> {
        self.ledger_table.as_ref().map(|TableName(name)| name.as_str())
    }

    /// The bus on which others are told of changes, where they are.
    #[must_use]
    pub fn change_events(&self) -> Option<&Bus> {
        self.change_events.as_ref()
    }

    /// The age beyond which an event is refused.
    #[must_use]
    pub fn max_event_age(&self) -> Duration {
        self.max_event_age.0
    }
}

/// Those that a selection says; all that are listed; or the one that stands beside it, if any.
fn looked_through<T: Clone>(
    every: &Option<Every<T>>,
    beside: &Option<T>,
    listed: impl FnOnce() -> Vec<T>,
) -> Vec<Option<T>> {
    match every {
        None => vec![beside.clone()],
        Some(Every::These(these)) => these.iter().cloned().map(Some).collect(),
        Some(Every::Listed) => listed().into_iter().map(Some).collect(),
    }
}

/// Where Lambda unpacks layers.
const LAYERS: &str = "/opt";

fn invalid(message: String) -> Error {
    Cause::InvalidConfiguration(Problems::one("SETPOINT_CONFIG", message)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(document: &str) -> String {
        let error = Config::parse(document).unwrap_err();
        assert_eq!(error.error_type(), "InvalidConfiguration");
        error.to_string()
    }

    #[test]
    fn nothing_configured_means_no_bounds_and_six_hours() {
        let config = Config::parse("{}").unwrap();
        assert_eq!(config.max_event_age(), Duration::from_secs(21_600));
        assert_eq!(config.guardrails.unlisted, Unlisted::Allow);
        assert_eq!(config.unbound_alarms(), UnboundAlarms::Error);
    }

    #[test]
    fn a_mistake_anywhere_is_named_with_its_path() {
        assert_eq!(refusal("{\"guardrail\": {}}"), "guardrail: there is no such member; did you mean `guardrails`?");
        assert_eq!(
            refusal("{\"maxEventAge\": \"soon\"}"),
            "maxEventAge: must be a duration such as \"30m\", \"1h\" or \"1h 30m\", of 1s to 14d; the units are s, m, h, d"
        );
        assert_eq!(
            refusal(
                r#"{"alarms": {"a": {"ALARM": {"action": "lambda:PutProvisionedConcurrencyConfig", "input": {"FunctionName": "f"}}}}}"#
            ),
            "alarms.a.ALARM.input.Qualifier: is required, but missing; \
             alarms.a.ALARM.input.ProvisionedConcurrentExecutions: is required, but missing"
        );
        assert_eq!(
            refusal(r#"{"alarms": {"a": {"Alarm": {}}}}"#),
            "alarms.a.Alarm: there is no such member; did you mean `ALARM`?"
        );
        assert!(refusal("{").starts_with("SETPOINT_CONFIG: is not JSON: EOF"));
    }

    #[test]
    fn a_ledger_is_the_name_or_the_arn_of_a_table() {
        let table = |name: &str| Config::parse(&serde_json::json!({"ledgerTable": name}).to_string());
        for name in ["led", "setpoint_ledger-1.a", "arn:aws:dynamodb:us-east-1:123456789012:table/setpoint"] {
            assert_eq!(table(name).unwrap().ledger_table(), Some(name));
        }
        for name in ["", "ab", "a table", &"a".repeat(1025)] {
            let sentence = "ledgerTable: must be the name or the ARN of a DynamoDB table";
            assert_eq!(table(name).map(drop).unwrap_err().to_string(), sentence, "{name}");
        }
    }

    #[test]
    fn a_setting_is_read_and_without_one_nothing_is_configured() {
        assert_eq!(Config::from_setting(None).unwrap().max_event_age(), Duration::from_secs(21_600));
        assert_eq!(Config::from_setting(Some(r#"{"maxEventAge": "1h"}"#)).unwrap().max_event_age().as_secs(), 3600);
        assert_eq!(Config::from_setting(Some("{")).map(drop).unwrap_err().error_type(), "InvalidConfiguration");
    }

    #[test]
    fn a_key_that_comes_twice_is_a_mistake_and_does_not_open_everything() {
        let comes_twice = "comes twice; write it once, since only one of the two could count";
        let paused = r#"{"guardrails": {"paused": true}, "guardrails": {}}"#;
        assert_eq!(refusal(paused), format!("guardrails: {comes_twice}"));
        let max = r#"{"guardrails": {"targets": [{"target": "lambda:function:f:*", "max": 2, "max": 200}]}}"#;
        assert_eq!(refusal(max), format!("guardrails.targets[0].max: {comes_twice}"));
    }

    #[test]
    fn an_age_is_written_in_seconds_minutes_hours_and_days_and_ends_at_fourteen_days() {
        let age = |text: &str| Config::parse(&serde_json::json!({"maxEventAge": text}).to_string());
        for (text, seconds) in [
            ("1s", 1),
            ("90s", 90),
            ("30m", 1800),
            ("1h 30m", 5400),
            ("1h30m", 5400),
            ("1d", 86_400),
            ("14d", 1_209_600),
        ] {
            assert_eq!(age(text).unwrap().max_event_age(), Duration::from_secs(seconds), "{text}");
        }
        let wrong = [
            "",
            " ",
            "1",
            "s",
            "0s",
            "1M",
            "1 month",
            "1y",
            "1w",
            "1ms",
            "-1h",
            "1.5h",
            "1h-30m",
            "30m 1h",
            "1h 1h",
            "14d 1s",
            "15d",
            "270000years",
            "99999999999999999999d",
            "18446744073709551615s",
            "1h\u{a0}30m",
            "１h",
        ];
        for text in wrong {
            assert_eq!(age(text).map(|config| config.max_event_age()).ok(), None, "{text}");
        }
    }

    #[test]
    fn a_rule_that_can_match_no_target_stops_the_start_and_says_what_was_meant() {
        let says = |rule: serde_json::Value| {
            let document = serde_json::json!({"guardrails": {"targets": [rule]}}).to_string();
            refusal(&document).strip_prefix("guardrails.targets[0].").unwrap().to_owned()
        };
        let arn = "is an ARN, and rules go by names, with region and account beside";
        let table = [
            ("sagemaker:endpoints/recsys/*", "matches no target; did you mean `sagemaker:endpoint/recsys/variant/*`?"),
            (
                "sagemaker:endpoint/recsys/variant/* ",
                "matches no target; did you mean `sagemaker:endpoint/recsys/variant/*`?",
            ),
            ("Sagemaker:Endpoint/recsys", "matches no target; did you mean `sagemaker:endpoint/recsys`?"),
            ("sagemaker:endpoint/recsys/", "matches no target; did you mean `sagemaker:endpoint/recsys`?"),
            (
                "sagemaker:endpoint/recsys/AllTraffic",
                "matches no target; did you mean `sagemaker:endpoint/recsys/variant/AllTraffic`?",
            ),
            ("sagemaker:", "matches no target; did you mean `sagemaker:endpoint/*`?"),
            (
                "sagemaker:inference-components/llm",
                "matches no target; did you mean `sagemaker:inference-component/llm`?",
            ),
            ("endpoint/recsys", "matches no target; did you mean `sagemaker:endpoint/recsys`?"),
            ("lambda:checkout:live", "matches no target; did you mean `lambda:function:checkout:live`?"),
            ("lambda:function:checkout:", "matches no target; did you mean `lambda:function:checkout`?"),
            ("lambda:function/checkout:*", "matches no target; did you mean `lambda:function:checkout:*`?"),
            ("bedrock:support-bot", "matches no target; did you mean `bedrock:provisioned-model/support-bot`?"),
            (
                "bedrock:provisioned-model/abcdef123456",
                "ends with what looks like an id, and rules go by names: write the name that AWS shows for it, or, where \
                 this is the name, `bedrock:provisioned-model/abcdef12345?`",
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
                &format!("{arn}; write the name that AWS shows for abcdef123456"),
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:checkout",
                &format!("{arn}; did you mean `lambda:function:checkout`?"),
            ),
            (
                "ec2:instance/i",
                "matches no target; targets are `lambda:function:NAME:QUALIFIER`, \
                 `sagemaker:endpoint/NAME/variant/NAME`, `sagemaker:inference-component/NAME`, \
                  `bedrock:provisioned-model/NAME`, `application-autoscaling:DIMENSION/RESOURCE-ID`, \
                  `bedrock:custom-model-deployment/NAME`, `lambda:function-scaling-config:NAME:QUALIFIER`; in a pattern `*` stands for \
                 any run of characters and `?` for one",
            ),
        ];
        for (target, expected) in table {
            assert_eq!(says(serde_json::json!({"target": target})), format!("target: {expected}"), "{target}");
        }
        assert_eq!(
            says(serde_json::json!({"target": "*", "allow": {"desiredModelID": ["*"]}})),
            "allow.desiredModelID: there is no such member; did you mean `desiredModelId`?"
        );
        let place = |key: &str, written: &str| says(serde_json::json!({"target": "*", key: written}));
        assert_eq!(place("region", "EU-CENTRAL-1"), "region: matches no Region; did you mean `eu-central-1`?");
        assert_eq!(place("region", "us-east"), "region: matches no Region; did you mean `us-east-*`?");
        assert_eq!(
            place("region", "Frankfurt"),
            "region: matches no Region; write a code such as `eu-central-1`, or a pattern such as `eu-*`"
        );
        assert_eq!(place("account", "1111-2222-3333"), "account: matches no account; did you mean `111122223333`?");
        assert_eq!(place("account", "12345"), "account: matches no account; an account is twelve digits");
    }

    #[test]
    fn a_rule_that_can_match_some_target_is_taken() {
        let targets = [
            "*",
            "*checkout*",
            "sagemaker:*",
            "sagemaker:endpoint/recsys",
            "sagemaker:endpoint/prod-?",
            "lambda:function:*",
            "lambda:function:checkout",
            "lambda:*:live",
            "??????:function:checkout:*",
            "bedrock:provisioned-model/summarybots",
            "bedrock:provisioned-model/abcdef12345?",
            "*:recsys",
        ];
        let regions = ["*", "eu-*", "us-gov-*", "us-iso*", "??-central-1", "eusc-de-east-1", "*-1"];
        let accounts = ["*", "2109*", "123456789012", "??????789012"];
        let rules = targets.map(|target| serde_json::json!({"target": target})).into_iter();
        let rules = rules.chain(regions.map(|region| serde_json::json!({"target": "*", "region": region})));
        let rules = rules.chain(accounts.map(|account| serde_json::json!({"target": "*", "account": account})));
        for rule in rules {
            let document = serde_json::json!({"guardrails": {"targets": [rule]}}).to_string();
            assert_eq!(Config::parse(&document).map(drop), Ok(()), "{document}");
        }
    }

    #[test]
    fn alarm_descriptions_without_a_list_of_targets_are_refused() {
        assert!(
            refusal(r#"{"actionsInAlarmDescription": true}"#).starts_with("actionsInAlarmDescription: lets whoever")
        );
        let listed = r#"{"actionsInAlarmDescription": true, "guardrails": {"unlisted": "deny"}}"#;
        assert!(Config::parse(listed).unwrap().actions_in_alarm_description);
    }

    #[test]
    fn an_arn_that_no_alarm_can_have_is_a_mistake() {
        let sentence =
            "is no alarm's ARN; write arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, in whose parts a * may stand";
        let arns = [
            "arn:aws:sns:us-east-1:210987654321:alarms",
            "arn:aws:cloudwatch:us-east-1:210987654321:alarm",
            "arn:aws:cloudwatch:us-east-1:210987654321:alarm:",
        ];
        for arn in arns {
            let document = format!(r#"{{"alarms": {{"{arn}": {{}}}}}}"#);
            assert_eq!(refusal(&document), format!("alarms.{arn}: {sentence}"));
        }
    }

    #[test]
    fn an_event_is_bound_by_source_and_detail_type() {
        let sentence =
            "is no event's name; write SOURCE/DETAIL-TYPE, such as aws.sagemaker/SageMaker Endpoint State Change";
        let document = |name: &str| {
            format!(
                r#"{{"events": {{"{name}": {{"action": "lambda:DeleteProvisionedConcurrencyConfig",
                "input": {{"FunctionName": "f", "Qualifier": "live"}}}}}}}}"#
            )
        };
        assert_eq!(refusal(&document("aws.sagemaker")), format!("events.aws.sagemaker: {sentence}"));
        assert!(Config::parse(&document("aws.sagemaker*")).is_ok());
    }

    #[test]
    fn a_bound_payload_with_a_time_or_an_id_of_its_own_is_refused() {
        let document = r#"{"schedules": {"n": {"action": "lambda:DeleteProvisionedConcurrencyConfig",
            "input": {"FunctionName": "f", "Qualifier": "live"}, "issuedAt": "2026-01-01T00:00:00Z"}}}"#;
        assert_eq!(refusal(document), "schedules.n: has an issuedAt; leave it out: the event brings its own time");
        let sentence = "has an id; leave it out: the event brings its own, and with this every event would be the same";
        let document = document.replace(r#""issuedAt": "2026-01-01T00:00:00Z""#, r#""id": "nightly""#);
        assert_eq!(refusal(&document), format!("schedules.n: {sentence}"));
    }

    #[test]
    fn a_file_is_read_from_the_package_or_else_from_the_layers() {
        let layers = std::env::temp_dir().join(format!("setpoint-config-{}", std::process::id()));
        std::fs::create_dir_all(&layers).unwrap();
        std::fs::write(layers.join("setpoint.json"), r#"{"maxEventAge": "1h"}"#).unwrap();
        let config = Config::read("file:setpoint.json", &layers).unwrap();
        assert_eq!(config.max_event_age(), Duration::from_secs(3600));
        let missing = Config::read("file:missing.json", Path::new("/opt")).unwrap_err().to_string();
        let sentence = "names the file missing.json, which cannot be read in the package nor in /opt";
        assert_eq!(missing, format!("SETPOINT_CONFIG: {sentence}"));
        std::fs::remove_dir_all(layers).unwrap();
    }
}
