# What the operator looks at, and is told. The alarms, the queries and the dashboard come from the files beside deploy/policy.json;
# this file only puts values into their placeholders.

locals {
  queries = jsondecode(file("${path.module}/../queries.json"))

  watched = {
    FunctionName           = aws_lambda_function.this.function_name
    LogGroupName           = aws_cloudwatch_log_group.this.name
    Region                 = data.aws_region.current.id
    MaximumEventAge        = var.maximum_event_age
    FailureQueueName       = aws_sqs_queue.failures.name
    IntakeQueueName        = try(aws_sqs_queue.intake[0].name, "")
    IntakeRedriveQueueName = try(aws_sqs_queue.intake_redrive[0].name, "")
  }

  operator_file   = jsondecode(file("${path.module}/../alarms.json"))
  operator_alarms = jsondecode(templatefile("${path.module}/../alarms.json", local.watched))
  dashboard       = jsondecode(templatefile("${path.module}/../dashboard.json", merge(local.watched, { for name, lines in local.queries : title(name) => join(" ", lines) })))

  failure_alarm_actions = concat(var.operator_topic_arn[*], var.failure_alarm_actions)
}

# In a namespace of its own for each function, because the lines that Lambda writes do not say whose they are.
resource "aws_cloudwatch_log_metric_filter" "operator" {
  for_each       = { for name, pattern in local.operator_file.filters : name => pattern if var.operator_topic_arn != null }
  name           = each.key
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value

  metric_transformation {
    namespace = "Setpoint/${aws_lambda_function.this.function_name}"
    name      = each.key
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "operator" {
  # The names are those of the file as it is: of what is filled in, Terraform does not know them before the function is there.
  for_each = {
    for name, part in merge({ for name, alarm in local.operator_file.alarms : name => "alarms" }, var.queue_intake ? { for name, alarm in local.operator_file.intake : name => "intake" } : {}) :
    name => local.operator_alarms[part][name] if var.operator_topic_arn != null
  }

  alarm_name          = "${var.name}-${lower(each.key)}"
  alarm_description   = each.value.AlarmDescription
  namespace           = try(each.value.Namespace, null)
  metric_name         = try(each.value.MetricName, null)
  dimensions          = try({ for it in each.value.Dimensions : it.Name => it.Value }, null)
  statistic           = try(each.value.Statistic, null)
  period              = try(each.value.Period, null)
  evaluation_periods  = each.value.EvaluationPeriods
  comparison_operator = each.value.ComparisonOperator
  threshold           = each.value.Threshold
  treat_missing_data  = each.value.TreatMissingData
  alarm_actions       = [var.operator_topic_arn]
  ok_actions          = [var.operator_topic_arn]

  dynamic "metric_query" {
    for_each = try(each.value.Metrics, [])
    content {
      id          = metric_query.value.Id
      label       = try(metric_query.value.Label, null)
      expression  = try(metric_query.value.Expression, null)
      return_data = metric_query.value.ReturnData

      dynamic "metric" {
        for_each = try([metric_query.value.MetricStat], [])
        content {
          namespace   = metric.value.Metric.Namespace
          metric_name = metric.value.Metric.MetricName
          dimensions  = { for it in metric.value.Metric.Dimensions : it.Name => it.Value }
          period      = metric.value.Period
          stat        = metric.value.Stat
        }
      }
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  count          = var.dashboard ? 1 : 0
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat(local.dashboard.widgets, var.queue_intake ? local.dashboard.intake : []) })
}

resource "aws_cloudwatch_query_definition" "saved" {
  for_each        = { for name, lines in local.queries : name => join("\n", lines) if var.dashboard }
  name            = "${var.name}/${each.key}"
  log_group_names = [aws_cloudwatch_log_group.this.name]
  query_string    = each.value
}
