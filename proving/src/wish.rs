//! What an event asks for: its payload, and by an arithmetic of its own what that comes to.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::chance::Chance;
use crate::lane::{Content, Lane, MODEL_ID, MODELS, Member, NAMES, Spot, State, model_arn};

/// One action of a payload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wish {
    pub(crate) lane: Lane,
    pub(crate) asks: Vec<(Spot, Ask)>,
    pub(crate) on_busy: OnBusy,
    /// Whether the answer is to wait until it is done.
    pub(crate) settled: bool,
    /// Only what would be done is asked for.
    pub(crate) plan: bool,
}

/// What to do with a busy target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnBusy {
    Wait,
    Skip,
    Fail,
}

/// What is asked of one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ask {
    Exactly(i64),
    AtLeast(i64),
    AtMost(i64),
    Add {
        step: i64,
        min: Option<i64>,
        max: Option<i64>,
    },
    Percent {
        percent: i64,
        min: Option<i64>,
        max: Option<i64>,
    },
    Weight(f32),
    Share(f64),
    Text(String),
    /// By the operation that takes the configuration away.
    Delete,
}

impl Ask {
    pub(crate) fn is_relative(&self) -> bool {
        matches!(self, Self::Add { .. } | Self::Percent { .. })
    }

    /// True for what says what a field is to be, whatever it was.
    pub(crate) fn is_absolute(&self) -> bool {
        self.is_exact() || matches!(self, Self::Share(_))
    }

    /// The same where the value does not depend on anything else.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Exactly(_) | Self::Weight(_) | Self::Text(_) | Self::Delete)
    }

    /// True for what makes a number larger.
    pub(crate) fn goes_up(&self) -> bool {
        matches!(self, Self::Add { step: 1.., .. } | Self::Percent { percent: 1.., .. })
    }

    fn any_count(chance: &mut Chance, spot: Spot, dated: bool) -> Self {
        let least = if spot.member == Member::Copies { 0 } else { 1 };
        let most = if spot.member == Member::MaxConcurrency { 40 } else { 12 };
        let bound =
            |chance: &mut Chance, range: (i64, i64)| (!chance.one_in(3)).then(|| chance.between(range.0, range.1));
        match chance.place(if dated { 9 } else { 5 }) {
            // Often what stands there: that nothing had to be written must not be forgotten.
            0 => Self::Exactly(chance.between(2, 5)),
            1 | 2 => Self::Exactly(chance.between(least, most)),
            3 => Self::AtLeast(chance.between(least, most)),
            4 => Self::AtMost(chance.between(least, most)),
            5 | 6 => {
                let step = chance.between(1, 4);
                Self::Add { step, min: None, max: bound(chance, (most / 2, most + 4)) }
            }
            7 => {
                let step = -chance.between(1, 4);
                Self::Add { step, min: bound(chance, (1, 3)), max: None }
            }
            _ => {
                let percent = chance.pick(&[-50, -25, 20, 50, 100]);
                let (min, max) = if percent > 0 {
                    (None, bound(chance, (most / 2, most + 8)))
                } else {
                    (bound(chance, (1, 3)), None)
                };
                Self::Percent { percent, min, max }
            }
        }
    }

    /// The count it comes to where there is this one now.
    fn count(&self, now: i64, member: Member) -> i64 {
        let least = if matches!(member, Member::Copies | Member::Instances) { 0 } else { 1 };
        let most =
            if matches!(member, Member::MaxConcurrency | Member::Provisioned) { 200 } else { i64::from(i32::MAX) };
        let moved = |goal: i64, min: Option<i64>, max: Option<i64>, up: bool| {
            let (low, high) = (min.unwrap_or(1).max(least), max.unwrap_or(most));
            match up {
                true => high.min(goal.max(low)).max(now),
                false => low.max(goal.min(high)).min(now),
            }
        };
        match *self {
            Self::Exactly(count) => count,
            Self::AtLeast(count) => {
                if now < count {
                    count
                } else {
                    now
                }
            }
            Self::AtMost(count) => {
                if now > count.max(least) {
                    count.max(least)
                } else {
                    now
                }
            }
            Self::Add { step, min, max } => moved(now + step, min, max, step > 0),
            Self::Percent { percent, min, max } => {
                let hundredths = now * percent;
                // Away from what there is: up when it grows, down when it shrinks.
                let step = if hundredths >= 0 { (hundredths + 99) / 100 } else { (hundredths - 99) / 100 };
                moved(now + step, min, max, percent > 0)
            }
            _ => now,
        }
        .min(most.max(now))
    }

    fn to_json(&self) -> Value {
        let with = |mut object: Value, min: Option<i64>, max: Option<i64>| {
            if let Some(min) = min {
                object["min"] = json!(min);
            }
            if let Some(max) = max {
                object["max"] = json!(max);
            }
            object
        };
        match self {
            Self::Exactly(count) => json!(count),
            Self::AtLeast(count) => json!({"atLeast": count}),
            Self::AtMost(count) => json!({"atMost": count}),
            Self::Add { step, min, max } => with(json!({"add": step}), *min, *max),
            Self::Percent { percent, min, max } => with(json!({"percent": percent}), *min, *max),
            Self::Weight(weight) => json!((f64::from(*weight) * 1000.0).round() / 1000.0),
            Self::Share(share) => json!({"share": share}),
            Self::Text(text) => json!(text),
            Self::Delete => Value::Null,
        }
    }
}

