//! The messages of a log, in whatever way they were fetched.

use serde_json::{Deserializer, Value};

/// Every message that is a JSON object, and the number of those that are not.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) objects: Vec<Value>,
    pub(super) others: usize,
}

impl Messages {
    /// Takes in a text: JSON as `aws logs filter-log-events`, `aws logs get-log-events`, `aws logs get-query-results` or the
    /// console's export of Logs Insights give it; or lines, each with a message, whatever stands before it.
    pub(super) fn take(&mut self, text: &str) {
        let documents: Result<Vec<Value>, _> = Deserializer::from_str(text).into_iter().collect();
        match documents {
            Ok(documents) => documents.into_iter().for_each(|document| self.document(document)),
            Err(_) => text.lines().for_each(|line| self.message(line)),
        }
    }

    fn document(&mut self, document: Value) {
        match document {
            Value::Array(rows) => rows.into_iter().for_each(|row| self.row(row)),
            Value::Object(mut members) => match (members.remove("events"), members.remove("results")) {
                (Some(Value::Array(events)), _) => events.into_iter().for_each(|event| self.row(event)),
                (_, Some(Value::Array(rows))) => rows.into_iter().for_each(|row| self.fields(&row)),
                // A record has a member `event`, and neither of these.
                _ => self.objects.push(Value::Object(members)),
            },
            _ => self.others += 1,
        }
    }

    /// An event, a row of an export, or a message as it is.
    fn row(&mut self, row: Value) {
        match row.get("message").or_else(|| row.get("@message")) {
            // A record has a `message` too, which is a sentence.
            _ if row.get("decisions").is_some() => self.objects.push(row),
            Some(Value::String(message)) => self.message(message),
            Some(message) => self.objects.push(message.clone()),
            None => self.others += 1,
        }
    }

    /// A row of Logs Insights: `[{"field": "@message", "value": …}]`.
    fn fields(&mut self, row: &Value) {
        let mut fields = row.as_array().into_iter().flatten();
        match fields.find(|field| field["field"] == "@message").and_then(|field| field["value"].as_str()) {
            Some(message) => self.message(message),
            None => self.others += 1,
        }
    }

    /// A line, from its first brace to the end of what that opens.
    fn message(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let object = line.find('{').and_then(|at| Deserializer::from_str(&line[at..]).into_iter().next()?.ok());
        match object {
            Some(object) => self.objects.push(object),
            None => self.others += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(text: &str) -> (Vec<Value>, usize) {
        let mut messages = Messages::default();
        messages.take(text);
        (messages.objects, messages.others)
    }

    #[test]
    fn a_message_is_found_in_whatever_way_it_was_fetched() {
        let record = json!({"message": "a {", "decisions": []});
        let line = record.to_string();
        let of_insights = json!({"status": "Complete", "results": [
            [{"field": "@timestamp", "value": "t"}, {"field": "@message", "value": line}],
            [{"field": "@ptr", "value": "p"}],
        ]});
        let table = [
            (line.clone(), 0),
            (format!("{record:#}"), 0),
            (format!("START RequestId: 1\n{line}\n\nREPORT RequestId: 1\n"), 2),
            (format!("2026-03-24T10:30:00 {line}\n2026-03-24T10:30:01 END RequestId: 1"), 1),
            (format!("2026-03-24T10:30:00+00:00 2026/03/24/[$LATEST]0a1b {line}"), 0),
            (format!("EVENTS\t39\t1774348200\t{line}\t2026/03/24/[$LATEST]0a1b\t1774348200"), 0),
            (json!({"events": [{"message": line}, {"message": "END"}], "searchedLogStreams": []}).to_string(), 1),
            (format!("{:#}", json!({"events": [{"message": format!("{line}\n"), "timestamp": 1}]})), 0),
            (of_insights.to_string(), 1),
            (json!([{"@message": record}, {"@timestamp": "t"}]).to_string(), 1),
            (json!([{"@message": line}]).to_string(), 0),
            (json!([record]).to_string(), 0),
        ];
        for (text, others) in table {
            assert_eq!(taken(&text), (vec![record.clone()], others), "{text}");
        }
        assert_eq!(taken(""), (vec![], 0));
        assert_eq!(taken("{\"events\": []}"), (vec![], 0));
        assert_eq!(taken("{\"cut\": \"off"), (vec![], 1));
    }
}
