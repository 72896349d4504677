//! An SQS queue of what failed: receives, gives back, deletes.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::MessageSystemAttributeName;
use setpoint::plan::Place;

use super::failed::Message;

/// A queue by its URL.
pub(crate) struct Queue {
    client: Client,
    url: String,
}

/// For so long a message is nobody else's: a person's decision, and the longest invocation. In seconds.
const HIDDEN: i32 = 60 * 60;

/// Long enough for SQS to ask all of its servers, in seconds.
const WAIT: i32 = 2;

impl Queue {
    /// Whether this is the URL of a queue, not the name of a file.
    pub(crate) fn is_url(source: &str) -> bool {
        ["https://", "http://"].iter().any(|scheme| source.starts_with(scheme))
    }

    /// The queue at a URL; one of another Region than this is another function's.
    pub(crate) fn at(url: &str, sdk_config: &SdkConfig, home: &Place) -> Result<Self, String> {
        let host = url.split("//").nth(1).unwrap_or_default();
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
        let region = host.strip_prefix("sqs.").and_then(|rest| rest.split('.').next());
        if let Some(region) = region.filter(|region| *region != home.region.as_str()) {
            return Err(format!(
                "{url}: the queue is in {region}, and so is its function; this is {}: set AWS_REGION={region}",
                home.region
            ));
        }
        Ok(Self { client: Client::new(sdk_config), url: url.to_owned() })
    }

    /// The next message that nobody else has.
    pub(crate) async fn next(&self) -> Result<Option<Message>, String> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .visibility_timeout(HIDDEN)
            .wait_time_seconds(WAIT)
            .send()
            .await
            .map_err(|error| self.refused("ReceiveMessage", &error))?;
        let message = received.messages.unwrap_or_default().into_iter().next();
        Ok(message.map(|message| Message {
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            receipt: message.receipt_handle,
            attributes: message
                .attributes
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str().to_owned(), value))
                .collect(),
            message_attributes: message
                .message_attributes
                .into_iter()
                .flatten()
                .filter_map(|(name, attribute)| Some((name, attribute.string_value?)))
                .collect(),
        }))
    }

    /// Deletes a message that was received.
    pub(crate) async fn delete(&self, receipt: &str) -> Result<(), String> {
        let deleted = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await;
        deleted.map(|_| ()).map_err(|error| self.refused("DeleteMessage", &error))
    }

    /// Lets others receive a message again.
    pub(crate) async fn give_back(&self, receipt: &str) -> Result<(), String> {
        let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let given = call.visibility_timeout(0).send().await;
        given.map(|_| ()).map_err(|error| self.refused("ChangeMessageVisibility", &error))
    }

    fn refused<E>(&self, operation: &str, error: &SdkError<E>) -> String
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let url = &self.url;
        match error.code() {
            Some(code) => format!("{url}: {operation}: {code}: {}", error.message().unwrap_or("without a message")),
            None => format!("{url}: {operation}: {}", DisplayErrorContext(error)),
        }
    }
}
