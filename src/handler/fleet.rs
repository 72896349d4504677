//! An action for whatever targets are found: all of them listed and judged before the first write.

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::Run;
use super::job::{Fleet, Job, Occasion, Wanted};
use super::report::{Report, failed};
use crate::actions;
use crate::error::{AwsAnswer, AwsFailure, Cause, Error, Kind};
use crate::payload::{MOST_ACTIONS, Mode, Request, Select};
use crate::spelling::problem::Problems;

/// How many lists, and how many targets' tags, are asked for at the same time.
const ABREAST: usize = 8;

impl Run<'_> {
    /// Checks all that can be checked before any target is known.
    pub(super) fn fleet(&self, select: Select, occasion: Occasion) -> Result<Fleet, Error> {
        let about = select.pattern.action.about();
        let places = self.handler.config.places(&select).map_err(Cause::InvalidAction)?;
        if let Some(of_input) = select.pattern.action.region()
            && let Some(region) = places.iter().filter_map(|place| place.region.as_ref()).find(|it| **it != of_input)
        {
            let message =
                format!("means {region}, but the ARN in the input is of {of_input}; look through that Region only");
            return Err(Cause::InvalidAction(Problems::one("select.regions", message)).into());
        }
        let wanted = places.into_iter().map(|settings| Wanted {
            request: Request { settings, ..select.pattern.clone() },
            path: String::new(),
            period: None,
        });
        let places = self.jobs(wanted.collect(), &occasion, |_, _| String::new())?;
        let guardrails = &self.handler.config.guardrails;
        if places.iter().any(|place| place.request.settings.mode == Mode::Apply) {
            guardrails.running_selection(about.name).map_err(Cause::GuardrailViolation)?;
        }
        guardrails.select(about.name, 0).map_err(Cause::GuardrailViolation)?;
        Ok(Fleet { select, places, occasion })
    }

    /// The jobs for the targets that are found, after every one was held against the guardrails: where one of them is refused, none
    /// is changed.
    pub(super) async fn found(&self, fleet: Fleet, report: &mut Report) -> Result<Vec<Job>, Error> {
        let jobs = self.listed(fleet).await.map_err(|error| report.refuse(error))?;
        let changing = jobs.iter().filter(|job| job.request.settings.mode == Mode::Apply);
        let judged: Vec<Job> = changing.cloned().map(Job::judged).collect();
        let decisions = self.reconcile(&judged).await;
        if !decisions.iter().any(|decision| decision.result.as_ref().is_err_and(Error::is_violation)) {
            return Ok(jobs);
        }
        let error = failed(&decisions).unwrap_or_else(|| Cause::Internal.into());
        report.decided(decisions);
        Err(error)
    }

    async fn listed(&self, Fleet { select, places, occasion }: Fleet) -> Result<Vec<Job>, Error> {
        let about = select.pattern.action.about();
        let lists = places.iter().map(|place| self.names(&select, place));
        let lists: Vec<(usize, Vec<String>)> = stream::iter(lists).buffered(ABREAST).try_collect().await?;
        let of_all: usize = lists.iter().map(|(all, _)| all).sum();
        let found: usize = lists.iter().map(|(_, names)| names.len()).sum();
        if found == 0 {
            let message = format!(
                "finds none of the {of_all} that {} gives in {}",
                select.kind.list(),
                places.iter().map(|place| self.place(place).to_string()).collect::<Vec<_>>().join(", ")
            );
            return Err(Cause::InvalidAction(Problems::one("select", message)).into());
        }
        self.handler.config.guardrails.select(about.name, found).map_err(Cause::GuardrailViolation)?;
        if found > MOST_ACTIONS {
            let message =
                format!("finds {found} targets, but one event may have {MOST_ACTIONS}; select fewer at a time");
            return Err(Cause::InvalidAction(Problems::one("select", message)).into());
        }
        let mut wanted = Vec::with_capacity(found);
        for (place, (_, names)) in places.iter().zip(lists) {
            for name in names {
                let request = select.request(&name, place.request.settings.clone());
                let request = request.map_err(|found| Cause::InvalidAction(found.under(&name)))?;
                wanted.push(Wanted { request, path: format!("{name}: "), period: None });
            }
        }
        // By the target, since another list may have it in another place.
        self.jobs(wanted, &occasion, |_, job| format!("#{}:{}", self.place(job), job.request.action.target()))
    }

    /// How many targets there are in a place, and the names of those that are meant.
    async fn names(&self, select: &Select, place: &Job) -> Result<(usize, Vec<String>), Error> {
        let Select { selection, pattern, kind, .. } = select;
        let (kind, scope) = (*kind, &*self.scope(place));
        let target = pattern.action.target();
        let all = self.in_time(kind.list(), actions::all(kind, scope, &target)).await?;
        let count = all.len();
        let named = all.into_iter().filter(|listed| selection.names(&listed.name));
        if !selection.asks_for_tags() {
            return Ok((count, named.map(|listed| listed.name).collect()));
        }
        let tagged = named.map(|listed| async move {
            let tags = self.in_time(kind.list_tags(), actions::tags(kind, scope, &listed)).await;
            match tags {
                Ok(tags) => Ok(selection.has(&tags).then_some(listed.name)),
                // Deleted since it was listed.
                Err(error) if error.kind() == Kind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        let tagged: Vec<Option<String>> = stream::iter(tagged).buffered(ABREAST).try_collect().await?;
        Ok((count, tagged.into_iter().flatten().collect()))
    }

    async fn in_time<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let answer = self.handler.clock.within(self.deadline, call).await;
        answer.unwrap_or_else(|| Err(AwsFailure { operation, answer: AwsAnswer::Deadline }.into()))
    }
}
