data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # jsonencode writes < and > as escapes, which are the same JSON; Scheduler's placeholders are put back in schedules.tf.
  configuration = jsonencode({
    guardrails                = jsondecode(var.guardrails == null ? file("${path.module}/../guardrails.json") : jsonencode(var.guardrails))
    alarms                    = var.alarm_bindings
    schedules                 = var.schedule_bindings
    timetables                = var.timetables
    actionsInAlarmDescription = var.actions_in_alarm_description
    maxEventAge               = "${var.maximum_event_age}s"
    ledgerTable               = one(aws_dynamodb_table.ledger[*].name)
    changeEvents              = var.change_event_bus_arn
  })
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "Moves capacity to where a schedule or an alarm says it must be."
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = 128
  timeout          = var.timeout
  role             = aws_iam_role.function.arn
  kms_key_arn      = var.kms_key_arn
  publish          = var.published

  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)
  code_signing_config_arn        = var.code_signing_config_arn

  layers = var.configuration_layer_arn == null ? [] : [var.configuration_layer_arn]

  environment {
    variables = {
      SETPOINT_CONFIG = var.configuration_layer_arn == null ? local.configuration : "file:setpoint.json"
    }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) > 0 ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # The role must be able to write logs and read the queue before either is used.
  depends_on = [aws_iam_role_policy.function]
}

# What is invoked is the function as it stands, or the version that its last change published.
resource "aws_lambda_alias" "live" {
  count            = var.published ? 1 : 0
  name             = "live"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

locals {
  qualifier  = one(aws_lambda_alias.live[*].name)
  invoke_arn = var.published ? one(aws_lambda_alias.live[*].arn) : aws_lambda_function.this.arn
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  skip_destroy      = var.keep_when_destroyed
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = local.qualifier
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = var.maximum_event_age

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failures.arn
    }
  }
}

resource "aws_dynamodb_table" "ledger" {
  count        = var.ledger ? 1 : 0
  name         = "${var.name}-ledger"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "target"

  deletion_protection_enabled = var.keep_when_destroyed

  attribute {
    name = "target"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.ledger_recovery
  }

  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}
