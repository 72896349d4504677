# The role's statements come from deploy/policy.json; this file only puts values into its placeholders.

locals {
  policy  = jsondecode(file("${path.module}/../policy.json"))
  actions = var.actions == null ? keys(local.policy.actions) : tolist(var.actions)

  options = {
    logs       = true
    failures   = true
    intake     = var.queue_intake
    ledger     = var.ledger
    changes    = var.change_event_bus_arn != null
    selections = var.selections
    roles      = length(var.role_arns) > 0
    tracing    = var.tracing
    key        = var.kms_key_arn != null
    network    = length(var.subnet_ids) > 0
  }

  asked = concat(
    flatten([for action in local.actions : local.policy.actions[action]]),
    flatten([for name, statements in local.policy.function : statements if local.options[name]]),
  )
  # Actions that read alike have a statement in common, and a policy takes no Sid twice.
  templates = [for position, it in local.asked : it if index(local.asked[*].Sid, it.Sid) == position]

  regions = length(var.target_regions) > 0 ? var.target_regions : [data.aws_region.current.id]

  # A resource ends in one of these, and becomes as many resources as it has values.
  placeholders = {
    # IAM has been seen to check the name of an endpoint in lower case, whatever it was created as.
    EndpointNames           = concat(var.endpoint_names, [for name in var.endpoint_names : lower(name)])
    InferenceComponentNames = var.inference_component_names
    # IAM lists the scaling of functions for the function itself.
    Functions                = [for it in var.qualified_functions : split(":", it)[0]]
    QualifiedFunctions       = var.qualified_functions
    ProvisionedModelIds      = var.provisioned_model_ids
    CustomModels             = var.custom_models
    FoundationModels         = var.foundation_models
    ScalableTargetIds        = var.scalable_target_ids
    CustomModelDeploymentIds = var.custom_model_deployment_ids
    RoleArns                 = var.role_arns
    LogGroupArn              = ["${aws_cloudwatch_log_group.this.arn}:*"]
    FailureQueueArn          = [aws_sqs_queue.failures.arn]
    IntakeQueueArn           = aws_sqs_queue.intake[*].arn
    LedgerTableArn           = aws_dynamodb_table.ledger[*].arn
    ChangeEventBusArn        = var.change_event_bus_arn[*]
    KmsKeyArn                = var.kms_key_arn[*]
  }

  statements = [
    for statement in local.templates : merge(statement, {
      Resource = distinct(flatten([
        for resource in statement.Resource : [
          for value in resource == "*" ? ["*"] : local.placeholders[one(regex("\\$\\{(\\w+)\\}$", resource))] : [
            for region in local.regions : replace(replace(replace(replace(resource,
              "$${Partition}", data.aws_partition.current.partition),
              "$${Region}", region),
              "$${Account}", data.aws_caller_identity.current.account_id),
            "/\\$\\{\\w+\\}$/", replace(value, "$", "$$"))
          ]
        ]
      ]))
    })
  ]
}

resource "aws_iam_role" "function" {
  name_prefix          = "${var.name}-"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  name   = "function"
  role   = aws_iam_role.function.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
