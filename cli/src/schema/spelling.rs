//! How names, ARNs and times are spelt, as regular expressions that every validator reads alike.

/// `aws`, and what begins with `aws-`.
const PARTITION: &str = "aws(?:-[a-z-]+)?";
/// Twelve digits.
pub(super) const ACCOUNT: &str = "[0-9]{12}";
/// A Region's code; 15 letters at most in its area, as Bedrock's patterns have it for all of it.
pub(super) const REGION: &str = "(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]{1,15}-[0-9]{1,2}";
/// The name of an endpoint, a variant or an inference component.
pub(super) const SAGEMAKER_NAME: &str = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/// An alias or a version number.
pub(super) const QUALIFIER: &str = "[A-Za-z0-9_-]{1,128}";
/// A version number, or the latest that is published.
pub(super) const PUBLISHED: &str = "\\$LATEST\\.PUBLISHED|[0-9]{1,128}";
/// The name of a Provisioned Throughput, of any length.
pub(super) const THROUGHPUT_NAME: &str = "[A-Za-z0-9](?:[-_]?[A-Za-z0-9])*[-_]?";
/// A service's namespace in Application Auto Scaling.
pub(super) const NAMESPACE: &str = "[a-z0-9-]+";
/// A resource's id there.
pub(super) const RESOURCE_ID: &str = "[A-Za-z0-9_./:$%+=@~,#-]{1,1600}";
/// A scalable dimension.
pub(super) const DIMENSION: &str = "[A-Za-z0-9-]+:[A-Za-z0-9-]+:[A-Za-z0-9-]+";
/// An external id.
pub(super) const EXTERNAL_ID: &str = "[A-Za-z0-9_+=,.@:/-]{2,1224}";
/// The name or the ARN of a table.
pub(super) const TABLE: &str = "[A-Za-z0-9_.:/-]{3,1024}";
/// The name of an event bus.
const BUS_NAME: &str = "[A-Za-z0-9_.-]{1,256}";
/// The longest unit first, and each once at most; how long that is in all, no expression says.
pub(super) const DURATION: &str = "(?:[0-9]+d *)?(?:[0-9]+h *)?(?:[0-9]+m *)?(?:[0-9]+s *)?";
/// A time of day with which a period begins.
pub(super) const TIME_OF_DAY: &str = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?";
/// A date; how many days its month has, no expression says here.
const DATE: &str = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";

/// The ARN of a role.
pub(super) fn role() -> String {
    format!("arn:{PARTITION}:iam::{ACCOUNT}:role/[\\s\\S]+")
}

/// The name or the ARN of an event bus.
pub(super) fn bus() -> String {
    format!("{BUS_NAME}|arn:{PARTITION}:events:{REGION}:{ACCOUNT}:event-bus[/:]{BUS_NAME}")
}

/// A function by name, partial ARN or ARN, with a qualifier or without.
pub(super) fn function() -> String {
    format!("{}(?::(?:\\$LATEST|{QUALIFIER}))?", unqualified_function())
}

/// The same without.
pub(super) fn unqualified_function() -> String {
    let arn = format!("arn:{PARTITION}:lambda:(?:{REGION})?:(?:{ACCOUNT})?:function[:/]");
    let partial = format!("(?:(?:{REGION}:)?{ACCOUNT}:)?(?:function:)?");
    format!("(?:{arn}|{partial})[A-Za-z0-9_-]{{1,64}}")
}

/// A Provisioned Throughput by name or ARN.
pub(super) fn throughput() -> String {
    format!("{THROUGHPUT_NAME}|arn:{PARTITION}:bedrock:{REGION}:{ACCOUNT}:provisioned-model/[a-z0-9]{{12}}")
}

/// The partitions that stand in the patterns of deployments.
const DEPLOYMENT_PARTITION: &str = "aws(?:|-us-gov|-cn|-iso|-iso-b)";

/// A custom model deployment by name or ARN.
pub(super) fn deployment() -> String {
    let name = "(?:[A-Za-z0-9][-_]?){1,63}";
    format!("{name}|arn:{DEPLOYMENT_PARTITION}:bedrock:{REGION}:{ACCOUNT}:custom-model-deployment/[a-z0-9]{{12}}")
}

/// A custom model as a deployment takes it: by its ARN.
pub(super) fn deployed_model() -> String {
    let word = "[a-z0-9-]{1,63}";
    let base = format!("{word}\\.[a-z0-9-]{{2,126}}(?:\\.{word}){{0,2}}(?::{word}){{0,2}}");
    let model = format!("custom-model/(?:imported|{base})/[a-z0-9]{{12}}");
    format!("arn:{DEPLOYMENT_PARTITION}:bedrock:{REGION}:{ACCOUNT}:{model}")
}

/// A model by its ARN, a foundation model by its id, or a custom model by its name.
pub(super) fn model() -> String {
    let word = "[a-z0-9-]{1,63}";
    let suffixes = format!("(?::{word}){{0,2}}");
    let foundation = format!("{word}\\.(?:[a-z0-9-]{{2,126}}|{word}\\.{word}){suffixes}");
    let custom = format!("custom-model/(?:imported|{word}\\.{word}){suffixes}/[a-z0-9]{{12}}");
    let arn = format!("arn:{PARTITION}:bedrock:{REGION}:(?::foundation-model/{foundation}|{ACCOUNT}:{custom})");
    format!("{THROUGHPUT_NAME}|{foundation}|{arn}")
}

/// Days of the week, such as `MON-FRI` or `SAT,SUN`, in any case.
pub(super) fn days() -> String {
    let names = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
    let either = |letter: char| format!("[{letter}{}]", letter.to_ascii_lowercase());
    let names = names.map(|name| name.chars().map(either).collect::<String>()).join("|");
    let day = format!("\\s*(?:{names})\\s*");
    let days = format!("{day}(?:-{day})?");
    format!("{days}(?:,{days})*")
}

/// A time with an offset, as far as an expression can tell one from what is none, or what EventBridge Scheduler fills in.
pub(super) fn time() -> String {
    let number = " *[0-9]{1,2}";
    let date = format!("[\\s+]*[0-9]+-{number}-{number}");
    let offset = "(?:[Zz]|[+\u{2212}-][0-9]{2}[: ]*[0-9]{2})";
    format!("{date}[Tt ]{number}:{number}:{number}.*{offset}|<aws\\.scheduler\\.[a-z-]+>")
}

/// A date, with a time of day or without.
pub(super) fn moment() -> String {
    format!("{DATE}(?:T{TIME_OF_DAY})?")
}
