//! What is there to be changed: the targets of the world, their fields, and what stands in them.

use std::fmt;

use setpoint_sandbox::{
    Endpoint, EndpointStatus, InferenceComponentStatus, ProvisionedConcurrencyStatus, ProvisionedModelStatus, Region,
    Seed,
};

/// One target, which AWS changes one update at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lane {
    /// An endpoint with one variant.
    Solo,
    /// An endpoint with two.
    Pair,
    /// An endpoint with a serverless variant.
    Serverless,
    /// An alias with provisioned concurrency.
    Alias,
    /// An alias that has none at first.
    Bare,
    /// An inference component.
    Component,
    /// A Provisioned Throughput.
    Model,
}

/// One number, weight or text of a target; of an endpoint that of the variant at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spot {
    pub(crate) lane: Lane,
    pub(crate) variant: usize,
    pub(crate) member: Member,
}

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Member {
    Instances,
    Weight,
    MaxConcurrency,
    Provisioned,
    Executions,
    Copies,
    Name,
    ModelId,
}

/// What stands in a spot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Nothing,
    /// AWS does not say.
    Untold,
    Count(i64),
    Weight(f32),
    Text(String),
}

/// A target as it is, or as a read shows it.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct State {
    /// What is desired in each spot.
    pub(crate) spots: Vec<(Spot, Content)>,
    /// Whether it is at rest.
    pub(crate) rest: Rest,
    /// Whether this is what was, and not what is.
    pub(crate) stale: bool,
}

/// Whether a target is at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Rest {
    #[default]
    Settled,
    Moving,
    RollingBack,
    Failed,
}

pub(crate) const MODEL_ID: &str = "abcdefghijkl";
const CUSTOM: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/";
const BASE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k";
/// The custom models there are, by the ends of their ARNs.
pub(crate) const MODELS: [&str; 3] = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"];
pub(crate) const NAMES: [&str; 2] = ["support-bot", "support-bot-next"];

pub(crate) fn model_arn(end: &str) -> String {
    format!("{CUSTOM}{end}")
}

impl Lane {
    pub(crate) const ALL: [Self; 7] =
        [Self::Solo, Self::Pair, Self::Serverless, Self::Alias, Self::Bare, Self::Component, Self::Model];

