//! The request of each action, as AWS documents it, with targets where it takes counts and weights.

use serde_json::{Value, json};
use setpoint::action::About;

use crate::schema::count::{LARGEST, count, weight};
use crate::schema::draft::{Members, and, closed, has_any, or_null, text};
use crate::schema::spelling;

/// The request of an action; `None` for one that is not known here.
pub(super) fn of(action: &About) -> Option<Value> {
    Some(match action.name {
        "sagemaker:UpdateEndpointWeightsAndCapacities" => weights_and_capacities(),
        "sagemaker:UpdateInferenceComponentRuntimeConfig" => copies(),
        "lambda:PutProvisionedConcurrencyConfig" => provisioned_concurrency(),
        "lambda:DeleteProvisionedConcurrencyConfig" => no_provisioned_concurrency(),
        "bedrock:UpdateProvisionedModelThroughput" => throughput(),
        "application-autoscaling:RegisterScalableTarget" => scalable_target(),
        "bedrock:UpdateCustomModelDeployment" => deployment(),
        "lambda:PutFunctionScalingConfig" => scaling(),
        "bedrock:CreateProvisionedModelThroughput" => purchase(),
        "bedrock:DeleteProvisionedModelThroughput" => no_throughput(),
        _ => return None,
    })
}

fn name(of: &str) -> Value {
    let description = format!("Name of {of}: letters, digits and inner hyphens, 63 at most; not an ARN.");
    text(&description, spelling::SAGEMAKER_NAME)
}

fn weights_and_capacities() -> Value {
    let variants = json!({
        "description": "What changes, variant by variant, each named once.",
        "type": "array",
        "minItems": 1,
        "items": variant(),
    });
    closed(
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html",
        vec![("EndpointName", name("the endpoint")), ("DesiredWeightsAndCapacities", variants)],
        &["EndpointName", "DesiredWeightsAndCapacities"],
    )
}

fn variant() -> Value {
    const WEIGHT: &str = "Its weight among those of all variants, or {\"share\": s} of the traffic.";
    const INSTANCES: &str = "Instances: a count or a target. Not for a serverless variant.";
    let concurrency = |description: &str| or_null(count(description, 1, 200));
    let serverless = closed(
        "Of a serverless variant.",
        vec![
            ("MaxConcurrency", concurrency("Most invocations at the same time, up to 200: a count or a target.")),
            (
                "ProvisionedConcurrency",
                concurrency("Those that are kept warm, up to MaxConcurrency: a count or a target."),
            ),
        ],
        &[],
    );
    let serverless = and(or_null(serverless), has_any(&["MaxConcurrency", "ProvisionedConcurrency"]));
    let members: Members = vec![
        ("VariantName", name("the variant")),
        ("DesiredWeight", or_null(weight(WEIGHT))),
        ("DesiredInstanceCount", or_null(count(INSTANCES, 0, LARGEST))),
        ("ServerlessUpdateConfig", serverless),
    ];
    let asks = has_any(&["DesiredWeight", "DesiredInstanceCount", "ServerlessUpdateConfig"]);
    and(closed("One variant, with one thing to change at least.", members, &["VariantName"]), asks)
}

fn copies() -> Value {
    let config = closed(
        "What changes.",
        vec![("CopyCount", count("Copies of the component, down to none: a count or a target.", 0, LARGEST))],
        &["CopyCount"],
    );
    closed(
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateInferenceComponentRuntimeConfig.html",
        vec![("InferenceComponentName", name("the inference component")), ("DesiredRuntimeConfig", config)],
        &["InferenceComponentName", "DesiredRuntimeConfig"],
    )
}

fn function() -> Members {
    const FUNCTION: &str = "The function's name, its ARN, or a partial ARN such as 123456789012:function:my-function.";
    const QUALIFIER: &str = "An alias or a version number; never $LATEST, which cannot have provisioned concurrency.";
    vec![
        ("FunctionName", and(text(FUNCTION, &spelling::function()), json!({"maxLength": 140}))),
        ("Qualifier", text(QUALIFIER, spelling::QUALIFIER)),
    ]
}

fn provisioned_concurrency() -> Value {
    const EXECUTIONS: &str = "Execution environments that are kept warm, 1 or more: a count or a target. To zero it goes by \
                              lambda:DeleteProvisionedConcurrencyConfig.";
    let mut members = function();
    members.push(("ProvisionedConcurrentExecutions", count(EXECUTIONS, 1, LARGEST)));
    closed(
        "https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html",
        members,
        &["FunctionName", "Qualifier", "ProvisionedConcurrentExecutions"],
    )
}

fn no_provisioned_concurrency() -> Value {
    closed(
        "https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html",
        function(),
        &["FunctionName", "Qualifier"],
    )
}

fn throughput() -> Value {
    const NAME: &str = "What it is called from now on: 1 to 63 letters and digits, with single hyphens or underscores.";
    const MODEL: &str =
        "The model that it serves from now on: a custom model's ARN or name, or a foundation model's ARN or id.";
    let new_name = and(text(NAME, spelling::THROUGHPUT_NAME), json!({"maxLength": 63}));
    let new_model = and(text(MODEL, &spelling::model()), json!({"maxLength": 2048}));
    let members = vec![
        ("provisionedModelId", text("The Provisioned Throughput, by name or ARN.", &spelling::throughput())),
        ("desiredProvisionedModelName", or_null(new_name)),
        ("desiredModelId", or_null(new_model)),
    ];
    let page = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateProvisionedModelThroughput.html";
    and(closed(page, members, &["provisionedModelId"]), has_any(&["desiredProvisionedModelName", "desiredModelId"]))
}

