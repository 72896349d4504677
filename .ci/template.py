"""Checks template.yaml as CloudFormation will see it, for each way its parameters can be set.

What SAM CLI, cfn-lint and the function itself know, they are asked; here is what none of them looks at.

python .ci/template.py              check the template and the parameter files beside the deployment
python .ci/template.py --self-test  break a copy in many ways, and require that each is noticed
"""

from __future__ import annotations

import copy
import functools
import itertools
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

os.environ["SAM_CLI_TELEMETRY"] = "0"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

from aws_cron_expression_validator.validator import AWSCronExpressionValidator
from cfnlint.api import lint
from parts import ROOT, TARGET, Checks
from samcli.commands.validate.lib.exceptions import InvalidSamDocumentException
from samcli.lib.cfn_language_extensions.api import process_template
from samcli.lib.cfn_language_extensions.models import PseudoParameterValues
from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

# The translator reports, when Python ends, that it sent no metrics; it should not.
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)

ACCOUNT = PseudoParameterValues(region="us-east-1", account_id="123456789012", partition="aws", stack_name="setpoint")
ENVIRONMENT_BYTES = 4096
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
EXECUTION_ID = "<aws.scheduler.execution-id>"
PLACEHOLDERS = {SCHEDULED_TIME, EXECUTION_ID, "<aws.scheduler.schedule-arn>", "<aws.scheduler.attempt-number>"}
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OPERATORS = "arn:aws:sns:us-east-1:123456789012:operators"
ALWAYS = {"Fn::Equals": ["", ""]}

# Ways to set the parameters that together make each condition true and false.
TIMETABLES = {
    "recsys": {
        "zone": "Europe/Berlin",
        "periods": [
            {
                "name": "always",
                "do": {
                    "action": "lambda:PutProvisionedConcurrencyConfig",
                    "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 5},
                },
            }
        ],
    }
}

VARIANTS: dict[str, dict[str, str]] = {
    "as delivered": {},
    "x86_64": {"Architecture": "x86_64"},
    "SageMaker off": {"SageMakerActions": "Disabled"},
    "Lambda off": {"LambdaActions": "Disabled"},
    "Bedrock off": {"BedrockActions": "Disabled"},
    "Application Auto Scaling off": {"ApplicationAutoScalingActions": "Disabled"},
    "narrowed": {
        "EndpointNames": "recsys",
        "InferenceComponentNames": "recsys-*",
        "QualifiedFunctions": "checkout:live",
        "ProvisionedModelIds": "abcdef123456",
        "CustomModelDeploymentIds": "chat12345678",
        "CustomModels": "amazon.titan-text-express-v1:0:8k/*",
        "FoundationModels": "amazon.titan-text-express-v1:0:8k",
        "ScalableTargetIds": "0ec5*",
        "AlarmNames": "recsys-*",
    },
    "every Region": {"TargetRegion": "*"},
    "no ledger": {"Ledger": "Disabled"},
    "changes told": {"ChangeEventBusArn": BUS},
    "selections": {"Selections": "Enabled"},
    "a ledger that can be restored": {"LedgerRecovery": "Enabled"},
    "queue": {"QueueIntake": "Enabled", "Timeout": "300"},
    "queue, longest": {"QueueIntake": "Enabled", "MaximumEventAge": "21600"},
    "topic with payloads": {"TopicCarries": "Payloads"},
    "events": {"EventSource": "com.example.ops"},
    "other accounts": {"RoleArns": "arn:aws:iam::111122223333:role/a,arn:aws:iam::444455556666:role/b"},
    "traced and told": {"Tracing": "Active", "FailureAlarmActions": "arn:aws:sns:us-east-1:123456789012:on-call"},
    "watched": {"OperatorTopicArn": OPERATORS, "Dashboard": "Enabled"},
    "watched, with the queue": {
        "OperatorTopicArn": OPERATORS,
        "FailureAlarmActions": "arn:aws:sns:us-east-1:123456789012:on-call",
        "Dashboard": "Enabled",
        "QueueIntake": "Enabled",
        "Timeout": "300",
    },
    "configured by a layer": {"ConfigurationLayerArn": "arn:aws:lambda:us-east-1:123456789012:layer:setpoint:1"},
    "a key of one's own": {"KmsKeyArn": KEY, "QueueIntake": "Enabled", "Timeout": "300"},
    "bounded": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary"},
    "in a VPC": {"SubnetIds": "subnet-0a1b2c3d4e5f60718,subnet-1a1b2c3d4e5f60718", "SecurityGroupIds": "sg-0a1b2c3d4e5f60718"},
    "two at a time": {"ReservedConcurrency": "2"},
    "signed": {"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"},
    "kept": {"WhenDeleted": "Keep"},
    "released": {"Release": "2026-11-26", "EventSource": "com.example.ops", "QueueIntake": "Enabled", "Timeout": "300"},
    "timetables": {"Timetables": json.dumps(TIMETABLES)},
    "timetables in a layer": {
        "ConfigurationLayerArn": "arn:aws:lambda:us-east-1:123456789012:layer:setpoint:1",
        "FollowTimetables": "Always",
    },
    "schedules on": {"ScheduleState": "ENABLED", "ScheduleTimezone": "America/New_York"},
}


class Sources(NamedTuple):
    """What is checked, as text, so that the self-test can break it."""

    template: str
    policy: str
    guardrails: str
    alarms: str
    queries: str
    dashboard: str
    version: str


def read_sources() -> Sources:
    return Sources(
        (ROOT / "template.yaml").read_text(),
        (ROOT / "deploy/policy.json").read_text(),
        (ROOT / "deploy/guardrails.json").read_text(),
        (ROOT / "deploy/alarms.json").read_text(),
        (ROOT / "deploy/queries.json").read_text(),
        (ROOT / "deploy/dashboard.json").read_text(),
        tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"],
    )


def main(arguments: list[str]) -> None:
    sources = read_sources()
    checks = Checks()
    if arguments == ["--self-test"]:
        self_test(checks, sources)
    elif not arguments:
        check_everything(checks, sources)
    else:
        sys.exit(__doc__)
    checks.exit()


