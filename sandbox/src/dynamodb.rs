//! DynamoDB: GetItem, PutItem, UpdateItem, DeleteItem, Scan and DescribeTable, over `awsJson1_0`.

mod expression;
mod wire;

use std::collections::BTreeMap;

use self::expression::{Condition, Path, Placeholders, Update, project};
pub(crate) use self::wire::error;
use self::wire::{
    DescribeTableOutput, GetItemOutput, Input, ScanOutput, WriteOutput, check_failed, check_failed_with, ok,
};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{AttributeValue, Item, Table, Written, size};
use crate::world::World;

/// The largest item, in bytes.
const MAX_ITEM_SIZE: usize = 400 * 1024;
/// The longest partition key, in bytes.
const MAX_KEY_SIZE: usize = 2048;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let operation = match call.operation.as_str() {
        "GetItem" => get_item,
        "PutItem" => put_item,
        "UpdateItem" => update_item,
        "DeleteItem" => delete_item,
        "Scan" => scan,
        "DescribeTable" => describe_table,
        _ => return Err(call.service.unknown_operation(&call.operation)),
    };
    operation(call, world)
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let table = Input::read(call).ok().and_then(|input| input.table_name).unwrap_or_else(|| "*".to_owned());
    call.arn(&format!("table/{}", bare(call, &table)))
}

fn get_item(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::read(call)?;
    let table = input.constrained(Some(Holds::Key))?;
    let key = attributes(input.key.take()).map_err(Refusal::validation)?;
    let (names, values) = input.placeholders().map_err(Refusal::validation)?;
    let placeholders = Placeholders::new(&names, &values);
    let projection =
        expression::projection(input.projection_expression.as_deref(), &placeholders).map_err(Refusal::validation)?;
    placeholders.all_used().map_err(Refusal::validation)?;
    let (now, table) = (world.now, find(call, world, &table)?);
    let key = table.key(key)?;
    table.settle(&key, now);
    Ok(ok(&GetItemOutput { item: table.items.get(&key).map(|item| projected(item, projection.as_deref())) }))
}

fn put_item(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::read(call)?;
    let table = input.constrained(Some(Holds::Item))?;
    input.returns_old_or_nothing().map_err(enveloped)?;
    let item = attributes(input.item.take()).map_err(enveloped)?;
    let (names, values) = input.placeholders().map_err(enveloped)?;
    let placeholders = Placeholders::new(&names, &values);
    let condition = input.condition(&placeholders).map_err(enveloped)?;
    placeholders.all_used().map_err(enveloped)?;
    if size(&item) > MAX_ITEM_SIZE {
        return Err(Refusal::validation("Item size has exceeded the maximum allowed size"));
    }
    let (now, table) = (world.now, find(call, world, &table)?);
    let key = table.key_of(&item)?;
    table.settle(&key, now);
    if let Some(failed) = input.failed(condition.as_ref(), table.items.get(&key)) {
        return failed;
    }
    let before = table.items.insert(key, item);
    Ok(ok(&WriteOutput { attributes: before.filter(|_| input.returns("ALL_OLD")) }))
}

fn delete_item(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::read(call)?;
    let table = input.constrained(Some(Holds::Key))?;
    input.returns_old_or_nothing().map_err(enveloped)?;
    let key = attributes(input.key.take()).map_err(enveloped)?;
    let (names, values) = input.placeholders().map_err(enveloped)?;
    let placeholders = Placeholders::new(&names, &values);
    let condition = input.condition(&placeholders).map_err(enveloped)?;
    placeholders.all_used().map_err(enveloped)?;
    let (now, table) = (world.now, find(call, world, &table)?);
    let key = table.key(key)?;
    table.settle(&key, now);
    if let Some(failed) = input.failed(condition.as_ref(), table.items.get(&key)) {
        return failed;
    }
    let before = table.items.remove(&key);
    Ok(ok(&WriteOutput { attributes: before.filter(|_| input.returns("ALL_OLD")) }))
}