impl Wish {
    /// Anything that may be asked of a target; what is relative needs an event with a time of its own.
    pub(crate) fn any(chance: &mut Chance, lane: Lane, dated: bool) -> Self {
        let mut asks = Vec::new();
        match lane {
            Lane::Solo => {
                let spot = lane.spot(0, Member::Instances);
                asks.push((spot, Ask::any_count(chance, spot, dated)));
            }
            Lane::Pair => {
                let kind = chance.place(3);
                if kind != 1 {
                    let spot = lane.spot(chance.place(2), Member::Instances);
                    asks.push((spot, Ask::any_count(chance, spot, dated)));
                }
                if kind != 0 {
                    let share = chance.one_in(2);
                    for variant in 0..if share || chance.one_in(2) { 1 } else { 2 } {
                        let part = chance.pick(&[0.1, 0.25, 0.5, 0.75, 0.9]);
                        let ask = if share { Ask::Share(part) } else { Ask::Weight(part as f32) };
                        asks.push((lane.spot(if share { chance.place(2) } else { variant }, Member::Weight), ask));
                    }
                }
            }
            Lane::Serverless => {
                let kind = chance.place(3);
                for (skip, member) in [(1, Member::MaxConcurrency), (0, Member::Provisioned)] {
                    if kind != skip {
                        let spot = lane.spot(0, member);
                        asks.push((spot, Ask::any_count(chance, spot, dated)));
                    }
                }
            }
            Lane::Alias | Lane::Bare => {
                let spot = lane.spot(0, Member::Executions);
                let ask = if chance.one_in(8) { Ask::Delete } else { Ask::any_count(chance, spot, dated) };
                asks.push((spot, ask));
            }
            Lane::Component => {
                let spot = lane.spot(0, Member::Copies);
                asks.push((spot, Ask::any_count(chance, spot, dated)));
            }
            Lane::Model => {
                let kind = chance.place(4);
                if kind != 0 {
                    asks.push((lane.spot(0, Member::ModelId), Ask::Text(model_arn(chance.pick(&MODELS)))));
                }
                if kind < 2 {
                    asks.push((lane.spot(0, Member::Name), Ask::Text(chance.pick(&NAMES).to_owned())));
                }
            }
        }
        // More provisioned than there may be at most is refused where it is written, and stops the start where it is bound.
        if let [(_, Ask::Exactly(most)), (_, Ask::Exactly(provisioned))] = asks.as_mut_slice() {
            *provisioned = (*provisioned).min(*most);
        }
        let on_busy = chance.pick(&[OnBusy::Wait, OnBusy::Wait, OnBusy::Wait, OnBusy::Skip, OnBusy::Fail]);
        Self { lane, asks, on_busy, settled: chance.one_in(4), plan: chance.one_in(40) }
    }

    pub(crate) fn is_relative(&self) -> bool {
        self.asks.iter().any(|(_, ask)| ask.is_relative())
    }

    fn is_delete(&self) -> bool {
        self.asks.iter().any(|(_, ask)| *ask == Ask::Delete)
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self.lane {
            Lane::Solo | Lane::Pair | Lane::Serverless => "sagemaker:UpdateEndpointWeightsAndCapacities",
            Lane::Alias | Lane::Bare if self.is_delete() => "lambda:DeleteProvisionedConcurrencyConfig",
            Lane::Alias | Lane::Bare => "lambda:PutProvisionedConcurrencyConfig",
            Lane::Component => "sagemaker:UpdateInferenceComponentRuntimeConfig",
            Lane::Model => "bedrock:UpdateProvisionedModelThroughput",
        }
    }

