//! Each action on the wire: METHOD path body, and the documented response.

mod bedrock;
mod connections;
mod examples;
mod lambda;
mod ledger;
mod sagemaker;
