# Applies the module against a provider that answers by itself: `terraform test` needs no account.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/any" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-east-1:123456789012:function:setpoint" }
  }
  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:us-east-1:123456789012:function:setpoint:live" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:setpoint" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:queue" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:alarms" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/ledger" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/payloads" }
  }
}

variables {
  # Any file serves: nothing reads what is in it.
  package = "versions.tf"
}

run "as_delivered_the_role_has_every_action_and_the_ledger_and_nothing_optional" {
  assert {
    condition     = jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid == concat(distinct(flatten([for it in values(local.policy.actions) : it[*].Sid])), ["KeepFailures", "KeepLedger", "WriteLogs"])
    error_message = "it has ${jsonencode(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid)}"
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "$")
    error_message = "a placeholder was left: ${aws_iam_role_policy.function.policy}"
  }
  assert {
    condition     = length(aws_sqs_queue.intake) + length(aws_cloudwatch_event_rule.payloads) == 0 && length(aws_dynamodb_table.ledger) == 1
    error_message = "something optional was made without being asked for, or the ledger was not"
  }
}

run "one_action_gives_its_own_permissions_on_the_named_targets_alone" {
  variables {
    actions        = ["sagemaker:UpdateEndpointWeightsAndCapacities"]
    endpoint_names = ["recsys", "Ranking-*"]
    target_regions = ["eu-central-1", "us-east-1"]
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.function.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid    = "UpdateEndpointWeightsAndCapacities"
          Effect = "Allow"
          Action = ["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"]
          Resource = [
            "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/recsys",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys",
            "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/Ranking-*",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/Ranking-*",
            "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/ranking-*",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking-*",
          ]
        },
        {
          Sid      = "KeepFailures"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = ["arn:aws:sqs:us-east-1:123456789012:queue"]
        },
        {
          Sid      = "KeepLedger"
          Effect   = "Allow"
          Action   = local.policy.function.ledger[0].Action
          Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/ledger"]
        },
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["arn:aws:logs:us-east-1:123456789012:log-group:setpoint:*"]
        },
      ]
    }
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "copies_are_permitted_on_the_named_components_and_on_no_endpoint" {
  variables {
    actions                   = ["sagemaker:UpdateInferenceComponentRuntimeConfig"]
    inference_component_names = ["recsys-ranker", "ranking-*"]
  }
  assert {
    condition = [for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it if startswith(it.Action[0], "sagemaker:")] == [
      {
        Sid    = "UpdateInferenceComponentRuntimeConfig"
        Effect = "Allow"
        Action = ["sagemaker:DescribeInferenceComponent", "sagemaker:UpdateInferenceComponentRuntimeConfig"]
        Resource = [
          "arn:aws:sagemaker:us-east-1:123456789012:inference-component/recsys-ranker",
          "arn:aws:sagemaker:us-east-1:123456789012:inference-component/ranking-*",
        ]
      },
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "bedrock_reaches_the_throughput_and_both_kinds_of_model" {
  variables {
    actions               = ["bedrock:UpdateProvisionedModelThroughput"]
    provisioned_model_ids = ["abcdef123456"]
    custom_models         = ["amazon.titan-text-express-v1:0:8k/*"]
    foundation_models     = ["amazon.titan-text-express-v1:0:8k"]
  }
  assert {
    condition = flatten([for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if startswith(it.Action[0], "bedrock:")]) == [
      "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
      "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/*",
      "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
      "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/*",
      "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k",
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "bounds_are_permitted_on_the_named_scalable_targets" {
  variables {
    actions             = ["application-autoscaling:RegisterScalableTarget"]
    scalable_target_ids = ["0ec5*"]
  }
  assert {
    condition = [for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if startswith(it.Action[0], "application-autoscaling:")] == [
      ["*"],
      ["arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0ec5*"],
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "a_deployment_is_permitted_with_the_custom_models_alone" {
  variables {
    actions                     = ["bedrock:UpdateCustomModelDeployment"]
    custom_model_deployment_ids = ["chat12345678"]
    custom_models               = ["amazon.titan-text-express-v1:0:8k/*"]
  }
  assert {
    condition = flatten([for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if startswith(it.Action[0], "bedrock:")]) == [
      "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/chat12345678",
      "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/chat12345678",
      "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/*",
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "scaling_is_permitted_on_the_function_and_on_what_is_published_of_it" {
  variables {
    actions             = ["lambda:PutFunctionScalingConfig"]
    qualified_functions = ["thumbnails:$LATEST.PUBLISHED"]
  }
  assert {
    condition = flatten([for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if startswith(it.Action[0], "lambda:")]) == [
      "arn:aws:lambda:us-east-1:123456789012:function:thumbnails",
      "arn:aws:lambda:us-east-1:123456789012:function:thumbnails:$LATEST.PUBLISHED",
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "no_statement_has_the_id_of_another" {
  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function.policy).Statement) == length(toset(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid))
    error_message = "it has ${jsonencode(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid)}"
  }
}

run "each_option_brings_its_own_permission" {
  variables {
    kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    subnet_ids         = ["subnet-1"]
    security_group_ids = ["sg-1"]

    queue_intake = true
    timeout      = 300
    role_arns    = ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::444455556666:role/b"]
    tracing      = true
    event_source = "com.example.ops"

    change_event_bus_arn = "arn:aws:events:us-east-1:123456789012:event-bus/changes"
    selections           = true
  }
  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid) == toset(concat(flatten([for it in values(local.policy.actions) : it[*].Sid]), flatten([for it in values(local.policy.function) : it[*].Sid])))
    error_message = "it has ${jsonencode(jsondecode(aws_iam_role_policy.function.policy).Statement[*].Sid)}"
  }
  assert {
    condition     = [for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if it.Sid == "AssumeRoles"] == [["arn:aws:iam::111122223333:role/a", "arn:aws:iam::444455556666:role/b"]]
    error_message = "the roles are not those that were given"
  }
  assert {
    condition     = aws_sqs_queue.intake[0].visibility_timeout_seconds == 1800
    error_message = "it is ${aws_sqs_queue.intake[0].visibility_timeout_seconds}, not six times 300"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.SETPOINT_CONFIG).ledgerTable == "setpoint-ledger"
    error_message = "the function is not told of its ledger"
  }
}

run "the_configuration_agrees_with_the_retries_and_the_shared_guardrails" {
  variables {
    maximum_event_age = 7200
  }
  assert {
    condition = jsondecode(aws_lambda_function.this.environment[0].variables.SETPOINT_CONFIG) == {
      guardrails                = jsondecode(file("../guardrails.json"))
      alarms                    = {}
      schedules                 = {}
      timetables                = {}
      actionsInAlarmDescription = false
      maxEventAge               = "7200s"
      ledgerTable               = "setpoint-ledger"
      changeEvents              = null
    }
    error_message = "it is ${aws_lambda_function.this.environment[0].variables.SETPOINT_CONFIG}"
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_event_age_in_seconds == 7200
    error_message = "Lambda's retries end at another time"
  }
}

run "where_there_are_timetables_a_schedule_follows_them" {
  variables {
    timetables = {
      recsys = {
        zone    = "Europe/Berlin"
        periods = [{ name = "always", do = { action = "lambda:DeleteProvisionedConcurrencyConfig", input = { FunctionName = "f", Qualifier = "live" } } }]
      }
    }
  }
  assert {
    condition     = one(aws_scheduler_schedule.tick[*].target[0].input) == "{\"follow\":\"*\",\"issuedAt\":\"<aws.scheduler.scheduled-time>\",\"id\":\"<aws.scheduler.execution-id>\"}"
    error_message = "nothing follows them"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.SETPOINT_CONFIG).timetables.recsys.zone == "Europe/Berlin"
    error_message = "the function does not know them"
  }
}

run "without_timetables_nothing_is_sent_every_five_minutes" {
  assert {
    condition     = length(aws_scheduler_schedule.tick) == 0
    error_message = "a schedule follows what is not there"
  }
}

run "changes_are_told_on_the_bus_that_is_given_and_no_other" {
  variables {
    change_event_bus_arn = "arn:aws:events:us-east-1:123456789012:event-bus/changes"
  }
  assert {
    condition = [for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if it.Sid == "TellOfChanges"] == [
      ["arn:aws:events:us-east-1:123456789012:event-bus/changes"],
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.SETPOINT_CONFIG).changeEvents == "arn:aws:events:us-east-1:123456789012:event-bus/changes"
    error_message = "the function is not told of the bus"
  }
}

run "what_there_is_is_listed_only_where_payloads_may_select" {
  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "ListTargets")
    error_message = "it may list without being let"
  }
}

run "a_function_that_may_select_lists_everything_and_reads_the_tags_of_what_it_reaches" {
  variables {
    selections     = true
    endpoint_names = ["reco-*"]
  }
  assert {
    condition = [for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if it.Sid == "ListTargets"] == [
      ["*"],
    ]
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
  assert {
    condition     = contains(one([for it in jsondecode(aws_iam_role_policy.function.policy).Statement : it.Resource if it.Sid == "ListTags"]), "arn:aws:sagemaker:us-east-1:123456789012:endpoint/reco-*")
    error_message = "it is ${aws_iam_role_policy.function.policy}"
  }
}

run "without_a_ledger_there_is_no_table_and_no_permission" {
  variables {
    ledger = false
  }
  assert {
    condition     = length(aws_dynamodb_table.ledger) == 0 && !strcontains(aws_iam_role_policy.function.policy, "dynamodb:")
    error_message = "something of the ledger is left"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.SETPOINT_CONFIG).ledgerTable == null
    error_message = "the function is told of a ledger"
  }
}

run "as_delivered_nothing_holds_it_but_what_aws_brings" {
  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null && aws_lambda_function.this.reserved_concurrent_executions == -1 && length(aws_lambda_function.this.vpc_config) == 0 && !aws_lambda_function.this.publish
    error_message = "the function has something that nobody asked for"
  }
  assert {
    condition     = aws_sqs_queue.failures.sqs_managed_sse_enabled && aws_sqs_queue.failures.kms_master_key_id == null && !aws_dynamodb_table.ledger[0].server_side_encryption[0].enabled
    error_message = "a queue or the ledger is under another key than AWS's"
  }
  assert {
    condition     = !aws_cloudwatch_log_group.this.skip_destroy && !aws_dynamodb_table.ledger[0].deletion_protection_enabled
    error_message = "the log or the ledger stays unasked"
  }
  assert {
    condition     = aws_sns_topic_subscription.function.endpoint == "arn:aws:lambda:us-east-1:123456789012:function:setpoint"
    error_message = "it invokes ${aws_sns_topic_subscription.function.endpoint}"
  }
}

run "a_key_of_ones_own_encrypts_everything_that_holds_events" {
  variables {
    kms_key_arn  = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    queue_intake = true
    timeout      = 300
  }
  assert {
    condition = toset([
      aws_lambda_function.this.kms_key_arn,
      aws_cloudwatch_log_group.this.kms_key_id,
      aws_sqs_queue.failures.kms_master_key_id,
      aws_sqs_queue.intake[0].kms_master_key_id,
      aws_sqs_queue.intake_redrive[0].kms_master_key_id,
      aws_dynamodb_table.ledger[0].server_side_encryption[0].kms_key_arn,
    ]) == toset([var.kms_key_arn])
    error_message = "something is under another key"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.schedules.policy, var.kms_key_arn)
    error_message = "schedules cannot keep what failed"
  }
}

run "what_holds_it_reaches_everything_that_it_is_for" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    subnet_ids               = ["subnet-1", "subnet-2"]
    security_group_ids       = ["sg-1"]
    reserved_concurrency     = 0
    code_signing_config_arn  = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    keep_when_destroyed      = true
  }
  assert {
    condition     = toset([aws_iam_role.function.permissions_boundary, aws_iam_role.schedules.permissions_boundary]) == toset([var.permissions_boundary_arn])
    error_message = "a role has no boundary"
  }
  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(var.subnet_ids) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-1"])
    error_message = "the function is elsewhere"
  }
  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 0 && aws_lambda_function.this.code_signing_config_arn == var.code_signing_config_arn
    error_message = "the function runs, or unsigned"
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.skip_destroy && aws_dynamodb_table.ledger[0].deletion_protection_enabled
    error_message = "the log or the ledger goes all the same"
  }
}

