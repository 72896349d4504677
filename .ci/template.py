"""Checks template.yaml as CloudFormation will see it, for each way its parameters can be set.

python .ci/template.py              check the template and the parameter files beside the deployment
python .ci/template.py --self-test  break a copy in many ways, and require that each is noticed
python .ci/template.py --payloads   print every payload and configuration in them, as one JSON object
"""

# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "aws-cron-expression-validator==1.1.15",
#   "aws-sam-cli==1.170.0",
#   "cfn-lint==1.58.0",
#   "tzdata==2026.6",
# ]
# ///

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
import tomllib
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

os.environ["SAM_CLI_TELEMETRY"] = "0"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

from aws_cron_expression_validator.validator import AWSCronExpressionValidator
from cfnlint.api import lint
from parts import ROOT, Checks
from samcli.commands.validate.lib.exceptions import InvalidSamDocumentException
from samcli.lib.cfn_language_extensions.api import process_template
from samcli.lib.cfn_language_extensions.models import PseudoParameterValues
from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

# The translator reports, when Python ends, that it sent no metrics; it should not.
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)

ACCOUNT = PseudoParameterValues(region="us-east-1", account_id="123456789012", partition="aws")
ENVIRONMENT_BYTES = 4096
ALARM_STATES = {"ALARM", "OK", "INSUFFICIENT_DATA"}
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
PLACEHOLDERS = {SCHEDULED_TIME} | {f"<aws.scheduler.{it}>" for it in ("schedule-arn", "execution-id", "attempt-number")}
# A resource with one of these cannot be deployed a second time in the same account.
PHYSICAL_NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
}

# Ways to set the parameters that together make each condition true and false.
VARIANTS: dict[str, dict[str, str]] = {
    "as delivered": {},
    "x86_64": {"Architecture": "x86_64"},
    "SageMaker off": {"SageMakerActions": "Disabled"},
    "Lambda off": {"LambdaActions": "Disabled"},
    "Bedrock off": {"BedrockActions": "Disabled"},
    "narrowed": {
        "EndpointNames": "recsys",
        "QualifiedFunctions": "checkout:live",
        "ProvisionedModelIds": "abcdef123456",
        "CustomModels": "amazon.titan-text-express-v1:0:8k/*",
        "FoundationModels": "amazon.titan-text-express-v1:0:8k",
        "AlarmNames": "recsys-*",
    },
    "every Region": {"TargetRegion": "*"},
    "ledger": {"Ledger": "Enabled"},
    "queue": {"QueueIntake": "Enabled", "Timeout": "300"},
    "queue, longest": {"QueueIntake": "Enabled", "MaximumEventAge": "21600"},
    "events": {"EventSource": "com.example.ops"},
    "other accounts": {"RoleArns": "arn:aws:iam::111122223333:role/a,arn:aws:iam::444455556666:role/b"},
    "traced and told": {"Tracing": "Active", "FailureAlarmActions": "arn:aws:sns:us-east-1:123456789012:on-call"},
    "configured by a layer": {"ConfigurationLayerArn": "arn:aws:lambda:us-east-1:123456789012:layer:setpoint:1"},
    "schedules on": {"ScheduleState": "ENABLED", "ScheduleTimezone": "America/New_York"},
}


class Sources(NamedTuple):
    """What is checked, as text, so that the self-test can break it."""

    template: str
    policy: str
    guardrails: str
    version: str


def read_sources() -> Sources:
    return Sources(
        (ROOT / "template.yaml").read_text(),
        (ROOT / "deploy/policy.json").read_text(),
        (ROOT / "deploy/guardrails.json").read_text(),
        tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"],
    )


def main(arguments: list[str]) -> None:
    sources = read_sources()
    if arguments == ["--payloads"]:
        ways = {"template.yaml": {}, **parameter_files()}
        template = yaml_parse(sources.template)
        print(json.dumps({way: payloads(deployed(template, values)) for way, values in ways.items()}, indent=2))
        return
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
    with checks.check("cfn-lint on the template"):
        require_none(lint_problems(sources.template))
    with checks.check("what the template says of itself"):
        require_none(own_problems(sources))
    with checks.check("rules agree with the arithmetic"):
        require_none(rule_problems(yaml_parse(sources.template)))
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
    switches = [name for name in template["Parameters"] if name.endswith("Actions") and name != "FailureAlarmActions"]
    for states in itertools.product(["Enabled", "Disabled"], repeat=len(switches)):
        values = parameter_values(template, dict(zip(switches, states, strict=True)))
        refused = "SomethingToChange" in rules_broken(template, values)
        if refused != ("Enabled" not in states):
            yield f"{dict(zip(switches, states, strict=True))}: refused is {refused}"


