# EventBridge Scheduler: a group and a role of their own, which schedules made elsewhere can use too.

resource "aws_scheduler_schedule_group" "this" {
  name_prefix = "${var.name}-"
}

resource "aws_scheduler_schedule" "this" {
  for_each                     = var.schedules
  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  state                        = each.value.enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.invoke_arn
    role_arn = aws_iam_role.schedules.arn
    # Scheduler replaces <aws.scheduler.scheduled-time> and the like only where they are written so, not as jsonencode escapes it.
    input = replace(replace(each.value.input, "\\u003c", "<"), "\\u003e", ">")

    retry_policy {
      maximum_retry_attempts       = 10
      maximum_event_age_in_seconds = var.maximum_event_age
    }

    dead_letter_config {
      arn = aws_sqs_queue.failures.arn
    }
  }
}

# On wherever there are timetables: what stops it is the switch that stops everything, or an empty map of them.
resource "aws_scheduler_schedule" "tick" {
  count               = length(var.timetables) > 0 || var.follow_timetables ? 1 : 0
  name                = "${var.name}-tick"
  group_name          = aws_scheduler_schedule_group.this.name
  description         = "Has the function do what the timetables say."
  schedule_expression = "rate(5 minutes)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.invoke_arn
    role_arn = aws_iam_role.schedules.arn
    input    = "{\"follow\":\"*\",\"issuedAt\":\"<aws.scheduler.scheduled-time>\",\"id\":\"<aws.scheduler.execution-id>\"}"

    # The next one does the same.
    retry_policy {
      maximum_retry_attempts       = 1
      maximum_event_age_in_seconds = var.maximum_event_age
    }

    dead_letter_config {
      arn = aws_sqs_queue.failures.arn
    }
  }
}

resource "aws_iam_role" "schedules" {
  name_prefix          = "${var.name}-"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          "aws:SourceArn"     = aws_scheduler_schedule_group.this.arn
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "schedules" {
  name = "schedules"
  role = aws_iam_role.schedules.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = local.invoke_arn },
        { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.failures.arn },
      ],
      [for arn in var.kms_key_arn[*] : { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = arn }],
    )
  })
}
