//! A custom model, which no operation here changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A Bedrock custom model, which a Provisioned Throughput may change to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomModel {
    /// Its name, which stands for its ARN wherever a model is named.
    pub name: String,
    /// The foundation model it was customized from.
    pub base_model_arn: String,
    /// The job that made it; none for a model that was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_arn: Option<String>,
    /// When it was made.
    pub creation_time: DateTime<Utc>,
}
