//! Document paths: where in an item something stands.

use crate::resource::{AttributeValue, Item};

/// The names on the way from an item to a value in it, at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path<'a>(pub(super) Vec<&'a str>);

impl<'a> Path<'a> {
    /// The attribute that it begins at.
    pub(crate) fn attribute(&self) -> &'a str {
        self.0.first().copied().unwrap_or_default()
    }

    pub(super) fn of<'i>(&self, item: &'i Item) -> Option<&'i AttributeValue> {
        let (last, parents) = self.0.split_last()?;
        let mut map = item;
        for name in parents {
            let Some(AttributeValue::M(inner)) = map.get(*name) else { return None };
            map = inner;
        }
        map.get(*last)
    }

    /// The map that holds, or may hold, what it leads to, and the name there.
    pub(super) fn holder<'i>(&self, item: &'i mut Item) -> Option<(&'i mut Item, &'a str)> {
        let (last, parents) = self.0.split_last()?;
        let mut map = item;
        for name in parents {
            let Some(AttributeValue::M(inner)) = map.get_mut(*name) else { return None };
            map = inner;
        }
        Some((map, last))
    }

    /// As DynamoDB writes it in an error.
    pub(super) fn in_brackets(&self) -> String {
        format!("[{}]", self.0.join(", "))
    }
}

/// What of an item stands at the paths, each below the same names as in the item.
pub(crate) fn project<'p>(item: &Item, paths: impl Iterator<Item = &'p Path<'p>>) -> Item {
    let mut part = Item::new();
    'paths: for path in paths {
        let (Some(value), Some((last, parents))) = (path.of(item), path.0.split_last()) else { continue };
        let mut map = &mut part;
        for name in parents {
            let inner = map.entry((*name).to_owned()).or_insert_with(|| AttributeValue::M(Item::new()));
            let AttributeValue::M(inner) = inner else { continue 'paths };
            map = inner;
        }
        map.insert((*last).to_owned(), value.clone());
    }
    part
}

/// The two of `paths`, in brackets, of which one leads to, or through, what the other one leads to.
pub(super) fn overlap(paths: &[&Path<'_>]) -> Option<(String, String)> {
    // In their order, whatever begins with a path comes right behind it.
    let mut sorted: Vec<usize> = (0..paths.len()).collect();
    sorted.sort_by_key(|index| paths.get(*index));
    sorted.windows(2).find_map(|pair| {
        let [short, long] = pair else { return None };
        if !paths.get(*long)?.0.starts_with(&paths.get(*short)?.0) {
            return None;
        }
        let (first, second) = (short.min(long), short.max(long));
        Some((paths.get(*first)?.in_brackets(), paths.get(*second)?.in_brackets()))
    })
}