    /// The name of the endpoint, function or component.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Pair => "pair",
            Self::Serverless => "lambdaless",
            Self::Alias => "checkout",
            Self::Bare => "search",
            Self::Component => "ranker",
            Self::Model => NAMES[0],
        }
    }

    /// The alias of the function.
    pub(crate) fn qualifier(self) -> &'static str {
        if self == Self::Bare { "blue" } else { "live" }
    }

    pub(crate) fn variants(self) -> &'static [&'static str] {
        match self {
            Self::Pair => &["one", "two"],
            Self::Solo | Self::Serverless => &["all"],
            _ => &[],
        }
    }

    /// As guardrails spell it, with the variant where there is one.
    pub(crate) fn target(self, variant: usize) -> String {
        let name = self.name();
        match self {
            Self::Solo | Self::Pair | Self::Serverless => {
                format!("sagemaker:endpoint/{name}/variant/{}", self.variants()[variant])
            }
            Self::Alias | Self::Bare => format!("lambda:function:{name}:{}", self.qualifier()),
            Self::Component => format!("sagemaker:inference-component/{name}"),
            Self::Model => format!("bedrock:provisioned-model/{name}"),
        }
    }

    /// The fields it has.
    pub(crate) fn members(self) -> &'static [Member] {
        match self {
            Self::Solo | Self::Pair => &[Member::Instances, Member::Weight],
            Self::Serverless => &[Member::MaxConcurrency, Member::Provisioned],
            Self::Alias | Self::Bare => &[Member::Executions],
            Self::Component => &[Member::Copies],
            Self::Model => &[Member::Name, Member::ModelId],
        }
    }

    pub(crate) fn spot(self, variant: usize, member: Member) -> Spot {
        Spot { lane: self, variant, member }
    }

    /// Takes what there is of it out of `whole` into a smaller world.
    pub(crate) fn take(self, whole: &Region, into: &mut Region) {
        let name = self.name();
        match self {
            Self::Solo | Self::Pair | Self::Serverless => {
                into.endpoints.extend(whole.endpoints.get(name).map(|found| (name.to_owned(), found.clone())));
            }
            Self::Alias | Self::Bare => {
                into.functions.extend(whole.functions.get(name).map(|found| (name.to_owned(), found.clone())));
            }
            Self::Component => {
                into.endpoints.extend(whole.endpoints.get("hub").map(|found| ("hub".to_owned(), found.clone())));
                let found = whole.inference_components.get(name);
                into.inference_components.extend(found.map(|found| (name.to_owned(), found.clone())));
            }
            Self::Model => {
                into.custom_models.clone_from(&whole.custom_models);
                into.provisioned_models.clone_from(&whole.provisioned_models);
            }
        }
    }

    /// Ends that reads show what was.
    pub(crate) fn freshen(self, region: &mut Region) {
        let name = self.name();
        match self {
            Self::Solo | Self::Pair | Self::Serverless => {
                region.endpoints.get_mut(name).into_iter().for_each(|endpoint| endpoint.stale = None);
            }
            Self::Alias | Self::Bare => {
                region.functions.get_mut(name).into_iter().for_each(|function| function.stale.clear());
            }
            Self::Component => {
                region.inference_components.get_mut(name).into_iter().for_each(|component| component.stale = None);
            }
            Self::Model => {
                region.provisioned_models.get_mut(MODEL_ID).into_iter().for_each(|model| model.stale = None);
            }
        }
    }

    /// As it really is.
    pub(crate) fn truth(self, region: &Region) -> State {
        self.state(region, false)
    }

    /// As the next read will show it.
    pub(crate) fn shown(self, region: &Region) -> State {
        self.state(region, true)
    }

    fn state(self, region: &Region, as_shown: bool) -> State {
        let name = self.name();
        let mut state = State::default();
        match self {
            Self::Solo | Self::Pair | Self::Serverless => {
                let Some(mut endpoint) = region.endpoints.get(name) else { return state };
                if let Some(stale) = endpoint.stale.as_ref().filter(|_| as_shown) {
                    (endpoint, state.stale) = (&stale.shows, true);
                }
                state.rest = rest(endpoint);
                for (place, variant) in endpoint.variants.iter().enumerate() {
                    let wanted = variant.wanted();
                    for member in self.members() {
                        let serverless = wanted.serverless.as_ref();
                        let content = match member {
                            Member::Weight => Content::Weight(wanted.weight),
                            Member::Instances => count(wanted.instance_count),
                            Member::MaxConcurrency => count(serverless.map(|serverless| serverless.max_concurrency)),
                            _ => count(serverless.and_then(|serverless| serverless.provisioned_concurrency)),
                        };
                        state.spots.push((self.spot(place, *member), content));
                    }
                }
            }
            Self::Alias | Self::Bare => {
                let Some(function) = region.functions.get(name) else { return state };
                let mut config = function.provisioned_concurrency.get(self.qualifier());
                if let Some(stale) = function.stale.get(self.qualifier()).filter(|_| as_shown) {
                    (config, state.stale) = (stale.shows.as_ref(), true);
                }
                state.rest = match config.map(|config| config.status) {
                    Some(ProvisionedConcurrencyStatus::InProgress) => Rest::Moving,
                    Some(ProvisionedConcurrencyStatus::Failed) => Rest::Failed,
                    _ => Rest::Settled,
                };
                let executions = Content::Count(config.map_or(0, |config| config.requested.into()));
                state.spots.push((self.spot(0, Member::Executions), executions));
            }
            Self::Component => {
                let Some(mut component) = region.inference_components.get(name) else { return state };
                if let Some(stale) = component.stale.as_ref().filter(|_| as_shown) {
                    (component, state.stale) = (&stale.shows, true);
                }
                state.rest = match component.status {
                    InferenceComponentStatus::InService => Rest::Settled,
                    InferenceComponentStatus::Failed => Rest::Failed,
                    _ => Rest::Moving,
                };
                let copies = component.desired_copy_count.unwrap_or(component.current_copy_count);
                state.spots.push((self.spot(0, Member::Copies), Content::Count(copies.into())));
            }
            Self::Model => {
                let Some(mut model) = region.provisioned_models.get(MODEL_ID) else { return state };
                if let Some(stale) = model.stale.as_ref().filter(|_| as_shown) {
                    (model, state.stale) = (&stale.shows, true);
                }
                state.rest = match model.status {
                    ProvisionedModelStatus::InService => Rest::Settled,
                    ProvisionedModelStatus::Failed => Rest::Failed,
                    _ => Rest::Moving,
                };
                state.spots.push((self.spot(0, Member::Name), Content::Text(model.name.clone())));
                let wanted = model.desired_model_arn.as_ref().unwrap_or(&model.model_arn);
                state.spots.push((self.spot(0, Member::ModelId), Content::Text(wanted.clone())));
            }
        }
        state
    }
}