    /// The payload.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut payload = Map::new();
        payload.insert("action".to_owned(), json!(self.operation()));
        payload.insert("input".to_owned(), self.input());
        match self.on_busy {
            OnBusy::Wait => None,
            OnBusy::Skip => payload.insert("onBusy".to_owned(), json!("skip")),
            OnBusy::Fail => payload.insert("onBusy".to_owned(), json!("fail")),
        };
        if self.settled {
            payload.insert("waitFor".to_owned(), json!("settled"));
        }
        if self.plan {
            payload.insert("mode".to_owned(), json!("plan"));
        }
        payload
    }

    fn input(&self) -> Value {
        let ask = |member| self.asks.iter().find(|(spot, _)| spot.member == member).map(|(_, ask)| ask.to_json());
        let name = self.lane.name();
        match self.lane {
            Lane::Solo | Lane::Pair | Lane::Serverless => {
                let mut variants: Vec<(usize, Value)> = Vec::new();
                for (spot, ask) in &self.asks {
                    let variant = match variants.iter().position(|(variant, _)| *variant == spot.variant) {
                        Some(place) => place,
                        None => {
                            let name = self.lane.variants()[spot.variant];
                            variants.push((spot.variant, json!({"VariantName": name})));
                            variants.len() - 1
                        }
                    };
                    let object = &mut variants[variant].1;
                    match spot.member {
                        Member::Weight => object["DesiredWeight"] = ask.to_json(),
                        Member::Instances => object["DesiredInstanceCount"] = ask.to_json(),
                        Member::MaxConcurrency => object["ServerlessUpdateConfig"]["MaxConcurrency"] = ask.to_json(),
                        _ => object["ServerlessUpdateConfig"]["ProvisionedConcurrency"] = ask.to_json(),
                    }
                }
                let variants: Vec<Value> = variants.into_iter().map(|(_, variant)| variant).collect();
                json!({"EndpointName": name, "DesiredWeightsAndCapacities": variants})
            }
            Lane::Alias | Lane::Bare => {
                let mut input = json!({"FunctionName": name, "Qualifier": self.lane.qualifier()});
                if !self.is_delete() {
                    input["ProvisionedConcurrentExecutions"] = json!(ask(Member::Executions));
                }
                input
            }
            Lane::Component => {
                json!({"InferenceComponentName": name, "DesiredRuntimeConfig": {"CopyCount": ask(Member::Copies)}})
            }
            Lane::Model => {
                let arn = format!("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/{MODEL_ID}");
                let mut input = json!({"provisionedModelId": arn});
                for (name, member) in
                    [("desiredProvisionedModelName", Member::Name), ("desiredModelId", Member::ModelId)]
                {
                    if let Some(text) = ask(member) {
                        input[name] = text;
                    }
                }
                input
            }
        }
    }

    /// What each field it asks for comes to, where this is what stands.
    pub(crate) fn resolved(&self, seen: &State) -> Vec<(Spot, Content)> {
        let shares: f64 =
            self.asks.iter().filter_map(|(_, ask)| if let Ask::Share(share) = ask { Some(share) } else { None }).sum();
        let asked_for = |spot: Spot| self.asks.iter().find(|(other, _)| *other == spot).map(|(_, ask)| ask);
        // The weights of those that keep theirs, or are given one.
        let others: f64 = seen
            .spots
            .iter()
            .filter(|(spot, _)| spot.member == Member::Weight)
            .filter_map(|(spot, content)| match (asked_for(*spot), content) {
                (Some(Ask::Share(_)), _) => None,
                (Some(Ask::Weight(weight)), _) => Some(f64::from(*weight)),
                (_, Content::Weight(weight)) => Some(f64::from(*weight)),
                _ => None,
            })
            .sum();
        self.asks
            .iter()
            .map(|(spot, ask)| {
                let content = match ask {
                    Ask::Weight(weight) => Content::Weight(*weight),
                    Ask::Share(share) => Content::Weight((share * others / (1.0 - shares)) as f32),
                    Ask::Text(text) => Content::Text(text.clone()),
                    Ask::Delete => Content::Count(0),
                    Ask::Exactly(count) => Content::Count(*count),
                    _ if *seen.of(*spot) == Content::Untold => Content::Untold,
                    count => match (count.count(seen.of(*spot).number(), spot.member), seen.of(*spot)) {
                        (0, Content::Nothing) => Content::Nothing,
                        (count, _) => Content::Count(count),
                    },
                };
                (*spot, content)
            })
            .collect()
    }

    /// Whether all that was asked for stands there.
    pub(crate) fn holds_in(&self, seen: &State) -> bool {
        self.resolved(seen).iter().all(|(spot, content)| seen.of(*spot).is(content))
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks: Vec<String> = self
            .asks
            .iter()
            .map(
                |(spot, ask)| {
                    if *ask == Ask::Delete { format!("{spot} deleted") } else { format!("{spot} {}", ask.to_json()) }
                },
            )
            .collect();
        write!(f, "{}", asks.join(" and "))?;
        match self.on_busy {
            OnBusy::Wait => {}
            OnBusy::Skip => f.write_str(", skipped when busy")?,
            OnBusy::Fail => f.write_str(", failed when busy")?,
        }
        f.write_str(if self.settled { ", until it has settled" } else { "" })?;
        f.write_str(if self.plan { ", only planned" } else { "" })
    }
}
