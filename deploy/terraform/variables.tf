variable "name" {
  description = "Name of the function, and the beginning of the other names. A second deployment in one account needs another one."
  type        = string
  default     = "setpoint"
  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,32}$", var.name))
    error_message = "name takes 1 to 32 letters, digits, hyphens and underscores."
  }
}

variable "package" {
  description = "Path of the zip that `cargo lambda build --release --bin setpoint --output-format zip` made, built for the same architecture."
  type        = string
}

variable "architecture" {
  description = "Processor of the function."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "timeout" {
  description = "Seconds one invocation may take. It waits this long for a busy target before the event is delivered again."
  type        = number
  default     = 900
  validation {
    condition     = var.timeout >= 1 && var.timeout <= 900
    error_message = "timeout is 1 to 900 seconds."
  }
}

variable "log_level" {
  description = "Least severe level of the function's own log lines that is kept: INFO, WARN or ERROR. It writes none below INFO."
  type        = string
  default     = "INFO"
}

variable "log_retention_days" {
  description = "Days after which log lines are deleted."
  type        = number
  default     = 30
}

variable "tracing" {
  description = "Whether X-Ray samples invocations; charged per trace."
  type        = bool
  default     = false
}

variable "failure_alarm_actions" {
  description = "ARNs that the alarms on failed events notify."
  type        = list(string)
  default     = []
}

variable "operator_topic_arn" {
  description = "SNS topic that tells people of everything worth an alarm: failures, refusals, panics, age; with it the alarms are made. Not the module's own alarm topic, nor any that the function is subscribed to, or each alarm is an event for it. null for none."
  type        = string
  default     = null
  validation {
    condition     = var.operator_topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,256}$", var.operator_topic_arn))
    error_message = "operator_topic_arn is the ARN of a standard SNS topic."
  }
}

variable "dashboard" {
  description = "Whether there is a dashboard in CloudWatch, charged by the month, with saved queries of Logs Insights, which are not."
  type        = bool
  default     = false
}

variable "step_functions" {
  description = "Whether there are state machines that retry a payload for hours, roll out with holds and alarms, and send many. Charged by what they do."
  type        = bool
  default     = false
}

variable "fleet_files" {
  description = "Objects in S3 that a fleet's payloads may be read from, as BUCKET/KEY, where * stands for any characters."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for it in var.fleet_files : can(regex("^[a-z0-9.-]+/.+$", it))])
    error_message = "each must be BUCKET/KEY"
  }
}

variable "published" {
  description = "Whether each change publishes a version, which every way in invokes through the alias live, so that there is one to go back to."
  type        = bool
  default     = false
}

# What holds it

variable "kms_key_arn" {
  description = "Key of your own that encrypts the environment, the log, the queues and the ledger; its policy must let in who deploy/key-policy.json lists. null for keys of AWS's."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what the two roles may do, whatever theirs say."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Subnets that the function runs in. From there it must reach each service that it calls, through endpoints of the VPC or a NAT gateway."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the function in those subnets. They need to let HTTPS out, and nothing in."
  type        = list(string)
  default     = []
  validation {
    condition     = (length(var.security_group_ids) == 0) == (length(var.subnet_ids) == 0)
    error_message = "Give subnet_ids and security_group_ids both, or neither."
  }
}

variable "reserved_concurrency" {
  description = "Most invocations at the same time, kept free for this function; 0 stops it. null for the account's pool."
  type        = number
  default     = null
}

variable "code_signing_config_arn" {
  description = "Code signing configuration that the package must satisfy."
  type        = string
  default     = null
}

variable "keep_when_destroyed" {
  description = "Whether the log stays when the rest is destroyed, and the ledger's table refuses to be destroyed."
  type        = bool
  default     = false
}

# What the function may change

variable "actions" {
  description = "The actions that the role permits; null for all."
  type        = set(string)
  default     = null
  validation {
    condition     = var.actions == null ? true : length(setsubtract(var.actions, keys(local.policy.actions))) == 0 && length(var.actions) > 0
    error_message = "actions takes one or more of: ${join(", ", keys(local.policy.actions))}."
  }
}

variable "endpoint_names" {
  description = "SageMaker endpoints the role reaches: names or patterns in which * stands for any characters."
  type        = list(string)
  default     = ["*"]
}

variable "inference_component_names" {
  description = "SageMaker inference components the role reaches: names or patterns. An endpoint's name says nothing of its components'."
  type        = list(string)
  default     = ["*"]
}

variable "qualified_functions" {
  description = "Lambda functions the role reaches, as NAME:QUALIFIER (an alias, a version or $LATEST.PUBLISHED), or patterns."
  type        = list(string)
  default     = ["*:*"]
  validation {
    # Without the qualifier the ARN matches no alias and no version, and every call is denied.
    condition     = alltrue([for it in var.qualified_functions : can(regex("^[^:]+:[^:]+$", it))])
    error_message = "qualified_functions takes NAME:QUALIFIER, such as checkout:live, checkout:* or *:*."
  }
}

variable "provisioned_model_ids" {
  description = "Provisioned Throughputs the role reaches, by the twelve-character id in the ARN (not the name), or patterns."
  type        = list(string)
  default     = ["*"]
}

variable "custom_models" {
  description = "Custom models a Provisioned Throughput or a deployment may be given, as the part of the ARN after custom-model/, or patterns."
  type        = list(string)
  default     = ["*"]
}

