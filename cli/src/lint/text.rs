//! A text that knows where in its file each of its bytes comes from.

use std::ops::Range;

/// What a scalar, a template's function or a whole file reads. What no file says has no place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    value: String,
    places: Vec<Option<usize>>,
}

/// How a written text differs from what it reads.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Quoting {
    /// In white space at most.
    Plain,
    /// In single quotes, where two stand for one.
    Single,
    /// With escapes that begin with a backslash.
    Escapes,
}

impl Text {
    /// All that a file says.
    pub(crate) fn whole(source: &str) -> Self {
        Self { value: source.to_owned(), places: (0..source.len()).map(Some).collect() }
    }

    /// What stands where only a deployment knows.
    pub(crate) fn unknown(stand_in: &str) -> Self {
        Self { value: stand_in.to_owned(), places: vec![None; stand_in.len()] }
    }

    /// What is written at one place, otherwise spelt.
    pub(crate) fn at(value: String, place: usize) -> Self {
        Self { places: vec![Some(place); value.len()], value }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.value
    }

    pub(crate) fn is_known(&self) -> bool {
        self.places.iter().all(Option::is_some)
    }

    pub(crate) fn push(&mut self, more: &Self) {
        self.value.push_str(&more.value);
        self.places.extend(&more.places);
    }

    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        Self { value: self.value[range.clone()].to_owned(), places: self.places[range].to_vec() }
    }

    /// Where in the file a range of it is written, as far as that is one place.
    pub(crate) fn span(&self, range: Range<usize>) -> Option<Range<usize>> {
        let (start, end) = (range.start.min(self.places.len()), range.end.min(self.places.len()));
        let mut known = self.places[start..end].iter().flatten().copied();
        let first = known.next()?;
        let last = known.scan(first, |last, place| {
            (place >= *last).then(|| {
                *last = place;
                place
            })
        });
        Some(first..last.last().unwrap_or(first) + 1)
    }

    /// The text as a pattern, with a `*` for what only a deployment knows.
    pub(crate) fn with_any(&self) -> String {
        let letter = |(byte, letter): (usize, char)| if self.places[byte].is_some() { letter } else { '*' };
        self.value.char_indices().map(letter).collect()
    }

    /// The text as JSON can be read from it: what a deployment fills in between the quotes is some text, elsewhere some value.
    pub(crate) fn with_values(&self) -> Self {
        let mut filled = Self::default();
        let (mut quoted, mut escaped, mut standing_in) = (false, false, false);
        for (byte, letter) in self.value.char_indices() {
            let known = self.places[byte].is_some();
            if !known && !quoted {
                if !standing_in {
                    filled.push(&Self::unknown("0"));
                }
                standing_in = true;
                continue;
            }
            standing_in = false;
            filled.push(&self.part(byte..byte + letter.len_utf8()));
            if known {
                quoted ^= letter == '"' && !escaped;
                escaped = letter == '\\' && !escaped;
            }
        }
        filled
    }

    /// What this text reads, with the place of each letter in it: white space apart, the letters come in the same order.
    pub(crate) fn read_as(&self, value: &str, quoting: Quoting) -> Self {
        let written: Vec<(usize, char)> = self.value.char_indices().collect();
        let mut next = 0;
        let mut read = Self::default();
        for letter in value.chars() {
            if !letter.is_whitespace() {
                next = after_space(&written, next, quoting);
            }
            let place = written.get(next).and_then(|(byte, _)| self.places[*byte]);
            read.value.push(letter);
            read.places.extend(std::iter::repeat_n(place, letter.len_utf8()));
            next += match written.get(next).map(|(_, letter)| *letter) {
                _ if letter.is_whitespace() => 0,
                Some('\\') if quoting == Quoting::Escapes => escape(&written[next..]),
                Some('\'') if quoting == Quoting::Single => 2,
                Some(_) => 1,
                None => 0,
            };
        }
        read
    }
}

/// The next letter that is no white space, also none in an escape.
fn after_space(written: &[(usize, char)], mut next: usize, quoting: Quoting) -> usize {
    let at = |index: usize| written.get(index).map(|(_, letter)| *letter);
    loop {
        match (at(next), at(next + 1)) {
            (Some(letter), _) if letter.is_whitespace() => next += 1,
            (Some('\\'), Some('n' | 't' | 'r' | ' ' | '\n')) if quoting == Quoting::Escapes => next += 2,
            _ => return next,
        }
    }
}

/// How many letters an escape has; two of UTF-16's halves are one.
fn escape(written: &[(usize, char)]) -> usize {
    let at = |index: usize| written.get(index).map(|(_, letter)| letter.to_ascii_lowercase());
    match (at(1), at(2), at(3)) {
        (Some('u'), Some('d'), Some('8' | '9' | 'a' | 'b')) => 12,
        (Some('u'), ..) => 6,
        (Some('x'), ..) => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(written: &str, quoting: Quoting, value: &str, of: &str) -> usize {
        let read = Text::whole(written).read_as(value, quoting);
        assert_eq!(read.as_str(), value);
        let start = value.find(of).unwrap();
        read.span(start..start + of.len()).unwrap().start
    }

    #[test]
    fn a_letter_is_found_behind_escapes_quotes_and_folds() {
        assert_eq!(place(r#"{\"a\": \"b\"}"#, Quoting::Escapes, r#"{"a": "b"}"#, "b"), 10);
        assert_eq!(place(r#"{\n  \"a\": 1}"#, Quoting::Escapes, "{\n  \"a\": 1}", "a"), 7);
        assert_eq!(place(r"\ud83d\ude00x", Quoting::Escapes, "😀x", "x"), 12);
        assert_eq!(place("it''s x", Quoting::Single, "it's x", "x"), 6);
        assert_eq!(place("{\n    a,\n    b}", Quoting::Plain, "{ a, b}", "b"), 13);
    }

    #[test]
    fn what_no_file_says_has_no_place() {
        let mut text = Text::whole("ab");
        text.push(&Text::unknown("x"));
        assert_eq!(text.span(0..3), Some(0..2));
        assert_eq!(text.span(2..3), None);
        assert!(!text.is_known());
    }
}
