//! Lambda: Put, Get, Delete and List of provisioned concurrency, Put and Get of scaling configurations, GetAlias, ListAliases, ListFunctions, ListTags and GetAccountSettings, over `restJson1`.

mod name;
mod refusal;
mod scaling;
mod wire;

pub(crate) use self::name::resource;
use self::name::{function_label, reachable};
use self::refusal::{conflict, invalid, not_found, updating};
pub(crate) use self::wire::error;
use self::wire::{
    AccountSettings, AliasConfiguration, Config, FunctionConfiguration, ListAliasesOutput, ListFunctionsOutput,
    ListOutput, PutInput, ok,
};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::page::page;
use crate::reply::{Refusal, Reply};
use crate::resource::Function;
use crate::seed::Region;
use crate::tags;
use crate::world::World;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "PutProvisionedConcurrencyConfig" => put(call, world),
        "GetProvisionedConcurrencyConfig" => get(call, world),
        "DeleteProvisionedConcurrencyConfig" => delete(call, world),
        "ListProvisionedConcurrencyConfigs" => list(call, world),
        "GetAlias" => get_alias(call, world),
        "ListAliases" => list_aliases(call, world),
        "PutFunctionScalingConfig" => scaling::put(call, world),
        "GetFunctionScalingConfig" => scaling::get(call, world),
        "ListFunctions" => list_functions(call, world),
        "ListTags" => tags::of_lambda(call, world),
        "GetAccountSettings" => Ok(ok(200, &AccountSettings::of(world.region))),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The function and the qualifier that a request names, in this account and Region.
struct Place<'a> {
    name: &'a str,
    qualifier: &'a str,
}

fn put(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: PutInput = call.input_if_any()?;
    let mut constraints = Constraints::default();
    let requested = input.provisioned_concurrent_executions;
    constraints.required("provisionedConcurrentExecutions", requested);
    constraints.range("provisionedConcurrentExecutions", requested, 1, None);
    let place = place(
        call,
        constraints,
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    )?;
    let requested = requested.unwrap_or_default();
    let function = find(&mut world.region.functions, call, &place)?;
    if function.updating.is_some() {
        return Err(updating(call, place.name));
    }
    applicable(function, place.qualifier)?;
    affordable(world.region, &place, requested)?;
    let (general, now) = (&mut *world.general, world.now);
    let function = find(&mut world.region.functions, call, &place)?;
    Ok(ok(202, &Config::of(&function.put(place.qualifier, requested, general, now))))
}

/// Reads and checks the function name and qualifier of a call; `unpublished` is the operation's sentence for `$LATEST`.
fn place<'a>(call: &'a Call, mut constraints: Constraints, unpublished: &str) -> Result<Place<'a>, Refusal> {
    let label = function_label(call, &mut constraints);
    let qualifier = constraints.required("qualifier", call.query("Qualifier")).unwrap_or_default();
    if call.query("Qualifier").is_some() {
        constraints.check("qualifier", qualifier, !qualifier.is_empty(), "have length greater than or equal to 1");
        constraints.check("qualifier", qualifier, qualifier.len() <= 128, "have length less than or equal to 128");
        let matches = qualifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$_-".contains(&byte));
        let rule = "satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)";
        constraints.check("qualifier", qualifier, matches, rule);
    }
    constraints.finish()?;
    if qualifier == "$LATEST" {
        return Err(invalid(unpublished));
    }
    let named = reachable(call, label)?;
    if named.qualifier.is_some_and(|derived| derived != qualifier) {
        // Recorded for other operations on functions; that these answer the same is unverified.
        return Err(invalid("The derived qualifier from the function name does not match the specified qualifier."));
    }
    Ok(Place { name: named.name, qualifier })
}

fn find<'a>(
    functions: &'a mut std::collections::BTreeMap<String, Function>,
    call: &Call,
    place: &Place<'_>,
) -> Result<&'a mut Function, Refusal> {
    let Place { name, qualifier } = place;
    let arn = call.arn(&format!("function:{name}:{qualifier}"));
    let is_version = qualifier.bytes().all(|byte| byte.is_ascii_digit());
    functions
        .get_mut(*name)
        .filter(|function| match is_version {
            true => function.versions.iter().any(|version| version == qualifier),
            false => function.aliases.contains_key(*qualifier),
        })
        .ok_or_else(|| match is_version {
            true => not_found(format!("Function not found: {arn}")),
            false => not_found(format!("Cannot find alias arn: {arn}")),
        })
}

/// A version has one configuration at most: its own, or that of one alias pointing to it without weights.
fn applicable(function: &Function, qualifier: &str) -> Result<(), Refusal> {
    let provisioned = |qualifier: &str| function.provisioned_concurrency.contains_key(qualifier);
    let aliases_of = |version: &str, except: &str| {
        function
            .aliases
            .iter()
            .any(|(name, alias)| name != except && alias.function_version == version && provisioned(name))
    };
    let Some(alias) = function.aliases.get(qualifier) else {
        return match aliases_of(qualifier, "") {
            true => Err(conflict("Version is pointed by a Provisioned Concurrency alias")),
            false => Ok(()),
        };
    };
    if !alias.additional_version_weights.is_empty() {
        return Err(invalid("Alias with weights can not be used with Provisioned Concurrency"));
    }
    if provisioned(&alias.function_version) || aliases_of(&alias.function_version, qualifier) {
        return Err(conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
        ));
    }
    Ok(())
}

