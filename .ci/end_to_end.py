"""Builds and deploys template.yaml with SAM CLI, sends events each way they come, and reads back what they changed.

python .ci/end_to_end.py [PATH]   PATH is where SAM CLI and cargo-lambda are installed, target/ci/sam unless given
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from emulators import client, create_endpoint, create_function, variants
from parts import ARCHITECTURE, CREDENTIALS, LOGS, ROOT, TARGET, Checks, end_of, expect, free_port, server, stop

UPDATE_ENDPOINT = "sagemaker:UpdateEndpointWeightsAndCapacities"
PUT_CONCURRENCY = "lambda:PutProvisionedConcurrencyConfig"
UPDATE_MODEL = "bedrock:UpdateProvisionedModelThroughput"
BUILD = TARGET / "ci/sam-build"
EVENT_SOURCE = "com.example.ops"

Payload = dict[str, Any]


class Account:
    """The account that the stack is deployed in: SageMaker is moto's, all else ministack's."""

    def __init__(self, moto: str, ministack: str) -> None:
        self.endpoint = ministack
        self.sagemaker = client("sagemaker", moto)
        services = ("bedrock", "cloudformation", "cloudwatch", "events", "lambda", "scheduler", "sns", "sqs")
        self.clients = {service: client(service, ministack) for service in services}

    @functools.cached_property
    def outputs(self) -> dict[str, str]:
        (stack,) = self.clients["cloudformation"].describe_stacks(StackName="setpoint")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def executions(self, function: str, alias: str) -> int | None:
        lambda_ = self.clients["lambda"]
        try:
            config = lambda_.get_provisioned_concurrency_config(FunctionName=function, Qualifier=alias)
        except lambda_.exceptions.ProvisionedConcurrencyConfigNotFoundException:
            return None
        return config["RequestedProvisionedConcurrentExecutions"]

    def messages(self, queue: str) -> dict[str, int]:
        """How many wait in the queue of this output, and how many were received but not deleted."""
        names = {"waiting": "ApproximateNumberOfMessages", "received": "ApproximateNumberOfMessagesNotVisible"}
        attributes = self.clients["sqs"].get_queue_attributes(
            QueueUrl=self.outputs[queue], AttributeNames=list(names.values())
        )["Attributes"]
        return {name: int(attributes[attribute]) for name, attribute in names.items()}


@contextmanager
def emulated_account(scratch: str) -> Iterator[Account]:
    """moto and ministack; what ministack runs inherits its environment, and so finds its way to both."""
    binaries = Path(sys.executable).parent
    moto_port, ministack_port = free_port(), free_port()
    moto = server([binaries / "moto_server", "-H", "127.0.0.1", "-p", str(moto_port)], moto_port, {})
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(ministack_port),
        # What the addresses of its queues begin with.
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": "123456789012",
        # Two more listeners that it would open, one of them on all interfaces.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # It leaves the packages of the functions it ran where temporary files go.
        "TMPDIR": scratch,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ministack_port}",
        "AWS_ENDPOINT_URL_SAGEMAKER": f"http://127.0.0.1:{moto_port}",
        # AWS waits for one minute, then for two.
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1",
    }
    with moto as moto_url, server([binaries / "ministack"], ministack_port, settings) as ministack_url:
        yield Account(moto_url, ministack_url)


def sam(tools: Path, endpoint: str, command: str, *arguments: str | Path) -> None:
    """Runs SAM CLI at the root, as people do; without it nothing else could work, so that a failure ends the script."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"sam-{command}.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    environment = {
        **CREDENTIALS,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": endpoint,
        "NO_PROXY": "127.0.0.1",
        "PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_POLL_DELAY": "0.2",
        "SAM_CLI_TELEMETRY": "0",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [tools / "bin/sam", command, "--config-file", ROOT / "samconfig.toml", *arguments],
            cwd=ROOT,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        finally:
            stop(process)
    if status:
        sys.exit(f"sam {command} ended with {status}; {end_of(log)}")


def build(checks: Checks, tools: Path, account: Account) -> None:
    with checks.check("sam build"):
        architecture = f"Architecture={ARCHITECTURE}"
        sam(tools, account.endpoint, "build", "--build-dir", BUILD, "--parameter-overrides", architecture)


# What is delivered lists the targets of the examples alone, and these are others.
GUARDRAILS = {
    "unlisted": "deny",
    "targets": [
        {"target": "sagemaker:endpoint/*", "min": 1, "max": 20},
        {"target": "lambda:function:*", "min": 1, "max": 100},
        {"target": "bedrock:provisioned-model/*", "allow": ["*"]},
    ],
}


def deploy(checks: Checks, tools: Path, account: Account) -> None:
    guardrails = json.dumps(GUARDRAILS, separators=(",", ":")).replace('"', '\\"')
    parameters = {
        "Architecture": ARCHITECTURE,
        "EventSource": EVENT_SOURCE,
        "Guardrails": f'"{guardrails}"',
        "QueueIntake": "Enabled",
        "TopicCarries": "Payloads",
        # With QueueIntake, six times this must be less than MaximumEventAge.
        "Timeout": "60",
    }
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    template = BUILD / "template.yaml"
    with checks.check("sam deploy"):
        sam(tools, account.endpoint, "deploy", "--template-file", template, "--parameter-overrides", *overrides)


def create_targets(account: Account) -> None:
    create_endpoint(account.sagemaker, "recsys", {"AllTraffic": (1.0, 2)})
    create_endpoint(account.sagemaker, "ranking", {"blue": (0.9, 3), "green": (0.1, 1)})
    lambda_ = account.clients["lambda"]
    create_function(lambda_, "checkout", ["live", "BLUE"])
    create_function(lambda_, "search", ["prod"])
    for function, alias, executions in [("checkout", "live", 5), ("search", "prod", 10)]:
        lambda_.put_provisioned_concurrency_config(
            FunctionName=function, Qualifier=alias, ProvisionedConcurrentExecutions=executions
        )


def payload(action: str, **members: Any) -> Payload:
    return {"action": action, "input": members}


def concurrency(function: str, alias: str, executions: Any) -> Payload:
    target = {"FunctionName": function, "Qualifier": alias}
    return payload(PUT_CONCURRENCY, **target, ProvisionedConcurrentExecutions=executions)


def eventually(read: Callable[[], Any], expected: Any, seconds: float = 20) -> None:
    """Events take their time; what is read when it has run out must be what is expected."""
    deadline = time.monotonic() + seconds
    while read() != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    expect(read(), expected)


def start_schedule(checks: Checks, account: Account) -> None:
    """The stack's own schedule, enabled for a moment that has almost come."""
    scheduler, group = account.clients["scheduler"], account.outputs["ScheduleGroupName"]
    with checks.check("EventBridge Scheduler: the morning schedule takes another time"):
        names = [schedule["Name"] for schedule in scheduler.list_schedules(GroupName=group)["Schedules"]]
        schedules = [scheduler.get_schedule(GroupName=group, Name=name) for name in names]
        (morning,) = [it for it in schedules if it["ScheduleExpression"] == "cron(0 8 ? * MON-FRI *)"]
        due = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"
        # Scheduler puts the time and the id there; ministack leaves the placeholders in.
        filled = {"<aws.scheduler.scheduled-time>": f"{due}Z", "<aws.scheduler.execution-id>": "d32c5kddcf5bb8c3"}
        for placeholder, value in filled.items():
            morning["Target"]["Input"] = morning["Target"]["Input"].replace(placeholder, value)
        scheduler.update_schedule(
            GroupName=group,
            Name=morning["Name"],
            ScheduleExpression=f"at({due})",
            ScheduleExpressionTimezone="UTC",
            State="ENABLED",
            FlexibleTimeWindow=morning["FlexibleTimeWindow"],
            Target=morning["Target"],
        )


def check_direct_invocation(checks: Checks, account: Account) -> None:
    with checks.check("direct invocation: search:prod gets what is asked for, and the answer says so"):
        answer = account.clients["lambda"].invoke(
            FunctionName=account.outputs["FunctionArn"], Payload=json.dumps(concurrency("search", "prod", 12))
        )
        output = json.load(answer["Payload"])
        documented = {
            "RequestedProvisionedConcurrentExecutions": 12,
            "AvailableProvisionedConcurrentExecutions": 12,
            "AllocatedProvisionedConcurrentExecutions": 12,
            # AWS has IN_PROGRESS first.
            "Status": "READY",
            "LastModified": output.get("LastModified"),
        }
        expect(output, documented)
        expect(account.executions("search", "prod"), 12)


def check_topic(checks: Checks, account: Account) -> None:
    weights = [{"VariantName": "blue", "DesiredWeight": 0.75}, {"VariantName": "green", "DesiredWeight": 0.25}]
    with checks.check("SNS: a published payload shifts the weights of ranking"):
        account.clients["sns"].publish(
            TopicArn=account.outputs["AlarmTopicArn"],
            Message=json.dumps(payload(UPDATE_ENDPOINT, EndpointName="ranking", DesiredWeightsAndCapacities=weights)),
        )
        eventually(
            lambda: variants(account.sagemaker, "ranking", "DesiredWeight"),
            {"blue": [0.75], "green": [0.25]},
        )


def check_event_bus(checks: Checks, account: Account) -> None:
    bedrock = account.clients["bedrock"]
    with checks.check("EventBridge: the detail of an event renames support-bot"):
        arn = bedrock.create_provisioned_model_throughput(
            provisionedModelName="support-bot", modelId="supportbotv1", modelUnits=1
        )["provisionedModelArn"]
        # ministack knows a Provisioned Throughput by its ARN only.
        detail = payload(UPDATE_MODEL, provisionedModelId=arn, desiredProvisionedModelName="support-bot-2027")
        entry = {"Source": EVENT_SOURCE, "DetailType": "Change Capacity", "Detail": json.dumps(detail)}
        expect(account.clients["events"].put_events(Entries=[entry])["FailedEntryCount"], 0)
        eventually(
            lambda: bedrock.get_provisioned_model_throughput(provisionedModelId=arn)["provisionedModelName"],
            "support-bot-2027",
        )


def check_queue(checks: Checks, account: Account) -> None:
    bodies = [json.dumps(concurrency("checkout", "BLUE", 3)), '{"action": "lambda:DeleteFunction", "input": {}}']
    entries = [
        {"Id": number, "MessageBody": body, "MessageGroupId": number, "MessageDeduplicationId": number}
        for number, body in zip(["0", "1"], bodies, strict=True)
    ]
    with checks.check("SQS: of a batch, the good message is done and only the bad one is kept"):
        sent = account.clients["sqs"].send_message_batch(QueueUrl=account.outputs["IntakeQueueUrl"], Entries=entries)
        expect(len(sent["Successful"]), 2)
        kept = {"waiting": 0, "received": 1}
        eventually(lambda: (account.executions("checkout", "BLUE"), account.messages("IntakeQueueUrl")), (3, kept))


def check_alarm(checks: Checks, account: Account) -> None:
    cloudwatch, topic = account.clients["cloudwatch"], account.outputs["AlarmTopicArn"]
    alarm = "checkout-utilization"

    def set_state(state: str) -> None:
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="set by hand")

    with checks.check("CloudWatch: an alarm goes to ALARM and back to OK, and checkout:live to what is bound to each"):
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            AlarmActions=[topic],
            OKActions=[topic],
            Namespace="AWS/Lambda",
            MetricName="ProvisionedConcurrencyUtilization",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0.7,
            ComparisonOperator="GreaterThanThreshold",
        )
        set_state("ALARM")
        eventually(lambda: account.executions("checkout", "live"), 20)
        set_state("OK")
        eventually(lambda: account.executions("checkout", "live"), 5)


