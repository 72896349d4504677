//! How texts of one sort are spelt, so that a pattern that can match none of them is found.

use std::{fmt, mem};

use crate::spelling::glob::{ANY, ONE};

/// A spelling: fixed texts, and words that are free within what AWS lets them be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(pub &'static [Piece]);

/// A part of a [`Shape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This text.
    Text(&'static str),
    /// A word.
    Word(Word),
}

/// What a word may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// What stands for it where the shape is shown, such as `NAME`.
    pub label: &'static str,
    /// The characters it is made of.
    pub letters: Letters,
    /// The fewest and the most of them.
    pub length: (usize, usize),
    /// How long the ids are by which AWS knows the same things, where it has ids of lower-case letters and digits.
    pub id_length: Option<usize>,
}

/// The characters of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// ASCII letters, digits, and these.
    AlphanumericAnd(&'static str),
    /// ASCII letters in lower case.
    Lower,
    /// Digits.
    Digits,
}

impl Letters {
    fn have(self, letter: char) -> bool {
        match self {
            Self::AlphanumericAnd(others) => letter.is_ascii_alphanumeric() || others.contains(letter),
            Self::Lower => letter.is_ascii_lowercase(),
            Self::Digits => letter.is_ascii_digit(),
        }
    }
}

impl Word {
    /// A name of 1 to `longest` letters, digits and `others`.
    #[must_use]
    pub const fn name(label: &'static str, others: &'static str, longest: usize) -> Self {
        Self { label, letters: Letters::AlphanumericAnd(others), length: (1, longest), id_length: None }
    }

    /// A word of so many of these characters.
    pub(crate) const fn of(letters: Letters, fewest: usize, most: usize) -> Self {
        Self { label: "", letters, length: (fewest, most), id_length: None }
    }
}

/// A place in a shape that takes one character; some shapes have thousands.
#[derive(Clone, Copy)]
enum Slot<'a> {
    Only(char),
    Any { letters: &'a Letters, may_be_left_out: bool },
}

impl Slot<'_> {
    fn takes(self, letter: char) -> bool {
        match self {
            Self::Only(own) => own == letter,
            Self::Any { letters, .. } => letters.have(letter),
        }
    }

    fn may_be_left_out(self) -> bool {
        matches!(self, Self::Any { may_be_left_out: true, .. })
    }
}

impl Shape {
    /// True when the pattern matches some text of this shape.
    #[must_use]
    pub fn meets(self, pattern: &str) -> bool {
        meets(self.0, pattern)
    }

    /// What follows in this shape on a beginning of it that ends with a word and that the pattern matches.
    #[must_use]
    pub fn after(self, pattern: &str) -> Option<&'static str> {
        self.0.iter().enumerate().skip(1).find_map(|(index, piece)| match piece {
            Piece::Text(text) if meets(&self.0[..index], pattern) => Some(*text),
            _ => None,
        })
    }

    /// True for a text that has an id where this shape has a name: a name that looks so is possible, and not likely.
    #[must_use]
    pub fn is_by_id(self, text: &str) -> bool {
        let (Some(Piece::Text(before)), Some(Piece::Word(word))) = (self.0.first(), self.0.last()) else {
            return false;
        };
        let id = text.strip_prefix(before).unwrap_or_default();
        word.id_length == Some(id.len())
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && id.bytes().any(|b| b.is_ascii_digit())
    }

    /// The shape with these words in it, as far as they go; `None` when it has no room for all.
    #[must_use]
    pub fn filled(self, words: &[&str]) -> Option<String> {
        let mut words = words.iter();
        let mut filled = String::new();
        let mut end = 0;
        for piece in self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Word(_) => {
                    let Some(word) = words.next() else { break };
                    filled.push_str(word);
                    end = filled.len();
                }
            }
        }
        filled.truncate(end);
        words.next().is_none().then_some(filled)
    }

    /// The words of its fixed texts, such as `sagemaker` and `endpoint`.
    pub(crate) fn keywords(self) -> impl Iterator<Item = &'static str> {
        let texts = self.0.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(*text) } else { None });
        texts.flat_map(words)
    }
}

/// What stands between the separators of AWS's names.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([':', '/']).filter(|word| !word.is_empty())
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Word(word) => f.write_str(word.label),
        })
    }
}

/// Follows the pattern through all the ways that the pieces can be spelt at once.
fn meets(pieces: &[Piece], pattern: &str) -> bool {
    let Some((pieces, pattern)) = after_texts(pieces, pattern) else { return false };
    let slots = slots(pieces);
    let (mut at, mut next) = (vec![false; slots.len() + 1], vec![false; slots.len() + 1]);
    reach(&slots, &mut at, 0);
    for letter in pattern.chars() {
        next.fill(false);
        for place in (0..=slots.len()).filter(|place| at[*place]) {
            match letter {
                ANY => next[place..].fill(true),
                letter if place < slots.len() && (letter == ONE || slots[place].takes(letter)) => {
                    reach(&slots, &mut next, place + 1);
                }
                _ => {}
            }
            if letter == ANY {
                break;
            }
        }
        mem::swap(&mut at, &mut next);
        // Most patterns part from most shapes at their first letters.
        if !at.contains(&true) {
            return false;
        }
    }
    at[slots.len()]
}