def check_everything(checks: Checks, sources: Sources) -> None:
    with checks.check("sam validate --lint"):
        sam = Path(sys.executable).parent / "sam"
        command = [sam, "validate", "--lint", "--template", ROOT / "template.yaml"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        require_none([result.stdout + result.stderr] if result.returncode else [])
    with checks.check("what the template says of itself"):
        require_none(own_problems(sources))
    with checks.check("rules agree with the arithmetic"):
        require_none(rule_problems(yaml_parse(sources.template)))
    with checks.check("deploy/changes.yaml"):
        require_none(lint_problems((ROOT / "deploy/changes.yaml").read_text()))
    with checks.check("deploy/step-functions/template.yaml"):
        command = [sam, "validate", "--lint", "--template", ROOT / "deploy/step-functions/template.yaml"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        require_none([result.stdout + result.stderr] if result.returncode else [])
    for values in ({}, {"FleetFiles": "fleets/*.json", "PermissionsBoundaryArn": VARIANTS["bounded"]["PermissionsBoundaryArn"]}):
        with checks.check(f"state machines deployed with {list(values) or 'nothing else'}"):
            require_none(state_machine_problems(values))
    for name, values in {**VARIANTS, **parameter_files()}.items():
        with checks.check(f"deployed: {name}"):
            require_none(deployment_problems(sources, values))


def parameter_files() -> dict[str, dict[str, Any]]:
    """What `sam deploy --parameter-overrides file://…` would read."""
    paths = sorted((ROOT / "deploy/sam").glob("*.yaml"))
    return {str(path.relative_to(ROOT)): yaml_parse(path.read_text()) for path in paths}


def require_none(problems: list[str] | Iterator[str]) -> None:
    problems = list(problems)
    if problems:
        raise AssertionError("".join(f"\n      {problem}" for problem in problems))


# --- The template itself


def own_problems(sources: Sources) -> Iterator[str]:
    template = yaml_parse(sources.template)
    application = template["Metadata"]["AWS::ServerlessRepo::Application"]
    if application["SemanticVersion"] != sources.version:
        yield f"SemanticVersion is {application['SemanticVersion']}, Cargo.toml says {sources.version}"
    for key in ("LicenseUrl", "ReadmeUrl"):
        if not (ROOT / application[key]).is_file():
            yield f"{key} names {application[key]}, which does not exist; sam deploy would stop there"
    grouped = [
        name
        for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        for name in group["Parameters"]
    ]
    if sorted(grouped) != sorted(template["Parameters"]):
        yield f"not exactly once in a parameter group: {sorted(set(grouped) ^ set(template['Parameters']))}"
    for name, parameter in template["Parameters"].items():
        if not parameter.get("Description"):
            yield f"parameter {name} has no description"
        if parameter["Type"] == "String" and not {"AllowedValues", "AllowedPattern"} & set(parameter):
            yield f"parameter {name} takes any text"
    if json.loads(template["Parameters"]["Guardrails"]["Default"]) != json.loads(sources.guardrails):
        yield "the default of Guardrails is not deploy/guardrails.json"


def rule_problems(template: dict[str, Any]) -> Iterator[str]:
    """A queue's message comes back after six timeouts, which must be before it is too old."""
    timeouts, ages, states = (
        template["Parameters"][name]["AllowedValues"] for name in ("Timeout", "MaximumEventAge", "QueueIntake")
    )
    for timeout, age, state in itertools.product(timeouts, ages, states):
        values = parameter_values(template, {"Timeout": timeout, "MaximumEventAge": age, "QueueIntake": state})
        refused = "FailedMessagesReturnInTime" in rules_broken(template, values)
        if refused != (state == "Enabled" and 6 * timeout >= age):
            yield f"Timeout {timeout}, MaximumEventAge {age}, QueueIntake {state}: refused is {refused}"
    for subnets, groups in itertools.product(["", "subnet-1", "subnet-1,subnet-2"], ["", "sg-1"]):
        values = parameter_values(template, {"SubnetIds": subnets, "SecurityGroupIds": groups})
        refused = "VpcIsWhole" in rules_broken(template, values)
        if refused != (bool(subnets) != bool(groups)):
            yield f"SubnetIds {subnets!r}, SecurityGroupIds {groups!r}: refused is {refused}"
    switches = [name for name in template["Parameters"] if name.endswith("Actions") and name != "FailureAlarmActions"]
    for states in itertools.product(["Enabled", "Disabled"], repeat=len(switches)):
        values = parameter_values(template, dict(zip(switches, states, strict=True)))
        refused = "SomethingToChange" in rules_broken(template, values)
        if refused != ("Enabled" not in states):
            yield f"{dict(zip(switches, states, strict=True))}: refused is {refused}"


def rules_broken(template: dict[str, Any], values: dict[str, Any]) -> list[str]:
    """SAM resolves conditions and no rules, so each rule becomes the condition under which it refuses."""

    def condition(expression: Any) -> Any:
        match expression:
            case {"Fn::EachMemberEquals": [members, value]}:
                return {"Fn::Equals": [{"Fn::Join": ["", members]}, value]}
            case {"Fn::Contains": [choices, value]}:
                return {"Fn::Or": [{"Fn::Equals": [choice, value]} for choice in [choices[0], *choices]]}
            case dict():
                return {function: condition(operands) for function, operands in expression.items()}
            case list():
                return [condition(operand) for operand in expression]
        return expression

    def refuses(rule: dict[str, Any]) -> Any:
        asserted = {"Fn::And": [ALWAYS, *(condition(it["Assert"]) for it in rule["Assertions"])]}
        return {"Fn::And": [condition(rule.get("RuleCondition", ALWAYS)), {"Fn::Not": [asserted]}]}

    conditions = {name: refuses(rule) for name, rule in template["Rules"].items()}
    rules = {"Parameters": template["Parameters"], "Conditions": conditions, "Resources": {}}
    return [name for name, refused in resolved(rules, values)[0].items() if refused]


# --- The template as deployed


def deployment_problems(sources: Sources, values: dict[str, Any]) -> Iterator[str]:
    template = yaml_parse(sources.template)
    yield from parameter_problems(template, values)
    try:
        resources = deployed(template, values)
    except InvalidSamDocumentException as problem:
        yield str(problem)
        return
    yield from lint_problems(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}))
    yield from policy_problems(resources, json.loads(sources.policy), parameter_values(template, values))
    yield from topic_problems(resources, parameter_values(template, values))
    yield from ledger_problems(resources, parameter_values(template, values))
    yield from protection_problems(resources, parameter_values(template, values))
    yield from invocation_problems(resources, parameter_values(template, values))
    yield from alarm_problems(resources, json.loads(sources.alarms), parameter_values(template, values))
    yield from dashboard_problems(resources, sources, parameter_values(template, values))
    yield from schedule_problems(resources, parameter_values(template, values))
    yield from age_problems(resources)
    yield from configuration_problems(resources)
    yield from payload_problems(resources)


