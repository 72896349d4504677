//! Text for a shell: arguments quoted so that a command can be pasted.

/// `text` as one word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:@=,+".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// An option of a command with its value, and the space before it; nothing without a value.
pub(crate) fn option(name: &str, value: Option<&str>) -> String {
    value.map_or_else(String::new, |value| format!(" --{name} {}", quoted(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_touch_is_quoted() {
        assert_eq!(
            quoted("arn:aws:bedrock:us-east-1:1:custom-model/a.b:0:8k/x"),
            "arn:aws:bedrock:us-east-1:1:custom-model/a.b:0:8k/x"
        );
        assert_eq!(quoted("[{\"a\":1}]"), "'[{\"a\":1}]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("$LATEST"), "'$LATEST'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn an_option_without_a_value_is_not_there() {
        assert_eq!([option("name", Some("a b")), option("name", None)], [" --name 'a b'", ""]);
    }
}