run "what_is_published_is_what_every_way_in_invokes" {
  variables {
    published    = true
    queue_intake = true
    timeout      = 300
    event_source = "com.example.ops"
    schedules = {
      night = { expression = "cron(0 20 * * ? *)", timezone = "UTC", input = "{}" }
    }
  }
  assert {
    condition = toset([
      aws_sns_topic_subscription.function.endpoint,
      aws_cloudwatch_event_target.function[0].arn,
      aws_lambda_event_source_mapping.intake[0].function_name,
      aws_scheduler_schedule.this["night"].target[0].arn,
      jsondecode(aws_iam_role_policy.schedules.policy).Statement[0].Resource,
      output.invoke_arn,
    ]) == toset(["arn:aws:lambda:us-east-1:123456789012:function:setpoint:live"])
    error_message = "a way in passes the alias by"
  }
  assert {
    condition = toset([
      aws_lambda_permission.topic.qualifier,
      aws_lambda_permission.alarms.qualifier,
      aws_lambda_permission.events[0].qualifier,
      aws_lambda_function_event_invoke_config.this.qualifier,
    ]) == toset(["live"])
    error_message = "a permission, or the retries, are for another version"
  }
}

run "nobody_is_told_and_nothing_is_drawn_unless_the_operator_says_so" {
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.operator) + length(aws_cloudwatch_log_metric_filter.operator) + length(aws_cloudwatch_dashboard.this) + length(aws_cloudwatch_query_definition.saved) == 0
    error_message = "something was made without being asked for"
  }
  assert {
    condition     = output.dashboard_name == null
    error_message = "there is a dashboard"
  }
}