/// Provisioned concurrency comes out of the function's reserved concurrency, or else out of the account's unreserved.
fn affordable(region: &Region, place: &Place<'_>, requested: i32) -> Result<(), Refusal> {
    let others = |function: &str| -> i64 {
        let configs = region.functions.get(function).map(|function| &function.provisioned_concurrency);
        let configs = configs.into_iter().flatten();
        let others = configs.filter(|(qualifier, _)| function != place.name || *qualifier != place.qualifier);
        others.map(|(_, config)| i64::from(config.requested)).sum()
    };
    let requested = i64::from(requested);
    let reserved = region.functions.get(place.name).and_then(|function| function.reserved_concurrency);
    if let Some(reserved) = reserved {
        return match requested + others(place.name) > i64::from(reserved) {
            true => Err(invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
            )),
            false => Ok(()),
        };
    }
    let taken: i64 = region
        .functions
        .iter()
        .map(|(name, function)| function.reserved_concurrency.map_or_else(|| others(name), i64::from))
        .sum();
    let unreserved = i64::from(region.limits.concurrent_executions) - taken;
    if requested > unreserved {
        return Err(invalid(format!(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{unreserved}]."
        )));
    }
    let minimum = region.limits.minimum_unreserved;
    if unreserved - requested < i64::from(minimum) {
        return Err(invalid(format!(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its \
             minimum value of [{minimum}]."
        )));
    }
    Ok(())
}

/// The sentence of Get and Delete for `$LATEST`.
const UNPUBLISHED: &str = "The function resource provided must be an alias or a published version.";

fn get(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let place = place(call, Constraints::default(), UNPUBLISHED)?;
    let function = find(&mut world.region.functions, call, &place)?;
    match function.read(place.qualifier, world.now) {
        Some(config) => Ok(ok(200, &Config::of(&config))),
        None => Err(Refusal::new(
            404,
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        )),
    }
}

fn delete(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let place = place(call, Constraints::default(), UNPUBLISHED)?;
    let function = find(&mut world.region.functions, call, &place)?;
    function.delete(place.qualifier, world.general);
    Ok(Reply::empty(204))
}

fn list(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let label = function_label(call, &mut constraints);
    let size = page_size(call, &mut constraints, 50);
    constraints.finish()?;
    let name = reachable(call, label)?.name;
    let arn = call.arn(&format!("function:{name}"));
    let Some(function) = world.region.functions.get(name) else {
        return Err(not_found(format!("Function not found: {arn}")));
    };
    let configs = function.provisioned_concurrency.iter();
    let configs = configs.map(|(qualifier, config)| Config::listed(format!("{arn}:{qualifier}"), config)).collect();
    let (provisioned_concurrency_configs, next_marker) = page(configs, call.query("Marker"), size)?;
    Ok(ok(200, &ListOutput { provisioned_concurrency_configs, next_marker }))
}

/// How many the page is to have, where the request says so.
fn page_size(call: &Call, constraints: &mut Constraints, most: i32) -> Option<usize> {
    let size = call.query("MaxItems").and_then(|size| size.parse().ok());
    constraints.range("maxItems", size, 1, Some(most));
    size.and_then(|size| usize::try_from(size).ok())
}

fn get_alias(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let label = function_label(call, &mut constraints);
    constraints.finish()?;
    let name = reachable(call, label)?.name;
    let alias_name = call.segments.get(4).map_or("", String::as_str);
    let arn = call.arn(&format!("function:{name}:{alias_name}"));
    match world.region.functions.get(name).and_then(|function| function.aliases.get(alias_name)) {
        Some(alias) => Ok(ok(200, &AliasConfiguration::of(alias_name, arn, alias))),
        None => Err(not_found(format!("Cannot find alias arn: {arn}"))),
    }
}

fn list_functions(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    const LONGEST_PAGE: usize = 50;
    let mut constraints = Constraints::default();
    let size = page_size(call, &mut constraints, 10_000);
    constraints.finish()?;
    let functions = world.region.functions.keys();
    let functions =
        functions.map(|name| FunctionConfiguration::of(name, call.arn(&format!("function:{name}")))).collect();
    // It gives no more than 50, whatever is asked for.
    let size = size.map_or(LONGEST_PAGE, |size| size.min(LONGEST_PAGE));
    let (functions, next_marker) = page(functions, call.query("Marker"), Some(size))?;
    Ok(ok(200, &ListFunctionsOutput { functions, next_marker }))
}

fn list_aliases(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let label = function_label(call, &mut constraints);
    let size = page_size(call, &mut constraints, 10_000);
    constraints.finish()?;
    let name = reachable(call, label)?.name;
    let arn = call.arn(&format!("function:{name}"));
    let Some(function) = world.region.functions.get(name) else {
        return Err(not_found(format!("Function not found: {arn}")));
    };
    let of = call.query("FunctionVersion");
    let aliases =
        function.aliases.iter().filter(|(_, alias)| of.is_none_or(|version| alias.function_version == version));
    let aliases = aliases.map(|(name, alias)| AliasConfiguration::of(name, format!("{arn}:{name}"), alias)).collect();
    let (aliases, next_marker) = page(aliases, call.query("Marker"), size)?;
    Ok(ok(200, &ListAliasesOutput { aliases, next_marker }))
}
