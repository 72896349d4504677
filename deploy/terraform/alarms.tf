# Alarms reach the function through the topic, or invoke it directly.

locals {
  alarm_arns = "arn:${data.aws_partition.current.partition}:cloudwatch:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:alarm:${var.alarm_names}"
}

# Not encrypted with a KMS key: alarms cannot publish under alias/aws/sns, whose key policy does not let CloudWatch in,
# and one of one's own must let it in, or alarms come to nothing. The messages carry alarm names and numbers.
resource "aws_sns_topic" "alarms" {
  name_prefix = "${var.name}-alarms-"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "AlarmsPublish"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
          ArnLike      = { "aws:SourceArn" = local.alarm_arns }
        }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      ], var.topic_carries == "payloads" ? [] : [
      {
        # Only CloudWatch publishes with an alarm as the source. It denies those too whom IAM in the account allows to
        # publish, and so what looks like an alarm and comes from a person.
        Sid       = "NothingButAlarms"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { ArnNotLike = { "aws:SourceArn" = local.alarm_arns } }
      },
    ])
  })
}

resource "aws_sns_topic_subscription" "function" {
  topic_arn      = aws_sns_topic.alarms.arn
  protocol       = "lambda"
  endpoint       = local.invoke_arn
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.failures.arn })
  depends_on     = [aws_lambda_permission.topic]
}

resource "aws_lambda_permission" "topic" {
  function_name = aws_lambda_function.this.function_name
  qualifier     = local.qualifier
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.alarms.arn
}

resource "aws_lambda_permission" "alarms" {
  function_name  = aws_lambda_function.this.function_name
  qualifier      = local.qualifier
  action         = "lambda:InvokeFunction"
  principal      = "lambda.alarms.cloudwatch.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
  source_arn     = local.alarm_arns
}