def parameter_values(template: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Each parameter as CloudFormation's `Ref` gives it: texts, and lists of texts."""
    given = {name: str(values.get(name, parameter["Default"])) for name, parameter in template["Parameters"].items()}
    lists = {name for name, parameter in template["Parameters"].items() if parameter["Type"] == "CommaDelimitedList"}
    return {name: value.split(",") if name in lists else value for name, value in given.items()}


def parameter_problems(template: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """CloudFormation's patterns are for the whole value, cfn-lint's for its beginning."""
    for name in set(values) - set(template["Parameters"]):
        yield f"there is no parameter {name}"
    given = parameter_values(template, values)
    for name, parameter in template["Parameters"].items():
        allowed, pattern = parameter.get("AllowedValues"), parameter.get("AllowedPattern")
        if allowed and given[name] not in map(str, allowed):
            yield f"parameter {name} does not allow {given[name]}"
        if pattern and not re.fullmatch(pattern, given[name]):
            yield f"parameter {name} does not allow {given[name]!r}: {pattern}"
    yield from (f"rule {rule} refuses these parameters" for rule in rules_broken(template, given))


def deployed(template: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The resources after the SAM transform, with every parameter and condition resolved."""
    given = parameter_values(template, values)
    validator = SamTemplateValidator(copy.deepcopy(template), managed_policy_loader=None, parameter_overrides=given)
    conditions, resources = resolved(yaml_parse(validator.get_translated_template_if_valid()), given)
    kept = {name: it for name, it in resources.items() if conditions.get(it.pop("Condition", None), True)}
    # What only AWS knows, such as the name of a resource, stands as ${LogicalId} or ${LogicalId.Attribute} in texts.
    return json.loads(re.sub(r"\$\{([\w.]+)\}", r"\1", json.dumps(kept)))


def resolved(template: dict[str, Any], given: dict[str, Any]) -> tuple[dict[str, bool], dict[str, Any]]:
    """The conditions and the resources; the resolver keeps those whose condition is false, so one more asks for them."""
    asked = {"Type": "Conditions", "Properties": {it: {"Fn::If": [it, True, False]} for it in template["Conditions"]}}
    asking = {**template, "Resources": {**template["Resources"], "Conditions": asked}}
    resources = process_template(asking, parameter_values=given, pseudo_parameters=ACCOUNT)["Resources"]
    return resources.pop("Conditions")["Properties"], resources


def lint_problems(template: str) -> list[str]:
    config = {"custom_rules": str(ROOT / ".ci/template-rules.txt"), "regions": [ACCOUNT.region]}
    return [f"cfn-lint {it.rule.id} at {it.path} {it.message}" for it in lint(template, config=config)]


def policy_problems(resources: dict[str, Any], policy: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """The function's role holds the statements of deploy/policy.json, and nothing else."""
    switches = {
        "sagemaker": "SageMakerActions",
        "lambda": "LambdaActions",
        "bedrock": "BedrockActions",
        "application-autoscaling": "ApplicationAutoScalingActions",
    }
    expected = [
        statement
        for action, statements in policy["actions"].items()
        if values[switches[action.partition(":")[0]]] == "Enabled"
        for statement in statements
    ]
    options = {
        "logs": True,
        "failures": True,
        "intake": values["QueueIntake"] == "Enabled",
        "ledger": values["Ledger"] == "Enabled",
        "changes": values["ChangeEventBusArn"] != "",
        "selections": values["Selections"] == "Enabled",
        "roles": values["RoleArns"] != [""],
        "tracing": values["Tracing"] == "Active",
        "key": values["KmsKeyArn"] != "",
        "network": values["SubnetIds"] != [""],
    }
    expected += [
        statement for name, statements in policy["function"].items() if options[name] for statement in statements
    ]
    patterns = {
        "Partition": ACCOUNT.partition,
        "Region": values["TargetRegion"] or ACCOUNT.region,
        "Account": ACCOUNT.account_id,
        "LogGroupArn": "LogGroup.Arn",
        "FailureQueueArn": "FailureQueue.Arn",
        "IntakeQueueArn": "IntakeQueue.Arn",
        "LedgerTableArn": "LedgerTable.Arn",
        "Functions": values["QualifiedFunctions"].partition(":")[0],
        **values,
    }
    granted = statements_of(resources)
    wanted = {canonical(fill(statement, patterns)) for statement in expected}
    found = {canonical(statement) for statement in granted}
    yield from (f"the role lacks {statement}" for statement in sorted(wanted - found))
    yield from (f"the role has, and deploy/policy.json has not, {statement}" for statement in sorted(found - wanted))
    if len(granted) != len(found):
        yield "the role has a statement twice"
    for name, resource in resources.items():
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
            yield f"{name} grants outside the roles"


def statements_of(resources: dict[str, Any]) -> list[dict[str, Any]]:
    """What the function's role may do."""
    role = resources["FunctionRole"]["Properties"]
    return [statement for it in role["Policies"] for statement in it["PolicyDocument"]["Statement"]]


def fill(statement: dict[str, Any], patterns: dict[str, Any]) -> dict[str, Any]:
    def each(resource: str) -> list[str]:
        whole = re.fullmatch(r"\$\{(\w+)\}", resource)
        if whole and isinstance(patterns[whole[1]], list):
            return patterns[whole[1]]
        return [re.sub(r"\$\{(\w+)\}", lambda found: patterns[found[1]], resource)]

    return {**statement, "Resource": [filled for resource in statement["Resource"] for filled in each(resource)]}


def canonical(statement: dict[str, Any]) -> str:
    def text(resource: Any) -> str:
        return ".".join(resource["Fn::GetAtt"]) if isinstance(resource, dict) else resource

    resources = sorted(text(resource) for resource in statement["Resource"])
    return json.dumps({**statement, "Action": sorted(statement["Action"]), "Resource": resources}, sort_keys=True)


def state_machine_problems(values: dict[str, str]) -> Iterator[str]:
    """Each state machine's role holds its statements of deploy/step-functions/policy.json, and nothing else."""
    folder = ROOT / "deploy/step-functions"
    template = yaml_parse((folder / "template.yaml").read_text())
    invoked = "arn:aws:lambda:us-east-1:123456789012:function:setpoint:live"
    template["Parameters"]["InvokeArn"]["Default"] = invoked
    template["Rules"] = {}
    yield from parameter_problems(template, values)
    resources = deployed(template, values)
    for name, statements in json.loads((folder / "policy.json").read_text()).items():
        patterns = {
            "Partition": ACCOUNT.partition,
            "Region": ACCOUNT.region,
            "Account": ACCOUNT.account_id,
            "InvokeArn": invoked,
            "RolloutTableArn": "RolloutTable.Arn",
            "Name": f"{name.title()}.Name",
            **values,
        }
        expected = [statement for statement in statements if statement["Sid"] != "ReadFiles" or "FleetFiles" in values]
        policy = resources[f"{name.title()}Policy"]["Properties"]
        found = {canonical(statement) for statement in policy["PolicyDocument"]["Statement"]}
        wanted = {canonical(fill(statement, patterns)) for statement in expected}
        yield from (f"{name}: not in policy.json: {statement}" for statement in found - wanted)
        yield from (f"{name}: not in template.yaml: {statement}" for statement in wanted - found)
        role = resources[f"{name.title()}Role"]["Properties"]
        if "Policies" in role or policy["Roles"] != [{"Ref": f"{name.title()}Role"}]:
            yield f"{name}: its role has other policies, or not this one"
        if role.get("PermissionsBoundary") != values.get("PermissionsBoundaryArn"):
            yield f"{name}: its role is bounded by {role.get('PermissionsBoundary')}"
        (machine,) = [it for logical, it in resources.items() if logical == name.title()]
        definition = (folder / f"{name}.asl.json").read_text()
        if set(re.findall(r"\$\{(\w+)\}", definition)) != set(machine["Properties"]["DefinitionSubstitutions"]):
            yield f"{name}: the definition has other placeholders than the template fills in"


def topic_problems(resources: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """Nobody publishes to the topic but alarms of these names, unless the operator says otherwise."""
    (policy,) = of_type(resources, "AWS::SNS::TopicPolicy").values()
    statements = {it["Sid"]: it for it in policy["PolicyDocument"]["Statement"]}
    alarms = f"arn:{ACCOUNT.partition}:cloudwatch:{ACCOUNT.region}:{ACCOUNT.account_id}:alarm:{values['AlarmNames']}"
    topic = {"Action": "sns:Publish", "Resource": {"Ref": "AlarmTopic"}}
    expected = {
        "AlarmsPublish": {
            **{"Sid": "AlarmsPublish", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, **topic},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT.account_id},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        },
        "OnlyOverTls": {
            **{"Sid": "OnlyOverTls", "Effect": "Deny", "Principal": "*", **topic},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    }
    if values["TopicCarries"] == "Alarms":
        # A request without a source is none of an alarm's: IAM takes a negated condition on what is not there for met.
        expected["NothingButAlarms"] = {
            **{"Sid": "NothingButAlarms", "Effect": "Deny", "Principal": "*", **topic},
            "Condition": {"ArnNotLike": {"aws:SourceArn": alarms}},
        }
    for sid in sorted(statements.keys() | expected.keys()):
        if statements.get(sid) != expected.get(sid):
            yield f"the topic's policy: {sid} is {statements.get(sid)}, not {expected.get(sid)}"


def ledger_problems(resources: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """The table is as the function expects it, and is paid for by what is asked of it."""
    for properties in of_type(resources, "AWS::DynamoDB::Table").values():
        recovery = {"PointInTimeRecoveryEnabled": values["LedgerRecovery"] == "Enabled"}
        expected = {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "target", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "target", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            "PointInTimeRecoverySpecification": recovery,
        }
        for name, value in expected.items():
            if properties.get(name) != value:
                yield f"the ledger's table has {properties.get(name)} as its {name}, not {value}"


# What each parameter puts where, when it is given; else it must not be there.
PROTECTION = {
    "KmsKeyArn": {
        "AWS::Lambda::Function": "KmsKeyArn",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::DynamoDB::Table": "SSESpecification",
    },
    "PermissionsBoundaryArn": {"AWS::IAM::Role": "PermissionsBoundary"},
    "ReservedConcurrency": {"AWS::Lambda::Function": "ReservedConcurrentExecutions"},
    "CodeSigningConfigArn": {"AWS::Lambda::Function": "CodeSigningConfigArn"},
    "SubnetIds": {"AWS::Lambda::Function": "VpcConfig"},
}


def protection_problems(resources: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """Each parameter reaches everything that it is for, and leaves no trace when it is not given."""
    for parameter, places in PROTECTION.items():
        value = values[parameter]
        for type_name, member in places.items():
            expected = None if value in ("", [""]) else value
            if expected and member == "SSESpecification":
                expected = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": value}
            if expected and member == "VpcConfig":
                expected = {"SubnetIds": value, "SecurityGroupIds": values["SecurityGroupIds"]}
            for name, properties in of_type(resources, type_name).items():
                if properties.get(member) != expected:
                    yield f"{name}: {member} is {properties.get(member)}, not {expected}"
    for name, properties in of_type(resources, "AWS::SQS::Queue").items():
        if properties.get("SqsManagedSseEnabled", False) == bool(values["KmsKeyArn"]):
            yield f"{name} is encrypted by two keys, or by none"
    kept = values["WhenDeleted"] == "Keep"
    for name in ("LogGroup", "LedgerTable"):
        resource = resources.get(name)
        expected = ("RetainExceptOnCreate", "Retain") if kept else ("Delete", "Delete")
        if resource and (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) != expected:
            yield f"{name}: {resource.get('DeletionPolicy')} when deleted, {resource.get('UpdateReplacePolicy')} when replaced"


def invocation_problems(resources: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """Every way in leads to the same, and everybody who may invoke may invoke that."""
    invoked = {"Ref": "Live"} if values["Release"] else {"Fn::GetAtt": ["Function", "Arn"]}
    found = {name: it["Endpoint"] for name, it in of_type(resources, "AWS::SNS::Subscription").items()}
    found |= {name: it["Target"]["Arn"] for name, it in of_type(resources, "AWS::Scheduler::Schedule").items()}
    found |= {name: it["Targets"][0]["Arn"] for name, it in of_type(resources, "AWS::Events::Rule").items()}
    for type_name in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
        found |= {name: it["FunctionName"] for name, it in of_type(resources, type_name).items()}
    (document,) = (it["PolicyDocument"] for it in resources["ScheduleRole"]["Properties"]["Policies"])
    found["ScheduleRole"] = document["Statement"][0]["Resource"]
    yield from (f"{name} invokes {it}, not {invoked}" for name, it in found.items() if it != invoked)
    (retries,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    if (retries["Qualifier"] == "$LATEST") == bool(values["Release"]):
        yield f"the retries are those of {retries['Qualifier']}"
    versions = of_type(resources, "AWS::Lambda::Version")
    if [it["Description"] for it in versions.values()] != [values["Release"]] * bool(values["Release"]):
        yield f"published are {versions}"


# What the placeholders of the alarms and of the dashboard stand for: a property by itself, and within a text.
WATCHED = {
    "FunctionName": ({"Ref": "Function"}, "Function"),
    "LogGroupName": ({"Ref": "LogGroup"}, "LogGroup"),
    "FailureQueueName": ({"Fn::GetAtt": ["FailureQueue", "QueueName"]}, "FailureQueue.QueueName"),
    "IntakeQueueName": ({"Fn::GetAtt": ["IntakeQueue", "QueueName"]}, "IntakeQueue.QueueName"),
    "IntakeRedriveQueueName": ({"Fn::GetAtt": ["IntakeRedriveQueue", "QueueName"]}, "IntakeRedriveQueue.QueueName"),
}


def watched(properties: Any, texts: dict[str, str]) -> Any:
    """What is shared between the ways to deploy, as the template has it."""
    match properties:
        case dict():
            return {name: watched(it, texts) for name, it in properties.items()}
        case list():
            return [watched(it, texts) for it in properties]
        case str():
            whole = re.fullmatch(r"\$\{(\w+)\}", properties)
            if whole and whole[1] in WATCHED:
                return WATCHED[whole[1]][0]
            within = {name: text for name, (_, text) in WATCHED.items()} | texts
            return re.sub(r"\$\{(\w+)\}", lambda found: within[found[1]], properties)
    return properties


def alarm_problems(resources: dict[str, Any], shared: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """The operator's alarms are those of deploy/alarms.json, and tell whom they are to tell."""
    operators = [values["OperatorTopicArn"]] if values["OperatorTopicArn"] else []
    intake = values["QueueIntake"] == "Enabled"
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    told = {name: (alarm.get("AlarmActions", []), alarm.get("OKActions", [])) for name, alarm in alarms.items()}
    on_failures = {"FailureAlarm"} | ({"IntakeRedriveAlarm"} if intake else set())
    for name, (alarm_actions, ok_actions) in told.items():
        expected = operators + [it for it in values["FailureAlarmActions"] if it and name in on_failures]
        if alarm_actions != expected or ok_actions != expected:
            yield f"{name} tells {alarm_actions} and {ok_actions}, not {expected}"
    found = {
        name: {member: it for member, it in alarm.items() if member not in ("AlarmActions", "OKActions")}
        for name, alarm in alarms.items()
        if name not in on_failures
    }
    wanted = {**shared["alarms"], **(shared["intake"] if intake else {})} if operators else {}
    wanted = {f"{name}Alarm": watched(it, {"MaximumEventAge": values["MaximumEventAge"]}) for name, it in wanted.items()}
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            yield f"{name} is {found.get(name)}, not {wanted.get(name)} as in deploy/alarms.json"
    filters = {
        f"{name.capitalize()}Filter": {
            "LogGroupName": {"Ref": "LogGroup"},
            "FilterPattern": pattern,
            "MetricTransformations": [
                {"MetricNamespace": "Setpoint/Function", "MetricName": name, "MetricValue": "1", "Unit": "Count"}
            ],
        }
        for name, pattern in (shared["filters"].items() if operators else ())
    }
    if of_type(resources, "AWS::Logs::MetricFilter") != filters:
        yield f"the filters are {of_type(resources, 'AWS::Logs::MetricFilter')}, not {filters}"


def dashboard_problems(resources: dict[str, Any], sources: Sources, values: dict[str, Any]) -> Iterator[str]:
    """The dashboard and the saved queries are those of deploy/dashboard.json and deploy/queries.json."""
    enabled = values["Dashboard"] == "Enabled"
    queries, shared = json.loads(sources.queries), json.loads(sources.dashboard)
    texts = {"Region": ACCOUNT.region} | {name.capitalize(): " ".join(lines) for name, lines in queries.items()}
    widgets = shared["widgets"] + (shared["intake"] if values["QueueIntake"] == "Enabled" else [])
    # In the body each placeholder is within a text.
    wanted = [json.loads(watched(json.dumps({"widgets": widgets}), texts))] if enabled else []
    found = [json.loads(it["DashboardBody"]) for it in of_type(resources, "AWS::CloudWatch::Dashboard").values()]
    if found != wanted:
        yield f"the dashboard is {found}, not {wanted} as in deploy/dashboard.json"
    saved = {
        f"{name.capitalize()}Query": {
            "Name": f"{ACCOUNT.stack_name}/{name}",
            "LogGroupNames": [{"Ref": "LogGroup"}],
            "QueryString": "\n".join(lines),
        }
        for name, lines in (queries.items() if enabled else ())
    }
    if of_type(resources, "AWS::Logs::QueryDefinition") != saved:
        yield f"the queries are {of_type(resources, 'AWS::Logs::QueryDefinition')}, not {saved} as in deploy/queries.json"


def schedule_problems(resources: dict[str, Any], values: dict[str, str]) -> Iterator[str]:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    follows = values["Timetables"] != "{}" or values["FollowTimetables"] == "Always"
    if schedules.keys() != {"Morning", "Evening"} | ({"Tick"} if follows else set()):
        yield f"the schedules are {', '.join(schedules)}"
    for name, properties in schedules.items():
        try:
            check_expression(properties["ScheduleExpression"])
        except ValueError as problem:
            yield f"{name}: {problem}"
        zone = properties.get("ScheduleExpressionTimezone")
        if zone not in zoneinfo.available_timezones():
            yield f"{name}: there is no time zone {zone}"


def check_expression(expression: str) -> None:
    """The three forms of an EventBridge Scheduler expression; ValueError says what is wrong with this one."""
    form, _, fields = expression.removesuffix(")").partition("(")
    match form:
        case "cron":
            AWSCronExpressionValidator.validate(fields)
        case "at":
            datetime.strptime(fields, "%Y-%m-%dT%H:%M:%S")
        case "rate" if re.fullmatch(r"[1-9][0-9]* (minute|hour|day)s?", fields):
            pass
        case _:
            raise ValueError(f"{expression} is not cron(fields), rate(value unit) or at(yyyy-mm-ddThh:mm:ss)")


def age_problems(resources: dict[str, Any]) -> Iterator[str]:
    """Every retry ends when the function would call the event too old, and no message outlives its visibility."""
    (invoke,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    age = int(invoke["MaximumEventAgeInSeconds"])
    targets = {name: it["Target"] for name, it in of_type(resources, "AWS::Scheduler::Schedule").items()}
    targets |= {name: it["Targets"][0] for name, it in of_type(resources, "AWS::Events::Rule").items()}
    for name, target in targets.items():
        if int(target["RetryPolicy"]["MaximumEventAgeInSeconds"]) != age:
            yield f"{name} retries for another time than the function's {age} s"
        if target["DeadLetterConfig"] != {"Arn": {"Fn::GetAtt": ["FailureQueue", "Arn"]}}:
            yield f"{name} does not keep what it could not hand over"
    configuration = configuration_of(resources)
    if configuration is not None and configuration.get("maxEventAge") != f"{age}s":
        yield f"maxEventAge is {configuration.get('maxEventAge')}, the function's retries end after {age} s"
    timeout = int(resources["Function"]["Properties"]["Timeout"])
    queue = resources.get("IntakeQueue", {}).get("Properties")
    if queue and int(queue["VisibilityTimeout"]) < 6 * timeout:
        yield f"the intake's messages return after {queue['VisibilityTimeout']} s, less than six times {timeout} s"


def configuration_of(resources: dict[str, Any]) -> dict[str, Any] | None:
    """The operator's configuration; None when it comes from a layer."""
    text = resources["Function"]["Properties"]["Environment"]["Variables"]["SETPOINT_CONFIG"]
    return None if text.startswith("file:") else json.loads(text)


def configuration_problems(resources: dict[str, Any]) -> Iterator[str]:
    variables = resources["Function"]["Properties"]["Environment"]["Variables"]
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > ENVIRONMENT_BYTES:
        yield f"the environment takes {size} bytes, Lambda allows {ENVIRONMENT_BYTES}"
    configuration = configuration_of(resources)
    if configuration is None:
        if not resources["Function"]["Properties"]["Layers"]:
            yield "the configuration is in a layer that the function does not have"
        return
    told = [it for it in statements_of(resources) if it["Action"] == ["events:PutEvents"]]
    if [configuration["changeEvents"]] != ([it["Resource"][0] for it in told] or [None]):
        yield "changes are told on another bus than the role may put events on"
    if (configuration["ledgerTable"] is not None) != ("LedgerTable" in resources):
        yield "the configuration names a ledger that is not there, or leaves out the one that is"


def payload_problems(resources: dict[str, Any]) -> Iterator[str]:
    """What the function says of its configuration and of what the schedules send, and placeholders that nothing replaces."""
    configuration = json.dumps(configuration_of(resources) or {})
    yield from (f"nothing replaces {it} in the configuration" for it in re.findall(r"<[^<>]*>", configuration))
    for name, schedule in of_type(resources, "AWS::Scheduler::Schedule").items():
        payload = schedule["Target"]["Input"]
        for placeholder in set(re.findall(r"<[^<>]*>", payload)) - PLACEHOLDERS:
            yield f"{name}: nothing replaces {placeholder} there"
        sent = json.loads(payload)
        if sent.get("issuedAt") != SCHEDULED_TIME:
            yield f"{name}: issuedAt is {sent.get('issuedAt')}, not {SCHEDULED_TIME}"
        elif sent.get("id") != EXECUTION_ID:
            yield f"{name}: id is {sent.get('id')}, not {EXECUTION_ID}"
        elif "follow" in sent and configuration_of(resources) is None:
            continue  # The timetables are in the layer, which is not here.
        elif refused := refusal(configuration, payload):
            yield f"{name}: {refused}"


@functools.cache
def refusal(configuration: str, payload: str) -> str:
    """Why the function would refuse to do this under that configuration; it shows what it would do and writes nothing."""
    sent = payload.replace(SCHEDULED_TIME, datetime.now(UTC).isoformat()).replace(EXECUTION_ID, "d32c5kddcf5bb8c3")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(configuration)
        file.flush()
        command = [TARGET / "debug/setpoint-cli", "plan", "--config", file.name, "-"]
        planned = subprocess.run(command, input=sent, capture_output=True, text=True, check=False)
    # 0 is nothing to change, 2 are changes.
    return "" if planned.returncode in (0, 2) else planned.stdout + planned.stderr


def of_type(resources: dict[str, Any], type_name: str) -> dict[str, Any]:
    return {name: it["Properties"] for name, it in resources.items() if it["Type"] == type_name}


# --- The self-test


class Mutation(NamedTuple):
    """One mistake, the check that must see it, and a part of what that check must say."""

    mistake: str
    old: str
    new: str
    said: str
    variant: str = "as delivered"
    check: Callable[[Sources, dict[str, Any]], Iterator[str]] = deployment_problems
    source: str = "template"


def only_own(sources: Sources, _: dict[str, Any]) -> Iterator[str]:
    return own_problems(sources)


def only_rules(sources: Sources, _: dict[str, Any]) -> Iterator[str]:
    return rule_problems(yaml_parse(sources.template))


MUTATIONS = [
    Mutation(
        "an hour that does not exist", "cron(0 8 ? * MON-FRI *)", "cron(0 24 ? * MON-FRI *)", "Invalid hour value '24'"
    ),
    Mutation("five cron fields", "cron(0 20 ? * MON-FRI *)", "cron(0 20 ? * MON-FRI)", "6 required, 5 provided"),
    Mutation(
        "both kinds of day", "cron(0 8 ? * MON-FRI *)", "cron(0 8 * * MON-FRI *)", "Invalid combination of day-of-month"
    ),
    Mutation(
        "a day that does not exist", "cron(0 8 ? * MON-FRI *)", "cron(0 8 ? * MON-FRY *)", "Invalid day-of-week value"
    ),
    Mutation("a rate without a number", "cron(0 8 ? * MON-FRI *)", "rate(hour)", "is not cron(fields)"),
    Mutation("a rate in weeks", "cron(0 8 ? * MON-FRI *)", "rate(2 weeks)", "is not cron(fields)"),
    Mutation("a date that does not exist", "cron(0 8 ? * MON-FRI *)", "at(2027-02-29T08:00:00)", "day is out of range"),
    Mutation("an unknown time zone", "Default: Europe/Berlin", "Default: Europe/Bonn", "no time zone Europe/Bonn"),
    Mutation("a missing permission", "[sagemaker:DescribeEndpoint, ", "[", "the role lacks"),
    Mutation(
        "an extra permission",
        "[sagemaker:DescribeEndpoint, ",
        "[sagemaker:DescribeEndpoint, sagemaker:DeleteEndpoint, ",
        "deploy/policy.json has not",
    ),
    Mutation(
        "an unknown permission", "[sagemaker:DescribeEndpoint, ", "[sagemaker:DescribeEndpoints, ", "cfn-lint W3037"
    ),
    Mutation(
        "a permission only the policy has",
        '"lambda:PutProvisionedConcurrencyConfig"\n',
        '"lambda:PutProvisionedConcurrencyConfig",\n"lambda:GetAlias"\n',
        "lambda:GetAlias",
        source="policy",
    ),
    Mutation("an unqualified function", "function:${QualifiedFunctions}", "function:*", "the role lacks"),
    Mutation(
        "a parameter that narrows nothing", "endpoint/${EndpointNames}", "endpoint/*", "endpoint/recsys", "narrowed"
    ),
    Mutation(
        "a service that cannot be switched off",
        "- BedrockEnabled\n",
        "- LambdaEnabled\n",
        "deploy/policy.json has not",
        "Bedrock off",
    ),
    Mutation(
        "a Region that cannot be widened",
        "[OwnRegion, !Ref AWS::Region, !Ref TargetRegion]",
        "[OwnRegion, !Ref AWS::Region, !Ref AWS::Region]",
        "sagemaker:*",
        "every Region",
    ),
    Mutation(
        "permissions by another way",
        "      Policies:\n        - PolicyName: function",
        "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]\n      Policies:\n        - PolicyName: function",
        "has managed policies",
    ),
    Mutation("a topic that people may publish to", "- TopicCarriesAlarms\n", "- EventSourceGiven\n", "NothingButAlarms is None"),
    Mutation(
        "a topic for alarms that takes what has no source",
        "ArnNotLike:\n",
        "ArnNotLikeIfExists:\n",
        "NothingButAlarms is {",
    ),
    Mutation(
        "a topic that cannot be opened", "- TopicCarriesAlarms\n", "- LambdaEnabled\n", "not None", "topic with payloads"
    ),
    Mutation(
        "a topic for the alarms of every name",
        "ArnLike:\n                aws:SourceArn: !Sub arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AlarmNames}",
        "ArnLike:\n                aws:SourceArn: !Sub arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*",
        "AlarmsPublish is {",
        "narrowed",
    ),
    Mutation(
        "an environment under AWS's key",
        "KmsKeyArn: !If [KeyGiven, !Ref KmsKeyArn, !Ref AWS::NoValue]",
        "KmsKeyArn: !Ref AWS::NoValue",
        "Function: KmsKeyArn is None",
        "a key of one's own",
    ),
    Mutation(
        "a log under AWS's key",
        "KmsKeyId: !If [KeyGiven, !Ref KmsKeyArn, !Ref AWS::NoValue]",
        "KmsKeyId: !Ref AWS::NoValue",
        "LogGroup: KmsKeyId is None",
        "a key of one's own",
    ),
    Mutation(
        "a queue under two keys",
        "!If [KeyGiven, !Ref AWS::NoValue, true]",
        "true",
        "is encrypted by two keys",
        "a key of one's own",
    ),
    Mutation(
        "a ledger under AWS's key",
        "SSESpecification: !If\n        - KeyGiven\n",
        "SSESpecification: !If\n        - VpcGiven\n",
        "LedgerTable: SSESpecification is None",
        "a key of one's own",
    ),
    Mutation(
        "a key the function may not use",
        "          - KeyGiven\n          - PolicyName: key\n",
        "          - VpcGiven\n          - PolicyName: key\n",
        "the role lacks",
        "a key of one's own",
    ),
    Mutation(
        "roles without their boundary",
        "!If [BoundaryGiven, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]",
        "!Ref AWS::NoValue",
        "ScheduleRole: PermissionsBoundary is None",
        "bounded",
    ),
    Mutation(
        "a function outside its VPC", "VpcConfig: !If [VpcGiven,", "VpcConfig: !If [KeyGiven,", "VpcConfig is None", "in a VPC"
    ),
    Mutation(
        "a VPC the function may not join",
        "          - VpcGiven\n          - PolicyName: network\n",
        "          - KeyGiven\n          - PolicyName: network\n",
        "the role lacks",
        "in a VPC",
    ),
    Mutation(
        "half a VPC",
        '!EachMemberEquals [!Ref SecurityGroupIds, ""]',
        '!EachMemberEquals [!Ref SubnetIds, ""]',
        "SecurityGroupIds '': refused is False",
        check=only_rules,
    ),
    Mutation(
        "concurrency that is not reserved",
        "!If [ConcurrencyReserved,",
        "!If [CodeSigned,",
        "ReservedConcurrentExecutions is None",
        "two at a time",
    ),
    Mutation(
        "code that nobody signed", "!If [CodeSigned,", "!If [KeyGiven,", "CodeSigningConfigArn is None", "signed"
    ),
    Mutation(
        "a log and a ledger that go all the same",
        "DeletionPolicy: !If [Kept, RetainExceptOnCreate, Delete]",
        "DeletionPolicy: Delete",
        "LedgerTable: Delete when deleted",
        "kept",
    ),
    Mutation(
        "a log and a ledger that stay unasked",
        "UpdateReplacePolicy: !If [Kept, Retain, Delete]",
        "UpdateReplacePolicy: Retain",
        "Retain when replaced",
    ),
    Mutation(
        "a way in that passes the release by",
        "Endpoint: !If [ReleaseGiven, !Ref Live, !GetAtt Function.Arn]",
        "Endpoint: !GetAtt Function.Arn",
        "TopicSubscription invokes",
        "released",
    ),
    Mutation(
        "schedules that may not invoke the release",
        "Resource: !If [ReleaseGiven, !Ref Live, !GetAtt Function.Arn]",
        "Resource: !GetAtt Function.Arn",
        "ScheduleRole invokes",
        "released",
    ),
    Mutation(
        "the retries of another version",
        "Qualifier: !If [ReleaseGiven,",
        "Qualifier: !If [KeyGiven,",
        "the retries are those of $LATEST",
        "released",
    ),
    Mutation("a release that is never new", "Description: !Ref Release", "Description: live", "published are", "released"),
    Mutation(
        "a fixed name",
        "Type: AWS::SNS::Topic\n",
        "Type: AWS::SNS::Topic\n    Properties: {TopicName: alarms}\n",
        "'AlarmTopic', 'Properties', 'TopicName'] has a fixed name",
    ),
    Mutation(
        "a named schedule",
        "Description: Sends the m",
        "Name: morning\n      Description: Sends the m",
        "'Morning', 'Properties', 'Name'] has a fixed name",
    ),
    Mutation(
        "retries past the event's age",
        "MaximumEventAgeInSeconds: !Ref MaximumEventAge\n      DestinationConfig",
        "MaximumEventAgeInSeconds: 21600\n      DestinationConfig",
        "retries end after 21600 s",
    ),
    Mutation(
        "a schedule's retries past it",
        "{MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: !Ref MaximumEventAge}",
        "{MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 86400}",
        "retries for another time",
    ),
    Mutation(
        "a visibility that is too short",
        '"300": {Seconds: 1800}',
        '"300": {Seconds: 900}',
        "less than six times 300 s",
        "queue",
    ),
    Mutation("a rule that lets too much through", '"300"]', '"600"]', "Timeout 600", check=only_rules),
    Mutation(
        "a rule without its condition",
        "    RuleCondition: !Equals [!Ref QueueIntake, Enabled]\n",
        "",
        "QueueIntake Disabled: refused is True",
        check=only_rules,
    ),
    Mutation(
        "a service left out of the rule",
        "- !Equals [!Ref ApplicationAutoScalingActions, Enabled]\n        Assert",
        "- !Equals [!Ref LambdaActions, Enabled]\n        Assert",
        "'ApplicationAutoScalingActions': 'Enabled'}: refused is True",
        check=only_rules,
    ),
    Mutation(
        "a payload that is not JSON",
        '"issuedAt": "<aws.scheduler.scheduled-time>",\n',
        '"issuedAt": <aws.scheduler.scheduled-time>,\n',
        "JSONDecodeError",
    ),
    Mutation(
        "a misspelt placeholder",
        "<aws.scheduler.scheduled-time>",
        "<aws.scheduler.schedule-time>",
        "nothing replaces <aws.scheduler.schedule-time>",
    ),
    Mutation(
        "a schedule without its time", ',\n        "issuedAt": "<aws.scheduler.scheduled-time>"', "", "issuedAt is None"
    ),
    Mutation("a schedule without its id", ',\n        "id": "<aws.scheduler.execution-id>"', "", "id is None"),
    Mutation("a binding that is not JSON", '"recsys-load-high": {', '"recsys-load-high" {', "JSONDecodeError"),
    Mutation(
        "an action that does not exist",
        '"action": "lambda:PutProvisionedConcurrencyConfig"',
        '"action": "lambda:PutProvisionedConcurrency"',
        "ALARM.action: is not an action",
    ),
    Mutation("a state that does not exist", '"OK": {', '"RESOLVED": {', "RESOLVED: there is no such member"),
    Mutation("a configuration key that does not exist", '"maxEventAge"', '"maximumEventAge"', "maxEventAge is None"),
    Mutation(
        "a ledger the function is not told of",
        '[LedgerEnabled, !Sub \'"${LedgerTable}"\', "null"]',
        '[LedgerEnabled, "null", "null"]',
        "leaves out the one that is",
    ),
    Mutation(
        "a ledger that is there although it is off",
        "    Type: AWS::DynamoDB::Table\n    Condition: LedgerEnabled\n",
        "    Type: AWS::DynamoDB::Table\n",
        "leaves out the one that is",
        "no ledger",
    ),
    Mutation(
        "changes that the function is not told to tell of",
        "[ChangeEventBusGiven, !Sub '\"${ChangeEventBusArn}\"', \"null\"]",
        '[ChangeEventBusGiven, "null", "null"]',
        "changes are told on another bus",
        "changes told",
    ),
    Mutation("a ledger under another key", "AttributeName: target,", "AttributeName: Target,", "the ledger's table"),
    Mutation("a ledger that keeps everything", "{AttributeName: expires, Enabled: true}", "{AttributeName: expires, Enabled: false}", "the ledger's table"),
    Mutation("a ledger that is paid for by the hour", "BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", "the ledger's table"),
    Mutation(
        "a ledger that cannot be restored",
        "!If [LedgerRecoveryEnabled, true, false]",
        "false",
        "the ledger's table",
        "a ledger that can be restored",
    ),
    Mutation(
        "a layer the function does not get",
        "Layers: [!If [ConfigurationLayerGiven, !Ref ConfigurationLayerArn, !Ref AWS::NoValue]]",
        "Layers: []",
        "a layer that the function does not have",
        "configured by a layer",
    ),
    Mutation(
        "an alarm that fires at nothing",
        "      Threshold: 3\n",
        "      Threshold: 30000\n",
        "FailingAlarm is {",
        "watched",
    ),
    Mutation(
        "alarms although nobody is to be told",
        "  LostAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Condition: OperatorTopicGiven\n",
        "  LostAlarm:\n    Type: AWS::CloudWatch::Alarm\n",
        "LostAlarm is {",
    ),
    Mutation(
        "an alarm that tells nobody",
        "AlarmActions: [!Ref OperatorTopicArn]",
        "AlarmActions: []",
        "BrokenAlarm tells []",
        "watched",
    ),
    Mutation(
        "failures of which the operators' topic hears nothing",
        "          - [!Ref OperatorTopicArn]\n",
        "          - !Ref AWS::NoValue\n",
        "FailureAlarm tells []",
        "watched",
    ),
    Mutation(
        "an intake that nobody watches",
        "!And [!Condition QueueIntakeEnabled, !Condition OperatorTopicGiven]",
        "!And [!Condition QueueIntakeEnabled, !Condition KeyGiven]",
        "IntakeLateAlarm is None",
        "watched, with the queue",
    ),
    Mutation("a filter of the template's own", '"*: InternalError: *"', '"*: Internal: *"', "the filters are {", "watched"),
    Mutation("a dashboard of the template's own", '"What went wrong"', '"Whatever"', "the dashboard is [", "watched"),
    Mutation(
        "a dashboard without the intake",
        "        - Intake: !If\n            - QueueIntakeEnabled\n",
        "        - Intake: !If\n            - KeyGiven\n",
        "the dashboard is [",
        "watched, with the queue",
    ),
    Mutation("a query of the template's own", "| limit 200\n", "| limit 20\n", "the queries are {", "watched"),
    Mutation("a runtime that does not exist", "provided.al2023", "provided.al2029", "provided.al2029"),
    Mutation("a reference to nothing", "Topics: [!Ref AlarmTopic]", "Topics: [!Ref AlarmTopics]", "AlarmTopics"),
    Mutation(
        "a resource type that does not exist",
        "Type: AWS::Scheduler::ScheduleGroup",
        "Type: AWS::Scheduler::Group",
        "AWS::Scheduler::Group",
    ),
    Mutation(
        "a default its own pattern refuses",
        'Default: "*:*"',
        'Default: "*"',
        "parameter QualifiedFunctions does not allow",
    ),
    Mutation(
        "another version",
        "SemanticVersion: 0.1.0",
        "SemanticVersion: 0.0.1",
        "SemanticVersion is 0.0.1",
        check=only_own,
    ),
    Mutation("other guardrails", '"max": 100', '"max": 1000', "deploy/guardrails.json", check=only_own),
    Mutation(
        "a parameter without a description",
        "    Description: X-Ray.",
        "    Note: X-Ray.",
        "Tracing has no description",
        check=only_own,
    ),
    Mutation("a parameter in no group", "          - Tracing\n", "", "['Tracing']", check=only_own),
]


def self_test(checks: Checks, sources: Sources) -> None:
    for mutation in MUTATIONS:
        with checks.check(f"notices {mutation.mistake}"):
            original = getattr(sources, mutation.source)
            if mutation.old not in original:
                raise AssertionError(f"cannot make the mistake: {mutation.old!r} is not in the {mutation.source}")
            broken = sources._replace(**{mutation.source: original.replace(mutation.old, mutation.new)})
            said = problems_of(mutation.check, mutation.variant, broken)
            if mutation.said in problems_of(mutation.check, mutation.variant, sources):
                raise AssertionError(f"{mutation.said!r} is said without the mistake too")
            if mutation.said not in said:
                raise AssertionError(f"it said {said or 'nothing'}, not {mutation.said!r}")


@functools.cache
def problems_of(check: Callable[[Sources, dict[str, Any]], Iterator[str]], variant: str, sources: Sources) -> str:
    try:
        return "\n".join(check(sources, VARIANTS[variant]))
    except ValueError as problem:
        return f"{type(problem).__name__}: {problem}"


if __name__ == "__main__":
    main(sys.argv[1:])
