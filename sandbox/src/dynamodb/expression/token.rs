//! An expression cut into its tokens.

/// A word, a placeholder, or a sign, where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of an expression. Words begin with a letter; what belongs to nothing is one by itself, which no rule of the
/// grammar wants.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(letter) = source.get(start..).and_then(|rest| rest.chars().next()) {
        let rest = &source[start..];
        let length = match letter {
            ' ' | '\t' | '\r' | '\n' => 0,
            '#' | ':' => 1 + word(&rest[1..]),
            letter if letter.is_ascii_alphabetic() => word(rest),
            letter if letter.is_ascii_digit() => {
                rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len())
            }
            '<' if rest.starts_with("<>") || rest.starts_with("<=") => 2,
            '>' if rest.starts_with(">=") => 2,
            letter => letter.len_utf8(),
        };
        if length > 0 {
            tokens.push(Token { text: &rest[..length], start });
        }
        start += length.max(1);
    }
    tokens
}

/// How long the word is that `text` begins with.
fn word(text: &str) -> usize {
    text.find(|letter| !is_word(letter)).unwrap_or(text.len())
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}