run "the_operators_topic_hears_of_every_alarm" {
  variables {
    operator_topic_arn    = "arn:aws:sns:us-east-1:123456789012:operators"
    failure_alarm_actions = ["arn:aws:sns:us-east-1:123456789012:on-call"]
    queue_intake          = true
    timeout               = 300
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.operator)) == toset(concat(keys(jsondecode(file("../alarms.json")).alarms), keys(jsondecode(file("../alarms.json")).intake)))
    error_message = "there are ${jsonencode(keys(aws_cloudwatch_metric_alarm.operator))}"
  }
  assert {
    condition     = alltrue([for it in aws_cloudwatch_metric_alarm.operator : it.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:operators"]) && it.ok_actions == it.alarm_actions])
    error_message = "an alarm tells somebody else"
  }
  assert {
    condition = alltrue([
      for it in [aws_cloudwatch_metric_alarm.failures, aws_cloudwatch_metric_alarm.intake_redrive[0]] :
      it.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:operators", "arn:aws:sns:us-east-1:123456789012:on-call"])
    ])
    error_message = "the alarms on the queues tell somebody else"
  }
  assert {
    condition     = [for it in aws_cloudwatch_metric_alarm.operator["Late"].metric_query : it.expression if it.return_data] == ["100 * (age / 1000) / 3600"]
    error_message = "it is ${jsonencode(aws_cloudwatch_metric_alarm.operator["Late"].metric_query)}"
  }
  assert {
    condition     = [for it in aws_cloudwatch_metric_alarm.operator["Late"].metric_query : one(it.metric).metric_name if !it.return_data] == ["AsyncEventAge"]
    error_message = "it is ${jsonencode(aws_cloudwatch_metric_alarm.operator["Late"].metric_query)}"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.operator["Failing"].dimensions == tomap({ functionName = "setpoint" }) && aws_cloudwatch_metric_alarm.operator["Failing"].threshold == 3
    error_message = "it is ${jsonencode(aws_cloudwatch_metric_alarm.operator["Failing"])}"
  }
  assert {
    condition = alltrue([
      for name, it in aws_cloudwatch_log_metric_filter.operator :
      it.pattern == jsondecode(file("../alarms.json")).filters[name] && it.metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.operator[title(name)].namespace && it.metric_transformation[0].name == aws_cloudwatch_metric_alarm.operator[title(name)].metric_name
    ])
    error_message = "a filter counts what no alarm looks at"
  }
}

run "without_an_intake_nothing_watches_one" {
  variables {
    operator_topic_arn = "arn:aws:sns:us-east-1:123456789012:operators"
    dashboard          = true
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.operator)) == toset(keys(jsondecode(file("../alarms.json")).alarms))
    error_message = "there are ${jsonencode(keys(aws_cloudwatch_metric_alarm.operator))}"
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == length(jsondecode(file("../dashboard.json")).widgets)
    error_message = "it is ${aws_cloudwatch_dashboard.this[0].dashboard_body}"
  }
}