def rules_broken(template: dict[str, Any], values: dict[str, Any]) -> list[str]:
    def holds(expression: Any) -> Any:
        if not isinstance(expression, dict):
            return expression
        ((function, operands),) = expression.items()
        match function:
            case "Ref":
                return values[operands]
            case "Fn::Equals":
                return holds(operands[0]) == holds(operands[1])
            case "Fn::Contains":
                return holds(operands[1]) in operands[0]
            case "Fn::Not":
                return not holds(operands[0])
            case "Fn::And":
                return all(holds(operand) for operand in operands)
            case "Fn::Or":
                return any(holds(operand) for operand in operands)
        raise AssertionError(f"{function} in Rules")

    return [
        name
        for name, rule in template["Rules"].items()
        if holds(rule.get("RuleCondition", True)) and not all(holds(it["Assert"]) for it in rule["Assertions"])
    ]


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
    yield from name_problems(resources)
    yield from schedule_problems(resources)
    yield from age_problems(resources)
    yield from configuration_problems(resources)
    yield from payload_problems(payloads(resources), json.loads(sources.policy))


def parameter_values(template: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Each parameter as CloudFormation's `Ref` gives it: texts, and lists of texts."""
    given = {name: str(values.get(name, parameter["Default"])) for name, parameter in template["Parameters"].items()}
    lists = {name for name, parameter in template["Parameters"].items() if parameter["Type"] == "CommaDelimitedList"}
    return {name: value.split(",") if name in lists else value for name, value in given.items()}


def parameter_problems(template: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
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
    translated = yaml_parse(validator.get_translated_template_if_valid())
    # SAM's own resolver leaves resources in whose condition is false, so one more resource asks for the conditions.
    asked = {"Type": "Conditions", "Properties": {it: {"Fn::If": [it, True, False]} for it in translated["Conditions"]}}
    translated["Resources"]["Conditions"] = asked
    resolved = process_template(translated, parameter_values=given, pseudo_parameters=ACCOUNT)["Resources"]
    conditions = resolved.pop("Conditions")["Properties"]
    kept = {name: it for name, it in resolved.items() if conditions.get(it.pop("Condition", None), True)}
    # What only AWS knows, the name of a resource, stands as ${LogicalId} in texts.
    return json.loads(re.sub(r"\$\{(\w+)\}", r"\1", json.dumps(kept)))


def lint_problems(template: str) -> list[str]:
    return [f"cfn-lint {match.rule.id} at {match.path}: {match.message}" for match in lint(template)]


def policy_problems(resources: dict[str, Any], policy: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """The function's role holds the statements of deploy/policy.json, and nothing else."""
    switches = {"sagemaker": "SageMakerActions", "lambda": "LambdaActions", "bedrock": "BedrockActions"}
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
        "roles": values["RoleArns"] != [""],
        "tracing": values["Tracing"] == "Active",
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
        **values,
    }
    role = resources["FunctionRole"]["Properties"]
    granted = [statement for it in role["Policies"] for statement in it["PolicyDocument"]["Statement"]]
    wanted = {canonical(fill(statement, patterns)) for statement in expected}
    found = {canonical(statement) for statement in granted}
    yield from (f"the role lacks {statement}" for statement in sorted(wanted - found))
    yield from (f"the role has, and deploy/policy.json has not, {statement}" for statement in sorted(found - wanted))
    if len(granted) != len(found):
        yield "the role has a statement twice"
    for name, resource in resources.items():
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
            yield f"{name} grants outside the roles"
        if resource["Type"] == "AWS::IAM::Role" and resource["Properties"].get("ManagedPolicyArns"):
            yield f"{name} has managed policies"


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


def name_problems(resources: dict[str, Any]) -> Iterator[str]:
    for name, resource in resources.items():
        if PHYSICAL_NAMES.get(resource["Type"]) in resource.get("Properties", {}):
            yield f"{name} has a fixed name: a second deployment would collide with the first"


def schedule_problems(resources: dict[str, Any]) -> Iterator[str]:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    if len(schedules) != 2:
        yield f"{len(schedules)} schedules, not 2"
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
    keys = {"guardrails", "alarms", "schedules", "actionsInAlarmDescription", "maxEventAge", "ledgerTable"}
    if set(configuration) != keys:
        yield f"the configuration has other members than it should: {sorted(set(configuration) ^ keys)}"
    if (configuration["ledgerTable"] is not None) != ("LedgerTable" in resources):
        yield "the configuration names a ledger that is not there, or leaves out the one that is"
    for alarm, states in configuration["alarms"].items():
        if not states or not set(states) <= ALARM_STATES:
            yield f"alarm {alarm} binds {sorted(states)}; an alarm's states are {sorted(ALARM_STATES)}"


def payloads(resources: dict[str, Any]) -> dict[str, Any]:
    """Every payload in the deployment under the path it stands at, and the whole configuration."""
    found = {
        f"{name}.Input": json.loads(it["Target"]["Input"])
        for name, it in of_type(resources, "AWS::Scheduler::Schedule").items()
    }
    configuration = configuration_of(resources)
    if configuration is None:
        return {"configuration": None, "payloads": found}
    for alarm, states in configuration["alarms"].items():
        found |= {f"alarms.{alarm}.{state}": payload for state, payload in states.items()}
    found |= {f"schedules.{name}": payload for name, payload in configuration["schedules"].items()}
    return {"configuration": configuration, "payloads": found}


def payload_problems(found: dict[str, Any], policy: dict[str, Any]) -> Iterator[str]:
    """What can be said without the function: whether its own decoder takes them is for its tests."""
    for path, payload in found["payloads"].items():
        for action in payload.get("actions", [payload]):
            if action.get("action") not in policy["actions"]:
                yield f"{path}: there is no action {action.get('action')}"
        for placeholder in re.findall(r"<[^<>]*>", json.dumps(payload)):
            if placeholder not in PLACEHOLDERS or not path.endswith(".Input"):
                yield f"{path}: nothing replaces {placeholder} there"
        if path.endswith(".Input") and payload.get("issuedAt") != SCHEDULED_TIME:
            yield f"{path}: issuedAt is {payload.get('issuedAt')}, not {SCHEDULED_TIME}"


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
    Mutation(
        "a fixed name",
        "Type: AWS::SNS::Topic\n",
        "Type: AWS::SNS::Topic\n    Properties: {TopicName: alarms}\n",
        "AlarmTopic has a fixed name",
    ),
    Mutation(
        "a named schedule",
        "OmitName: true\n            Description: Sends the m",
        "Description: Sends the m",
        "FunctionMorning has a fixed name",
    ),
    Mutation(
        "retries past the event's age",
        "MaximumEventAgeInSeconds: !Ref MaximumEventAge\n        DestinationConfig",
        "MaximumEventAgeInSeconds: 21600\n        DestinationConfig",
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
        "- !Equals [!Ref BedrockActions, Enabled]\n        Assert",
        "- !Equals [!Ref LambdaActions, Enabled]\n        Assert",
        "'BedrockActions': 'Enabled'}: refused is True",
        check=only_rules,
    ),
    Mutation(
        "a payload that is not JSON",
        '"issuedAt": "<aws.scheduler.scheduled-time>"\n',
        '"issuedAt": <aws.scheduler.scheduled-time>\n',
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
    Mutation("a binding that is not JSON", '"recsys-load-high": {', '"recsys-load-high" {', "JSONDecodeError"),
    Mutation(
        "an action that does not exist",
        '"action": "lambda:PutProvisionedConcurrencyConfig"',
        '"action": "lambda:PutProvisionedConcurrency"',
        "no action lambda:PutProvisionedConcurrency",
    ),
    Mutation("a state that does not exist", '"OK": {', '"RESOLVED": {', "an alarm's states are"),
    Mutation("a configuration key that does not exist", '"maxEventAge"', '"maximumEventAge"', "maxEventAge is None"),
    Mutation(
        "a ledger the function is not told of",
        '[LedgerEnabled, !Sub \'"${LedgerTable}"\', "null"]',
        '[LedgerEnabled, "null", "null"]',
        "leaves out the one that is",
        "ledger",
    ),
    Mutation(
        "a layer the function does not get",
        "Layers: [!If [ConfigurationLayerGiven, !Ref ConfigurationLayerArn, !Ref AWS::NoValue]]",
        "Layers: []",
        "a layer that the function does not have",
        "configured by a layer",
    ),
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
    Mutation(
        "a parameter in no group", "LogRetentionDays, Tracing,", "LogRetentionDays,", "['Tracing']", check=only_own
    ),
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
