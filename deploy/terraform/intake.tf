# A FIFO queue for payloads: the target is the message group, so that one target's changes keep their order. A message that
# fails holds back those after it in its batch, of other targets too, until it is visible again. No deduplication by
# content: raising, lowering and raising again within five minutes are three messages, not two.

resource "aws_sqs_queue" "intake" {
  count                      = var.queue_intake ? 1 : 0
  name                       = "${var.name}-intake.fifo"
  fifo_queue                 = true
  deduplication_scope        = "messageGroup"
  fifo_throughput_limit      = "perMessageGroupId"
  visibility_timeout_seconds = 6 * var.timeout
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  kms_master_key_id          = var.kms_key_arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.intake_redrive[0].arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "intake_redrive" {
  count                     = var.queue_intake ? 1 : 0
  name                      = "${var.name}-intake-redrive.fifo"
  fifo_queue                = true
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
}

resource "aws_sqs_queue_policy" "intake" {
  count     = length(aws_sqs_queue.intake)
  queue_url = aws_sqs_queue.intake[count.index].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.intake[count.index].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_lambda_event_source_mapping" "intake" {
  count                   = length(aws_sqs_queue.intake)
  event_source_arn        = aws_sqs_queue.intake[count.index].arn
  function_name           = local.invoke_arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_cloudwatch_metric_alarm" "intake_redrive" {
  count               = length(aws_sqs_queue.intake_redrive)
  alarm_name          = "${var.name}-intake-redrive"
  alarm_description   = "Messages of the intake failed for good. Read the redrive queue, then move them back or finish by hand."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.intake_redrive[count.index].name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.failure_alarm_actions
  ok_actions          = local.failure_alarm_actions
}
