output "function_arn" {
  description = "The function, whatever is invoked of it."
  value       = aws_lambda_function.this.arn
}

output "invoke_arn" {
  description = "What to invoke directly, and what an alarm names as its Lambda action; with published, the alias."
  value       = local.invoke_arn
}

output "alarm_topic_arn" {
  description = "What an alarm names as its SNS action; with topic_carries = payloads, where payloads are published too."
  value       = aws_sns_topic.alarms.arn
}

output "failure_queue_url" {
  description = "Events that could not be done, each with its reason."
  value       = aws_sqs_queue.failures.url
}

output "intake_queue_url" {
  description = "Where to send payloads, with the target as message group; null without queue_intake."
  value       = one(aws_sqs_queue.intake[*].url)
}

output "intake_redrive_queue_url" {
  description = "Messages of the intake that could not be done; null without queue_intake."
  value       = one(aws_sqs_queue.intake_redrive[*].url)
}

output "schedule_group_name" {
  description = "Group for further schedules."
  value       = aws_scheduler_schedule_group.this.name
}

output "schedule_role_arn" {
  description = "Role for further schedules in that group."
  value       = aws_iam_role.schedules.arn
}

output "log_group_name" {
  description = "Where the function writes its log."
  value       = aws_cloudwatch_log_group.this.name
}

output "dashboard_name" {
  description = "The dashboard in CloudWatch; the saved queries are in Logs Insights under the same name. null without dashboard."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "ledger_table_name" {
  description = "Table for a configuration that comes from a layer; null without ledger."
  value       = one(aws_dynamodb_table.ledger[*].name)
}

output "state_machine_arns" {
  description = "What settle, rollout and fleet are started by; empty without step_functions."
  value       = { for name, it in aws_sfn_state_machine.this : name => it.arn }
}

output "schedule_inputs" {
  description = "What each schedule sends, before Scheduler replaces its placeholders."
  value       = { for name, schedule in aws_scheduler_schedule.this : name => schedule.target[0].input }
}