/// What is left of both once the texts that the pieces begin with are taken off; `None` where the pattern begins otherwise.
fn after_texts<'a>(mut pieces: &'a [Piece], mut pattern: &'a str) -> Option<(&'a [Piece], &'a str)> {
    while let Some((Piece::Text(text), rest)) = pieces.split_first() {
        let plain = pattern.find([ANY, ONE]).map_or(pattern, |end| &pattern[..end]);
        if plain.len() < text.len() {
            return text.starts_with(plain).then_some((pieces, pattern));
        }
        (pieces, pattern) = (rest, pattern.strip_prefix(text)?);
    }
    Some((pieces, pattern))
}

/// Marks a place, and those behind it that can be come to by leaving out what may be left out: with a place that is marked
/// already, those are too.
fn reach(slots: &[Slot<'_>], at: &mut [bool], place: usize) {
    if at[place] {
        return;
    }
    let here = &mut at[place..];
    let passed = slots[place..].iter().take_while(|slot| slot.may_be_left_out()).count();
    here[..=passed].fill(true);
}

fn slots(pieces: &[Piece]) -> Vec<Slot<'_>> {
    let longest = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Word(word) => word.length.1,
    });
    let mut slots = Vec::with_capacity(longest.sum());
    for piece in pieces {
        match piece {
            Piece::Text(text) => slots.extend(text.chars().map(Slot::Only)),
            Piece::Word(Word { letters, length: (fewest, most), .. }) => {
                slots.extend((0..*most).map(|index| Slot::Any { letters, may_be_left_out: index >= *fewest }));
            }
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling::glob::Glob;

    const SHAPE: Shape = Shape(&[
        Piece::Text("s:e/"),
        Piece::Word(Word::name("NAME", "-", 3)),
        Piece::Text("/v/"),
        Piece::Word(Word::name("NAME", "-", 3)),
    ]);

    #[test]
    fn a_pattern_meets_a_shape_when_it_matches_some_text_of_it() {
        for pattern in ["*", "s:e/a/v/b", "s:e/*", "s:e/???/v/*", "*b", "s*a*", "?:?/?/?/?", "s:e/a-c/v/*"] {
            assert!(SHAPE.meets(pattern), "{pattern}");
        }
        for pattern in ["", "s:e/", "s:e/a", "s:e/a/v/", "s:e/abcd/v/*", "s:e/a_b/v/*", "s:e/a/v/b ", "x*", "????????"]
        {
            assert!(!SHAPE.meets(pattern), "{pattern}");
        }
    }

    /// Every pattern of up to four characters against every text of a small shape, one by one.
    #[test]
    fn no_pattern_is_called_impossible_that_matches_a_text() {
        const SMALL: Shape = Shape(&[Piece::Text("a"), Piece::Word(Word::of(Letters::Digits, 1, 2)), Piece::Text("b")]);
        let digits = (0..10).map(|n| n.to_string()).chain((0..100).map(|n| format!("{n:02}")));
        let texts: Vec<String> = digits.map(|digits| format!("a{digits}b")).collect();
        let mut patterns = vec![String::new()];
        for _ in 0..4 {
            let longer = patterns.iter().flat_map(|pattern| ["a", "b", "1", "*", "?"].map(|c| pattern.clone() + c));
            patterns = longer.chain(patterns.clone()).collect();
        }
        for pattern in patterns {
            let glob = Glob::new(&pattern);
            assert_eq!(SMALL.meets(&pattern), texts.iter().any(|text| glob.matches(text)), "{pattern}");
        }
    }

    #[test]
    fn a_beginning_that_ends_with_a_name_says_what_follows() {
        assert_eq!(SHAPE.after("s:e/a"), Some("/v/"));
        assert_eq!(SHAPE.after("s:e/a/v/b"), None);
        assert_eq!(SHAPE.after("s:e/"), None);
    }

    #[test]
    fn a_shape_is_filled_as_far_as_the_words_go() {
        assert_eq!(SHAPE.filled(&["x"]).as_deref(), Some("s:e/x"));
        assert_eq!(SHAPE.filled(&["x", "*"]).as_deref(), Some("s:e/x/v/*"));
        assert_eq!(SHAPE.filled(&["x", "y", "z"]), None);
        assert_eq!(SHAPE.to_string(), "s:e/NAME/v/NAME");
    }
}
