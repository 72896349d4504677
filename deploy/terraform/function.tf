data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # jsonencode writes < and > as escapes, which are the same JSON; Scheduler's placeholders are put back in schedules.tf.
  configuration = jsonencode({
    guardrails                = jsondecode(var.guardrails == null ? file("${path.module}/../guardrails.json") : jsonencode(var.guardrails))
    alarms                    = var.alarm_bindings
    schedules                 = var.schedule_bindings
    actionsInAlarmDescription = var.actions_in_alarm_description
    maxEventAge               = "${var.maximum_event_age}s"
    ledgerTable               = one(aws_dynamodb_table.ledger[*].name)
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
  layers           = var.configuration_layer_arn == null ? [] : [var.configuration_layer_arn]

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

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # The role must be able to write logs and read the queue before either is used.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
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
}