fn count(count: Option<i32>) -> Content {
    count.map_or(Content::Nothing, |count| Content::Count(count.into()))
}

fn rest(endpoint: &Endpoint) -> Rest {
    match endpoint.status {
        EndpointStatus::InService => Rest::Settled,
        EndpointStatus::RollingBack => Rest::RollingBack,
        _ => Rest::Moving,
    }
}

impl State {
    /// What is left where AWS does not say the counts.
    pub(crate) fn without_counts(mut self) -> Self {
        let counts = |spot: &Spot| !matches!(spot.member, Member::Weight | Member::Name | Member::ModelId);
        self.spots.iter_mut().filter(|(spot, _)| counts(spot)).for_each(|(_, content)| *content = Content::Untold);
        self
    }

    pub(crate) fn of(&self, spot: Spot) -> &Content {
        self.spots.iter().find(|(other, _)| *other == spot).map_or(&Content::Nothing, |(_, content)| content)
    }
}

impl Content {
    /// The same, as far as an f32 tells.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Weight(one), Self::Weight(other)) => {
                (one - other).abs() <= 2e-5 * one.abs().max(other.abs()).max(f32::MIN_POSITIVE)
            }
            (Self::Untold, _) | (_, Self::Untold) => false,
            _ => self == other,
        }
    }

    /// What there is to count from.
    pub(crate) fn number(&self) -> i64 {
        if let Self::Count(count) = self { *count } else { 0 }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Untold => f.write_str("untold"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Weight(weight) => write!(f, "{weight}"),
            Self::Text(text) => f.write_str(text.strip_prefix(CUSTOM).unwrap_or(text)),
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.lane.name())?;
        if let Some(variant) = self.lane.variants().get(self.variant) {
            write!(f, "/{variant}")?;
        }
        write!(f, " {:?}", self.member)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spots: Vec<String> = self.spots.iter().map(|(spot, content)| format!("{spot} {content}")).collect();
        write!(f, "{} ({:?}{})", spots.join(", "), self.rest, if self.stale { ", stale" } else { "" })
    }
}

/// All there ever is; a week takes what it needs of it.
pub(crate) fn whole() -> Result<Seed, String> {
    let models: Vec<String> = MODELS
        .iter()
        .map(|end| {
            format!(
                r#""{}": {{"name": "m-{end}", "baseModelArn": "{BASE}", "creationTime": "2026-01-01T00:00:00Z"}}"#,
                model_arn(end)
            )
        })
        .collect();
    let text = TEMPLATE.replace("MODELS", &models.join(",")).replace("MODEL_ARN", &model_arn(MODELS[0]));
    Seed::from_json(&text).map_err(|error| error.to_string())
}

const TEMPLATE: &str = include_str!("whole.json");
