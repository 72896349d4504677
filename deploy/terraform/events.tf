# Custom events on the default bus, where a source is named.

resource "aws_cloudwatch_event_rule" "payloads" {
  count         = var.event_source == null ? 0 : 1
  name_prefix   = "${var.name}-"
  description   = "Events that carry a payload in their detail."
  event_pattern = jsonencode({ source = [var.event_source] })
}

resource "aws_cloudwatch_event_target" "function" {
  count = length(aws_cloudwatch_event_rule.payloads)
  rule  = aws_cloudwatch_event_rule.payloads[count.index].name
  arn   = local.invoke_arn

  retry_policy {
    maximum_retry_attempts       = 10
    maximum_event_age_in_seconds = var.maximum_event_age
  }

  dead_letter_config {
    arn = aws_sqs_queue.failures.arn
  }
}

resource "aws_lambda_permission" "events" {
  count         = length(aws_cloudwatch_event_rule.payloads)
  function_name = aws_lambda_function.this.function_name
  qualifier     = local.qualifier
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.payloads[count.index].arn
}