fn update_item(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::read(call)?;
    let table = input.constrained(Some(Holds::Key))?;
    let key = attributes(input.key.take()).map_err(enveloped)?;
    let (names, values) = input.placeholders().map_err(enveloped)?;
    let placeholders = Placeholders::new(&names, &values);
    let update = expression::update(input.update_expression.as_deref(), &placeholders).map_err(enveloped)?;
    let condition = input.condition(&placeholders).map_err(enveloped)?;
    placeholders.all_used().map_err(enveloped)?;
    let (now, table) = (world.now, find(call, world, &table)?);
    let key = table.key(key)?;
    let of_key = |path: &Path<'_>| path.attribute() == table.partition_key;
    if update.as_ref().is_some_and(|update| update.paths().any(of_key)) {
        return Err(Refusal::validation(format!(
            "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
            table.partition_key
        )));
    }
    table.settle(&key, now);
    let before = table.items.get(&key);
    if let Some(failed) = input.failed(condition.as_ref(), before) {
        return failed;
    }
    let mut item = before.cloned().unwrap_or_default();
    if let Some(update) = &update {
        update.apply(&mut item).map_err(Refusal::validation)?;
    }
    if before.is_none() {
        if update.as_ref().is_some_and(Update::only_removes) {
            return Ok(ok(&WriteOutput { attributes: None }));
        }
        item.insert(table.partition_key.clone(), AttributeValue::S(key.clone()));
    }
    if size(&item) > MAX_ITEM_SIZE {
        return Err(Refusal::validation("Item size to update has exceeded the maximum allowed size"));
    }
    let attributes = input.returned(update.as_ref(), before, &item);
    table.items.insert(key, item);
    Ok(ok(&WriteOutput { attributes }))
}

fn scan(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::read(call)?;
    let table = input.constrained(None)?;
    let (names, values) = input.placeholders().map_err(Refusal::validation)?;
    let placeholders = Placeholders::new(&names, &values);
    let filter = expression::condition("FilterExpression", input.filter_expression.as_deref(), &placeholders)
        .map_err(Refusal::validation)?;
    let projection =
        expression::projection(input.projection_expression.as_deref(), &placeholders).map_err(Refusal::validation)?;
    placeholders.all_used().map_err(Refusal::validation)?;
    let (now, table) = (world.now, find(call, world, &table)?);
    table.settle_all(now);
    let admitted = |item: &&Item| filter.as_ref().is_none_or(|filter| filter.holds(item));
    let items: Vec<Item> =
        table.items.values().filter(admitted).map(|item| projected(item, projection.as_deref())).collect();
    Ok(ok(&ScanOutput { count: items.len(), items, scanned_count: table.items.len() }))
}

fn describe_table(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input = Input::read(call)?;
    let name = input.constrained(None)?;
    let name = bare(call, &name);
    let message = format!("Requested resource not found: Table: {name} not found");
    let table = find(call, world, name).map_err(|refusal| Refusal { message, ..refusal })?;
    Ok(ok(&DescribeTableOutput::of(name, call.arn(&format!("table/{name}")), table)))
}

/// What a request must hold beside a table's name.
enum Holds {
    Key,
    Item,
}

impl Input {
    /// The table's name or ARN, once the members satisfy the model's constraints.
    fn constrained(&self, holds: Option<Holds>) -> Result<String, Refusal> {
        let mut constraints = Constraints::default();
        let name = constraints.required("tableName", self.table_name.as_deref()).unwrap_or_default();
        match holds {
            Some(Holds::Key) => drop(constraints.required("key", self.key.as_ref())),
            Some(Holds::Item) => drop(constraints.required("item", self.item.as_ref())),
            None => {}
        }
        let one_of = |words: &[&str]| format!("satisfy enum value set: [{}]", words.join(", "));
        if let Some(word) = &self.return_values {
            let words = ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"];
            constraints.check("returnValues", word, words.contains(&word.as_str()), one_of(&words));
        }
        if let Some(word) = &self.return_values_on_condition_check_failure {
            // The order of the words is unverified.
            let words = ["ALL_OLD", "NONE"];
            let path = "returnValuesOnConditionCheckFailure";
            constraints.check(path, word, words.contains(&word.as_str()), one_of(&words));
        }
        constraints.finish()?;
        Ok(name.to_owned())
    }

    fn returns_old_or_nothing(&self) -> Result<(), String> {
        match self.return_values.as_deref() {
            None | Some("NONE" | "ALL_OLD") => Ok(()),
            Some(_) => Err("ReturnValues can only be ALL_OLD or NONE".to_owned()),
        }
    }

    fn returns(&self, word: &str) -> bool {
        self.return_values.as_deref() == Some(word)
    }

    /// Names and values for the placeholders of expressions.
    fn placeholders(&mut self) -> Result<(BTreeMap<String, String>, Item), String> {
        let names = self.expression_attribute_names.take();
        let written = self.expression_attribute_values.take();
        let conditions = [&self.update_expression, &self.condition_expression, &self.filter_expression];
        let conditional = conditions.iter().any(|expression| expression.is_some());
        if names.is_some() && !conditional && self.projection_expression.is_none() {
            return Err("ExpressionAttributeNames can only be specified when using expressions".to_owned());
        }
        if written.is_some() && !conditional {
            return Err("ExpressionAttributeValues can only be specified when using expressions".to_owned());
        }
        let is_key = |key: &str, sign: char| {
            let word = key.strip_prefix(sign).unwrap_or_default();
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if names.as_ref().is_some_and(BTreeMap::is_empty) {
            return Err("ExpressionAttributeNames must not be empty".to_owned());
        }
        let names = names.unwrap_or_default();
        if let Some(key) = names.keys().find(|key| !is_key(key, '#')) {
            return Err(format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{key}\""));
        }
        if written.as_ref().is_some_and(BTreeMap::is_empty) {
            return Err("ExpressionAttributeValues must not be empty".to_owned());
        }
        let written = written.unwrap_or_default();
        if let Some(key) = written.keys().find(|key| !is_key(key, ':')) {
            return Err(format!("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{key}\""));
        }
        let mut values = Item::new();
        for (key, value) in written {
            match AttributeValue::try_from(value) {
                Ok(value) => drop(values.insert(key, value)),
                Err(problem) => {
                    let message = format!("ExpressionAttributeValues contains invalid value: {problem} for key {key}");
                    return Err(message);
                }
            }
        }
        Ok((names, values))
    }

