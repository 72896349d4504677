# One endpoint, up on weekday mornings and down in the evenings, and an alarm that raises an alias's provisioned concurrency.

terraform {
  required_version = ">= 1.9"
}

variable "package" {
  description = "Path of Setpoint's zip."
  type        = string
}

module "setpoint" {
  source  = "../"
  package = var.package

  actions = [
    "sagemaker:UpdateEndpointWeightsAndCapacities",
    "lambda:PutProvisionedConcurrencyConfig",
  ]
  endpoint_names      = ["recsys"]
  qualified_functions = ["checkout:live"]

  guardrails = {
    unlisted = "deny"
    targets = [
      { target = "sagemaker:endpoint/recsys/variant/AllTraffic", min = 1, max = 6 },
      { target = "lambda:function:checkout:live", min = 5, max = 50 },
    ]
  }

  schedules = {
    morning = {
      expression = "cron(0 8 ? * MON-FRI *)"
      timezone   = "Europe/Berlin"
      input = jsonencode({
        action = "sagemaker:UpdateEndpointWeightsAndCapacities"
        input = {
          EndpointName                = "recsys"
          DesiredWeightsAndCapacities = [{ VariantName = "AllTraffic", DesiredInstanceCount = { atLeast = 4 } }]
        }
        issuedAt = "<aws.scheduler.scheduled-time>"
        id       = "<aws.scheduler.execution-id>"
      })
    }
    evening = {
      expression = "cron(0 20 ? * MON-FRI *)"
      timezone   = "Europe/Berlin"
      input = jsonencode({
        action = "sagemaker:UpdateEndpointWeightsAndCapacities"
        input = {
          EndpointName                = "recsys"
          DesiredWeightsAndCapacities = [{ VariantName = "AllTraffic", DesiredInstanceCount = { atMost = 1 } }]
        }
        issuedAt = "<aws.scheduler.scheduled-time>"
        id       = "<aws.scheduler.execution-id>"
      })
    }
  }

  alarm_bindings = {
    checkout-utilization = {
      ALARM = {
        action = "lambda:PutProvisionedConcurrencyConfig"
        input  = { FunctionName = "checkout", Qualifier = "live", ProvisionedConcurrentExecutions = { atLeast = 20 } }
      }
      OK = {
        action = "lambda:PutProvisionedConcurrencyConfig"
        input  = { FunctionName = "checkout", Qualifier = "live", ProvisionedConcurrentExecutions = { atMost = 5 } }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "checkout_utilization" {
  alarm_name          = "checkout-utilization"
  namespace           = "AWS/Lambda"
  metric_name         = "ProvisionedConcurrencyUtilization"
  dimensions          = { FunctionName = "checkout", Resource = "checkout:live" }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0.8
  alarm_actions       = [module.setpoint.alarm_topic_arn]
  ok_actions          = [module.setpoint.alarm_topic_arn]
}

output "function_arn" {
  value = module.setpoint.function_arn
}
