//! The AWS CLI's commands that the function prints, read back as the AWS CLI reads them.

use serde_json::{Map, Value};

use crate::model::{self, Call};

/// The call that a command makes, and its Region.
///
/// # Errors
/// What is no command of the AWS CLI.
pub(crate) fn read(line: &str) -> Result<(Call, String), String> {
    let words = words(line)?;
    let mut words = words.iter().map(String::as_str);
    let (Some("aws"), Some(service), Some(operation)) = (words.next(), words.next(), words.next()) else {
        return Err("no command of the AWS CLI".to_owned());
    };
    let operation = model::operation(|name| {
        name.split_once(':').is_some_and(|(own, name)| own == service && kebab(name) == operation)
    });
    let operation = operation.ok_or("an operation that is not in the model")?;
    let members = model::members_of(operation).ok_or("no input")?;
    let (mut input, mut region) = (Map::new(), String::new());
    while let Some(option) = words.next() {
        let (option, value) = (option.strip_prefix("--").ok_or("no option")?, words.next().ok_or("no value")?);
        if option == "region" {
            value.clone_into(&mut region);
            continue;
        }
        let (name, shape) = members.iter().find(|(name, _)| kebab(name) == option).ok_or("an unknown option")?;
        input.insert(name.clone(), argument(shape, value)?);
    }
    Ok((Call { operation, input: Value::Object(input) }, region))
}

/// `DesiredWeightsAndCapacities` as `desired-weights-and-capacities`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// A text as it is, a number, JSON, or `Member=value`.
fn argument(shape: &Value, text: &str) -> Result<Value, String> {
    let number = |text: &str| text.parse::<i64>().map(Value::from).map_err(|error| format!("{text}: {error}"));
    match shape["type"].as_str().unwrap_or_default() {
        "string" => Ok(Value::from(text)),
        "integer" => number(text),
        "structure" if !text.starts_with('{') => {
            let (name, value) = text.split_once('=').ok_or("no member")?;
            Ok([(name.to_owned(), number(value)?)].into_iter().collect::<Map<_, _>>().into())
        }
        _ => serde_json::from_str(text).map_err(|error| format!("{text}: {error}")),
    }
}

/// As a POSIX shell takes a line apart that has no variables and no double quotes.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some(letter) => word.push(letter),
                        None => return Err("a quote that does not end".to_owned()),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next().ok_or("ends with a backslash")?),
            '$' | '"' | '`' | '*' | '?' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '#' | '~' | '\n' => {
                return Err(format!("the shell takes {letter} for its own"));
            }
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}