    fn condition<'a>(&'a self, placeholders: &Placeholders<'a>) -> Result<Option<Condition<'a>>, String> {
        expression::condition("ConditionExpression", self.condition_expression.as_deref(), placeholders)
    }

    /// The answer, if the condition does not hold; with the item if the request wants to see it.
    fn failed(&self, condition: Option<&Condition<'_>>, item: Option<&Item>) -> Option<Result<Reply, Refusal>> {
        if condition?.holds(item.unwrap_or(&Item::new())) {
            return None;
        }
        let shown = item.filter(|_| self.return_values_on_condition_check_failure.as_deref() == Some("ALL_OLD"));
        Some(shown.map_or_else(|| Err(check_failed()), |item| Ok(check_failed_with(item))))
    }

    /// What of the item the answer to an update shows, if there is anything to show.
    fn returned(&self, update: Option<&Update<'_>>, before: Option<&Item>, item: &Item) -> Option<Item> {
        let part = |item: &Item| update.map(|update| update.part(item)).filter(|part| !part.is_empty());
        match self.return_values.as_deref()? {
            "ALL_OLD" => before.cloned(),
            "ALL_NEW" => Some(item.clone()),
            "UPDATED_OLD" => before.and_then(part),
            "UPDATED_NEW" => part(item),
            _ => None,
        }
    }
}

impl Table {
    /// The value of the partition key, which must be all there is in `key`.
    fn key(&self, mut key: Item) -> Result<String, Refusal> {
        match (key.remove(&self.partition_key), key.is_empty()) {
            (Some(AttributeValue::S(key)), true) => self.check_key(&key).map(|()| key),
            _ => Err(Refusal::validation("The provided key element does not match the schema")),
        }
    }

    /// The value of an item's partition key.
    fn key_of(&self, item: &Item) -> Result<String, Refusal> {
        let name = &self.partition_key;
        let problem = match item.get(name) {
            Some(AttributeValue::S(key)) => return self.check_key(key).map(|()| key.clone()),
            Some(value) => format!("Type mismatch for key {name} expected: S actual: {}", value.type_name()),
            None => format!("Missing the key {name} in the item"),
        };
        Err(Refusal::validation(format!("One or more parameter values were invalid: {problem}")))
    }

    fn check_key(&self, key: &str) -> Result<(), Refusal> {
        let problem = match key.len() {
            0 => format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
                 empty string value. Key: {}",
                self.partition_key
            ),
            // There is no space before the number in AWS's sentence either.
            length if length > MAX_KEY_SIZE => format!(
                "One or more parameter values were invalid: \
                 Size of hashkey has exceeded the maximum size limit of{MAX_KEY_SIZE} bytes"
            ),
            _ => return Ok(()),
        };
        Err(Refusal::validation(problem))
    }
}

/// What is wrong with a write's request, whatever is in the table. AWS began in 2026 to put the number of errors before it,
/// in one Region after the other; for reads it does not.
fn enveloped(problem: String) -> Refusal {
    Refusal::validation(format!("1 validation error detected: {problem}"))
}

fn attributes(written: Option<BTreeMap<String, Written>>) -> Result<Item, String> {
    written.unwrap_or_default().into_iter().map(|(name, value)| Ok((name, value.try_into()?))).collect()
}

fn find<'a>(call: &Call, world: &'a mut World<'_>, name: &str) -> Result<&'a mut Table, Refusal> {
    let table = world.region.tables.get_mut(bare(call, name));
    table.ok_or_else(|| Refusal::new(400, "ResourceNotFoundException", "Requested resource not found"))
}

/// The name of a table in the caller's own account and Region that is named by its ARN.
fn bare<'a>(call: &Call, name: &'a str) -> &'a str {
    name.strip_prefix(&call.arn("table/")).unwrap_or(name)
}

/// The whole item, or what of it stands at the paths.
fn projected(item: &Item, paths: Option<&[Path<'_>]>) -> Item {
    match paths {
        Some(paths) => project(item, paths.iter()),
        None => item.clone(),
    }
}
