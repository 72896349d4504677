# State machines that invoke the function, and go on where an invocation ends. Their definitions and their roles' statements
# are those of deploy/step-functions; this file only puts values into the placeholders.

locals {
  state_machines = var.step_functions ? toset(["settle", "rollout", "fleet"]) : toset([])

  # By its name, since a role cannot wait for what waits for the role.
  state_machine_values = {
    for name in local.state_machines : name => {
      InvokeArn       = [local.invoke_arn]
      RolloutTableArn = aws_dynamodb_table.rollouts[*].arn
      Name            = ["${var.name}-${name}"]
      FleetFiles      = var.fleet_files
    }
  }

  state_machine_statements = {
    for name in local.state_machines : name => [
      for statement in jsondecode(file("${path.module}/../step-functions/policy.json"))[name] : merge(statement, {
        Resource = flatten([
          for resource in statement.Resource : [
            for value in try(local.state_machine_values[name][one(regex("\\$\\{(InvokeArn|RolloutTableArn|Name|FleetFiles)\\}", resource))], [""]) : replace(replace(replace(replace(resource,
              "$${Partition}", data.aws_partition.current.partition),
              "$${Region}", data.aws_region.current.id),
              "$${Account}", data.aws_caller_identity.current.account_id),
            "/\\$\\{\\w+\\}/", value)
          ]
        ])
      })
    ]
  }
}

resource "aws_sfn_state_machine" "this" {
  for_each = local.state_machines
  name     = "${var.name}-${each.key}"
  role_arn = aws_iam_role.state_machine[each.key].arn
  definition = replace(replace(file("${path.module}/../step-functions/${each.key}.asl.json"),
    "$${InvokeArn}", local.invoke_arn),
  "$${RolloutTableName}", one(aws_dynamodb_table.rollouts[*].name))

  depends_on = [aws_iam_role_policy.state_machine]
}

# Which execution has which target, and what stood there before it.
resource "aws_dynamodb_table" "rollouts" {
  count        = var.step_functions ? 1 : 0
  name         = "${var.name}-rollouts"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "target"

  attribute {
    name = "target"
    type = "S"
  }
}

resource "aws_iam_role" "state_machine" {
  for_each             = local.state_machines
  name_prefix          = "${var.name}-${each.key}-"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "state_machine" {
  for_each = local.state_machines
  name     = each.key
  role     = aws_iam_role.state_machine[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.state_machine_statements[each.key] : statement if length(statement.Resource) > 0]
  })
}