variable "foundation_models" {
  description = "Foundation models a Provisioned Throughput may be given, as the part of the ARN after foundation-model/, or patterns."
  type        = list(string)
  default     = ["*"]
}

variable "scalable_target_ids" {
  description = "Scalable targets of Application Auto Scaling the role reaches, by the id in the ARN (not the resource's), or patterns."
  type        = list(string)
  default     = ["*"]
}

variable "custom_model_deployment_ids" {
  description = "Custom model deployments the role reaches, by the twelve-character id in the ARN (not the name), or patterns."
  type        = list(string)
  default     = ["*"]
}

variable "selections" {
  description = "Whether a payload may select its targets by name or tag, for which the function lists what there is. How many is for the guardrails' maxTargets."
  type        = bool
  default     = false
}

variable "target_regions" {
  description = "Regions whose targets the role reaches; empty for the function's own, [\"*\"] for all."
  type        = list(string)
  default     = []
}

variable "role_arns" {
  description = "Roles that the function may assume for targets in other accounts (roleArn in a payload)."
  type        = list(string)
  default     = []
}

# The operator's configuration

variable "guardrails" {
  description = "The configuration's guardrails; null for those of deploy/guardrails.json, which list the targets of the examples and refuse all others."
  type        = any
  default     = null
}

variable "alarm_bindings" {
  description = "The configuration's alarms, from alarm name to state to payload."
  type        = any
  default     = {}
}

variable "schedule_bindings" {
  description = "The configuration's schedules, from the name of a scheduled rule that sends no payload to the payload."
  type        = any
  default     = {}
}

variable "timetables" {
  description = "The configuration's timetables, from a name to a zone and periods. Where there are any, a schedule follows them every five minutes."
  type        = any
  default     = {}
}

variable "follow_timetables" {
  description = "Whether the timetables are followed where there are none here: those of a configuration layer."
  type        = bool
  default     = false
}

variable "actions_in_alarm_description" {
  description = "Whether an alarm's description may hold the payload. Then whoever may edit an alarm may scale, and guardrails must deny unlisted targets."
  type        = bool
  default     = false
}

variable "maximum_event_age" {
  description = "Seconds after which an event is too old to act on. It also ends the retries of Lambda, the schedules and the event rule."
  type        = number
  default     = 3600
  validation {
    condition     = var.maximum_event_age >= 60 && var.maximum_event_age <= 21600
    error_message = "maximum_event_age is 60 to 21600 seconds, as for Lambda's asynchronous invocations."
  }
}

variable "ledger" {
  description = "Whether a DynamoDB table makes the newest event per target win between concurrent invocations too. Charged per request."
  type        = bool
  default     = true
}

variable "ledger_recovery" {
  description = "Whether the ledger's table can be restored to any second of the last 35 days. Charged by size, which is a few kilobytes."
  type        = bool
  default     = false
}

variable "change_event_bus_arn" {
  description = "EventBridge bus on which an event tells of every write; the default one ends in event-bus/default. null for none."
  type        = string
  default     = null
  validation {
    condition     = var.change_event_bus_arn == null || can(regex("^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[a-zA-Z0-9._-]+$", var.change_event_bus_arn))
    error_message = "change_event_bus_arn is the ARN of an event bus."
  }
}

variable "configuration_layer_arn" {
  description = "Version ARN of a layer with the whole configuration in setpoint.json, for one longer than Lambda's 4 KB. It replaces the variables of this group; keep its maxEventAge equal to maximum_event_age."
  type        = string
  default     = null
}

# Ways in

variable "schedules" {
  description = "Schedules by name. `input` is the payload as JSON, with `\"issuedAt\": \"<aws.scheduler.scheduled-time>\"` and `\"id\": \"<aws.scheduler.execution-id>\"`; jsonencode is fine."
  type = map(object({
    expression = string
    timezone   = string
    input      = string
    enabled    = optional(bool, true)
  }))
  default = {}
  validation {
    condition     = alltrue([for it in var.schedules : can(regex("^(cron|rate|at)\\(.+\\)$", it.expression))])
    error_message = "A schedule's expression is cron(...), rate(...) or at(...)."
  }
  validation {
    condition     = alltrue([for it in var.schedules : can(jsondecode(it.input))])
    error_message = "A schedule's input is JSON."
  }
}

variable "alarm_names" {
  description = "Alarms that may publish to the topic or invoke the function directly: one name or a pattern."
  type        = string
  default     = "*"
}

variable "topic_carries" {
  description = "What may be published to the topic: alarms lets CloudWatch alone publish; payloads also whoever in the account has sns:Publish on it."
  type        = string
  default     = "alarms"
  validation {
    condition     = contains(["alarms", "payloads"], var.topic_carries)
    error_message = "topic_carries is alarms or payloads."
  }
}

variable "event_source" {
  description = "Source of events on the default event bus whose detail is a payload, such as com.example.ops; null for no rule."
  type        = string
  default     = null
}

variable "queue_intake" {
  description = "Whether a FIFO queue takes payloads. A message that fails returns after six times timeout, which must lie within maximum_event_age."
  type        = bool
  default     = false
  validation {
    condition     = !var.queue_intake || 6 * var.timeout < var.maximum_event_age
    error_message = "With queue_intake, six times timeout must be less than maximum_event_age, or a failed message comes back too old to act on."
  }
}