def check_failure(checks: Checks, account: Account) -> None:
    sqs, queue = account.clients["sqs"], account.outputs["FailureQueueUrl"]
    event = concurrency("search", "prod", 600)
    with checks.check("an event that fails for good arrives in the failure queue, with its reason"):
        before = account.executions("search", "prod")
        account.clients["lambda"].invoke(
            FunctionName=account.outputs["FunctionArn"], InvocationType="Event", Payload=json.dumps(event)
        )
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", [])
        expect(len(messages), 1)
        record = json.loads(messages[0]["Body"])
        expect((record["requestPayload"], record["requestContext"]["condition"]), (event, "RetriesExhausted"))
        reason = (
            f"lambda:function:search:prod: ProvisionedConcurrentExecutions {before} -> 600 is refused: "
            "guardrails.targets[1] (lambda:function:*) sets max 100; nothing was written"
        )
        expect(record["responsePayload"], {"errorType": "GuardrailViolation", "errorMessage": reason})
        expect(account.executions("search", "prod"), before)


def check_schedule(checks: Checks, account: Account) -> None:
    with checks.check("EventBridge Scheduler: the morning schedule fires, and recsys has its 4 instances"):
        # ministack looks for schedules that are due every ten seconds.
        eventually(lambda: variants(account.sagemaker, "recsys", "DesiredInstanceCount"), {"AllTraffic": [4]})


def main(arguments: list[str]) -> None:
    tools = Path(arguments[0]).absolute() if arguments else TARGET / "ci/sam"
    if not (tools / "bin/sam").is_file():
        sys.exit(f"there is no SAM CLI in {tools}")
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch, emulated_account(scratch) as account:
        build(checks, tools, account)
        deploy(checks, tools, account)
        create_targets(account)
        # First, because the other checks can be made while it waits.
        start_schedule(checks, account)
        check_direct_invocation(checks, account)
        check_topic(checks, account)
        check_event_bus(checks, account)
        check_queue(checks, account)
        check_alarm(checks, account)
        check_failure(checks, account)
        check_schedule(checks, account)
    checks.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
