# Everything that could not be done, from every asynchronous way in: the function's own failures, and what the topic,
# the schedules and the event rule could not hand over.

resource "aws_sqs_queue" "failures" {
  name_prefix               = "${var.name}-failures-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
}

resource "aws_sqs_queue_policy" "failures" {
  queue_url = aws_sqs_queue.failures.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "TopicKeepsFailures"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = aws_sqs_queue.failures.arn
          Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.alarms.arn } }
        },
        {
          Sid       = "OnlyOverTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = aws_sqs_queue.failures.arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ],
      [for rule in aws_cloudwatch_event_rule.payloads : {
        Sid       = "EventRuleKeepsFailures"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.failures.arn
        Condition = { ArnEquals = { "aws:SourceArn" = rule.arn } }
      }],
    )
  })
}

resource "aws_cloudwatch_metric_alarm" "failures" {
  alarm_name          = "${var.name}-failures"
  alarm_description   = "Events failed for good. Read the queue for the reason, then redrive them or finish by hand."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failures.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.failure_alarm_actions
  ok_actions          = local.failure_alarm_actions
}
