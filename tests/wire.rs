//! Each action on the wire: METHOD path body, and the documented response.

mod bedrock;
mod examples;
mod lambda;
mod sagemaker;
