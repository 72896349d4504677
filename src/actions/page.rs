//! A page of a list, and all pages of one.

use crate::error::{AwsFailure, Error};

/// A target as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The name by which an action knows it.
    pub(crate) name: String,
    /// By what its tags are asked for.
    pub(crate) arn: String,
}

/// A page of a list, and what the next one is asked for by.
pub(super) type Page<T> = (Vec<T>, Option<String>);

/// A target of a list that has a name and an ARN, as every answer of AWS's does.
pub(super) fn listed(name: Option<&str>, arn: Option<&str>) -> Option<Listed> {
    Some(Listed { name: name?.to_owned(), arn: arn?.to_owned() })
}

/// What all pages have. A page that leads to itself would have no end.
pub(super) async fn pages<T, P>(operation: &'static str, page: impl Fn(Option<String>) -> P) -> Result<Vec<T>, Error>
where
    P: Future<Output = Result<Page<T>, Error>>,
{
    let (mut found, mut next) = page(None).await?;
    while let Some(token) = next.filter(|token| !token.is_empty()) {
        let (more, after) = page(Some(token.clone())).await?;
        if after.as_ref() == Some(&token) {
            return Err(AwsFailure::unrecognised(operation, 200).into());
        }
        found.extend(more);
        next = after;
    }
    Ok(found)
}