fn purchase() -> Value {
    const NAME: &str = "What it is called: 1 to 63 letters and digits, with single hyphens or underscores.";
    const MODEL: &str = "The model that it serves: a custom model's ARN or name, or a foundation model's ARN or id.";
    const UNITS: &str = "How much is bought, 1 or more; a plain number.";
    let units = json!({"description": UNITS, "type": "integer", "minimum": 1, "maximum": LARGEST});
    let tag_text = |least: usize, most: usize| {
        let text = text("A part of a tag.", "[A-Za-z0-9 \\t\\n\\x0b\\f\\r._:/=+@-]*");
        and(text, json!({"minLength": least, "maxLength": most}))
    };
    let tag = closed("A tag.", vec![("key", tag_text(1, 128)), ("value", tag_text(0, 256))], &["key", "value"]);
    let tags = json!({"description": "What it is tagged with.", "type": "array", "maxItems": 200, "items": tag});
    let term = json!({
        "description": "For how long it is bought; without it, until it is deleted.",
        "enum": ["OneMonth", "SixMonths", null],
    });
    let members = vec![
        ("modelUnits", units),
        ("provisionedModelName", and(text(NAME, spelling::THROUGHPUT_NAME), json!({"maxLength": 63}))),
        ("modelId", and(text(MODEL, &spelling::model()), json!({"maxLength": 2048}))),
        ("commitmentDuration", term),
        ("tags", tags),
    ];
    closed(
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateProvisionedModelThroughput.html",
        members,
        &["modelUnits", "provisionedModelName", "modelId"],
    )
}

fn no_throughput() -> Value {
    closed(
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_DeleteProvisionedModelThroughput.html",
        vec![("provisionedModelId", text("The Provisioned Throughput, by name or ARN.", &spelling::throughput()))],
        &["provisionedModelId"],
    )
}

fn scalable_target() -> Value {
    let bound = |description: &str| or_null(count(description, 0, LARGEST));
    let flag = |what: &str| or_null(json!({"description": format!("Whether {what} is suspended."), "type": "boolean"}));
    let suspended = closed(
        "What of its scaling is suspended; what is not named stays.",
        vec![
            ("DynamicScalingInSuspended", flag("scaling down by policies")),
            ("DynamicScalingOutSuspended", flag("scaling up by policies")),
            ("ScheduledScalingSuspended", flag("scaling by scheduled actions")),
        ],
        &[],
    );
    let flags = ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"];
    let suspended = and(or_null(suspended), has_any(&flags));
    let members = vec![
        ("ServiceNamespace", text("The service that it is of, such as `ecs`.", spelling::NAMESPACE)),
        (
            "ResourceId",
            and(text("Its resource, such as `service/prod/web`.", spelling::RESOURCE_ID), json!({"maxLength": 1600})),
        ),
        ("ScalableDimension", text("What of it is scaled, such as `ecs:service:DesiredCount`.", spelling::DIMENSION)),
        ("MinCapacity", bound("The least that it is scaled to: a count or a target.")),
        ("MaxCapacity", bound("The most that it is scaled to: a count or a target.")),
        ("SuspendedState", suspended),
    ];
    let page = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html";
    let required = ["ServiceNamespace", "ResourceId", "ScalableDimension"];
    and(closed(page, members, &required), has_any(&["MinCapacity", "MaxCapacity", "SuspendedState"]))
}

fn deployment() -> Value {
    const MODEL: &str = "The custom model that it serves from now on, by its ARN.";
    let id = and(text("The deployment, by name or ARN.", &spelling::deployment()), json!({"maxLength": 93}));
    closed(
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateCustomModelDeployment.html",
        vec![("customModelDeploymentIdentifier", id), ("modelArn", text(MODEL, &spelling::deployed_model()))],
        &["customModelDeploymentIdentifier", "modelArn"],
    )
}

fn scaling() -> Value {
    const FUNCTION: &str = "The function's name, its ARN, or a partial ARN such as 123456789012:function:my-function; without a qualifier.";
    const QUALIFIER: &str = "$LATEST.PUBLISHED or a version number; no alias.";
    let bound = |description: &str| or_null(count(description, 0, 15_000));
    let config = closed(
        "Between how many it scales.",
        vec![
            ("MinExecutionEnvironments", bound("The fewest execution environments: a count or a target.")),
            ("MaxExecutionEnvironments", bound("The most execution environments: a count or a target.")),
        ],
        &[],
    );
    closed(
        "https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html",
        vec![
            ("FunctionName", and(text(FUNCTION, &spelling::unqualified_function()), json!({"maxLength": 140}))),
            ("Qualifier", text(QUALIFIER, spelling::PUBLISHED)),
            ("FunctionScalingConfig", and(config, has_any(&["MinExecutionEnvironments", "MaxExecutionEnvironments"]))),
        ],
        &["FunctionName", "Qualifier", "FunctionScalingConfig"],
    )
}