run "the_dashboard_and_the_queries_are_the_shared_ones" {
  variables {
    dashboard    = true
    queue_intake = true
    timeout      = 300
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == length(concat(jsondecode(file("../dashboard.json")).widgets, jsondecode(file("../dashboard.json")).intake)) && !strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "$${")
    error_message = "it is ${aws_cloudwatch_dashboard.this[0].dashboard_body}"
  }
  assert {
    condition     = { for name, it in aws_cloudwatch_query_definition.saved : name => split("\n", it.query_string) } == { for name, lines in jsondecode(file("../queries.json")) : name => tolist(lines) }
    error_message = "they are ${jsonencode(aws_cloudwatch_query_definition.saved)}"
  }
  assert {
    condition     = output.dashboard_name == "setpoint" && aws_cloudwatch_query_definition.saved["changed"].name == "setpoint/changed"
    error_message = "they have other names"
  }
}

run "without_being_asked_for_there_is_no_state_machine" {
  assert {
    condition     = length(aws_sfn_state_machine.this) + length(aws_iam_role.state_machine) + length(aws_dynamodb_table.rollouts) == 0
    error_message = "something was made without being asked for"
  }
}

run "state_machines_are_the_shared_definitions_with_roles_of_their_own" {
  variables {
    step_functions           = true
    published                = true
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }
  assert {
    condition     = { for name, it in aws_sfn_state_machine.this : name => jsondecode(it.definition) } == { for name in ["settle", "rollout", "fleet"] : name => jsondecode(replace(replace(file("../step-functions/${name}.asl.json"), "$${InvokeArn}", "arn:aws:lambda:us-east-1:123456789012:function:setpoint:live"), "$${RolloutTableName}", "setpoint-rollouts")) }
    error_message = "they are ${jsonencode(aws_sfn_state_machine.this)}"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.state_machine["settle"].policy).Statement == [{ Sid = "InvokeFunction", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:us-east-1:123456789012:function:setpoint:live"] }]
    error_message = "it has ${aws_iam_role_policy.state_machine["settle"].policy}"
  }
  assert {
    condition = { for it in jsondecode(aws_iam_role_policy.state_machine["rollout"].policy).Statement : it.Sid => it.Resource } == {
      InvokeFunction = ["arn:aws:lambda:us-east-1:123456789012:function:setpoint:live"]
      LookAtAlarms   = ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"]
      KeepMarkers    = ["arn:aws:dynamodb:us-east-1:123456789012:table/ledger"]
      LookAtOwners   = ["arn:aws:states:us-east-1:123456789012:execution:setpoint-rollout:*"]
    }
    error_message = "it has ${aws_iam_role_policy.state_machine["rollout"].policy}"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.state_machine["fleet"].policy).Statement[*].Sid == ["InvokeFunction", "StartItems", "FollowItems", "CountItems"]
    error_message = "it has ${aws_iam_role_policy.state_machine["fleet"].policy}"
  }
  assert {
    condition     = alltrue([for it in aws_iam_role.state_machine : it.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"])
    error_message = "a role is not bounded"
  }
  assert {
    condition     = toset(keys(output.state_machine_arns)) == toset(["settle", "rollout", "fleet"])
    error_message = "they are ${jsonencode(output.state_machine_arns)}"
  }
}

run "a_fleet_reads_the_files_that_are_named_and_no_other" {
  variables {
    step_functions = true
    fleet_files    = ["fleets/*.json", "others/one.json"]
  }
  assert {
    condition     = [for it in jsondecode(aws_iam_role_policy.state_machine["fleet"].policy).Statement : it.Resource if it.Sid == "ReadFiles"] == [["arn:aws:s3:::fleets/*.json", "arn:aws:s3:::others/one.json"]]
    error_message = "it has ${aws_iam_role_policy.state_machine["fleet"].policy}"
  }
  assert {
    condition     = length(regexall("\\$\\{", join("", [for it in aws_iam_role_policy.state_machine : it.policy]))) == 0
    error_message = "a placeholder was left"
  }
}

run "a_file_that_is_none_is_refused" {
  command = plan
  variables {
    step_functions = true
    fleet_files    = ["s3://fleets/all.json"]
  }
  expect_failures = [var.fleet_files]
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    operator_topic_arn = "on-call@example.com"
  }
  expect_failures = [var.operator_topic_arn]
}

run "the_topic_carries_alarms_and_nothing_else" {
  variables {
    alarm_names = "recsys-*"
  }
  assert {
    condition = [for it in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : it if it.Sid == "NothingButAlarms"] == [{
      Sid       = "NothingButAlarms"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:us-east-1:123456789012:alarms"
      Condition = { ArnNotLike = { "aws:SourceArn" = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:recsys-*" } }
    }]
    error_message = "it is ${aws_sns_topic_policy.alarms.policy}"
  }
}

run "the_topic_carries_payloads_where_the_operator_says_so" {
  variables {
    topic_carries = "payloads"
  }
  assert {
    condition     = jsondecode(aws_sns_topic_policy.alarms.policy).Statement[*].Sid == ["AlarmsPublish", "OnlyOverTls"]
    error_message = "it is ${aws_sns_topic_policy.alarms.policy}"
  }
}

run "the_example_sends_the_scheduled_time_and_the_id_unescaped" {
  module {
    source = "./example"
  }
  assert {
    condition = module.setpoint.schedule_inputs == {
      evening = "{\"action\":\"sagemaker:UpdateEndpointWeightsAndCapacities\",\"id\":\"<aws.scheduler.execution-id>\",\"input\":{\"DesiredWeightsAndCapacities\":[{\"DesiredInstanceCount\":{\"atMost\":1},\"VariantName\":\"AllTraffic\"}],\"EndpointName\":\"recsys\"},\"issuedAt\":\"<aws.scheduler.scheduled-time>\"}"
      morning = "{\"action\":\"sagemaker:UpdateEndpointWeightsAndCapacities\",\"id\":\"<aws.scheduler.execution-id>\",\"input\":{\"DesiredWeightsAndCapacities\":[{\"DesiredInstanceCount\":{\"atLeast\":4},\"VariantName\":\"AllTraffic\"}],\"EndpointName\":\"recsys\"},\"issuedAt\":\"<aws.scheduler.scheduled-time>\"}"
    }
    error_message = "they are ${jsonencode(module.setpoint.schedule_inputs)}"
  }
}

run "a_function_without_a_qualifier_is_refused" {
  command = plan
  variables {
    qualified_functions = ["checkout"]
  }
  expect_failures = [var.qualified_functions]
}

run "an_action_that_does_not_exist_is_refused" {
  command = plan
  variables {
    actions = ["bedrock:DeleteCustomModel"]
  }
  expect_failures = [var.actions]
}

run "half_a_vpc_is_refused" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.security_group_ids]
}

run "a_queue_whose_failed_messages_return_too_late_is_refused" {
  command = plan
  variables {
    queue_intake = true
  }
  expect_failures = [var.queue_intake]
}
