"""Lets the release binary change SageMaker in moto, and Lambda and Bedrock in ministack; boto3 reads back what it did.

Neither has inference components: for these there is only Setpoint's own sandbox.
"""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from parts import CREDENTIALS, Checks, expect, free_port, function, server

BIN = Path(sys.executable).parent
ROLE = "arn:aws:iam::123456789012:role/any"
MODEL_V2 = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2"
LEDGER = "setpoint-ledger"

Invoke = Callable[[str], Any]


@contextmanager
def emulators() -> Iterator[tuple[str, str]]:
    """The URLs of moto and ministack."""
    moto_port, ministack_port = free_port(), free_port()
    ministack_settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(ministack_port),
        "MINISTACK_ACCOUNT_ID": "123456789012",
        # Two more listeners that it would open, one of them on all interfaces.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    with ExitStack() as stack:
        moto = server([BIN / "moto_server", "-H", "127.0.0.1", "-p", str(moto_port)], moto_port, {})
        ministack = server([BIN / "ministack"], ministack_port, ministack_settings)
        yield stack.enter_context(moto), stack.enter_context(ministack)


def client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=CREDENTIALS["AWS_REGION"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def create_endpoint(sagemaker: Any, name: str, variants: dict[str, tuple[float, int]]) -> None:
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "any"})
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": variant,
                "ModelName": name,
                # moto's list of instance types ends at about 2020.
                "InstanceType": "ml.g4dn.xlarge",
                "InitialInstanceCount": instances,
                "InitialVariantWeight": weight,
            }
            for variant, (weight, instances) in variants.items()
        ],
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def create_function(lambda_: Any, name: str, aliases: list[str]) -> None:
    """Each alias gets a version of its own: two aliases of one version cannot both have provisioned concurrency."""
    for number, alias in enumerate(aliases):
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("bootstrap", f"version {number}")
        if number == 0:
            lambda_.create_function(
                FunctionName=name,
                Runtime="provided.al2023",
                Handler="bootstrap",
                Role=ROLE,
                Code={"ZipFile": package.getvalue()},
            )
        else:
            lambda_.update_function_code(FunctionName=name, ZipFile=package.getvalue())
        version = lambda_.publish_version(FunctionName=name)["Version"]
        lambda_.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)


def variants(sagemaker: Any, endpoint: str, *members: str) -> dict[str, list[Any]]:
    described = sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    return {variant["VariantName"]: [variant.get(member) for member in members] for variant in described}


def act(invoke: Invoke, action: str, **members: Any) -> Any:
    return invoke(json.dumps({"action": action, "input": members}))


def check_sagemaker(checks: Checks, sagemaker: Any, invoke: Invoke) -> None:
    """One kind of change per endpoint: moto forgets the count of a variant that only its weight is sent for, and the reverse."""
    update = "sagemaker:UpdateEndpointWeightsAndCapacities"

    with checks.check("moto: weights of two variants"):
        create_endpoint(sagemaker, "ranking", {"blue": (0.9, 3), "green": (0.1, 1)})
        # Numbers that 32 bits hold exactly, so that they can be compared.
        weights = [{"VariantName": "blue", "DesiredWeight": 0.75}, {"VariantName": "green", "DesiredWeight": 0.25}]
        answer = act(invoke, update, EndpointName="ranking", DesiredWeightsAndCapacities=weights)
        expect(answer, {"EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking"})
        expect(variants(sagemaker, "ranking", "DesiredWeight"), {"blue": [0.75], "green": [0.25]})

    with checks.check("moto: instance count"):
        create_endpoint(sagemaker, "recsys", {"AllTraffic": (1.0, 2)})
        capacities = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 6}]
        answer = act(invoke, update, EndpointName="recsys", DesiredWeightsAndCapacities=capacities)
        expect(answer, {"EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys"})
        expect(variants(sagemaker, "recsys", "DesiredInstanceCount"), {"AllTraffic": [6]})

    with checks.check("moto: weight and instance count of one variant, relative to what they are"):
        create_endpoint(sagemaker, "search", {"blue": (3.0, 4), "green": (1.0, 1)})
        changes = [{"VariantName": "green", "DesiredWeight": {"share": 0.5}, "DesiredInstanceCount": {"atLeast": 3}}]
        act(invoke, update, EndpointName="search", DesiredWeightsAndCapacities=changes)
        expect(
            variants(sagemaker, "search", "DesiredWeight", "DesiredInstanceCount"),
            {"blue": [3.0, 4], "green": [3.0, 3]},
        )

    with checks.check("moto: an endpoint that is not there"):
        capacities = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}]
        answer = act(invoke, update, EndpointName="missing", DesiredWeightsAndCapacities=capacities)
        expect(answer["errorType"], "ValidationException")


def check_lambda(checks: Checks, lambda_: Any, invoke: Invoke) -> None:
    """ministack has what was asked for READY at once; AWS answers IN_PROGRESS first."""
    put, delete = "lambda:PutProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig"
    live = {"FunctionName": "checkout", "Qualifier": "live"}
    blue = {"FunctionName": "checkout", "Qualifier": "BLUE"}

    def read(alias: dict[str, str]) -> dict[str, Any]:
        try:
            config = lambda_.get_provisioned_concurrency_config(**alias)
        except lambda_.exceptions.ProvisionedConcurrencyConfigNotFoundException:
            return {}
        return {"executions": config["RequestedProvisionedConcurrentExecutions"], "modified": config["LastModified"]}

    create_function(lambda_, "checkout", ["live", "BLUE"])
    lambda_.put_provisioned_concurrency_config(**live, ProvisionedConcurrentExecutions=5)

    with checks.check("ministack: more provisioned concurrency"):
        answer = act(invoke, put, **live, ProvisionedConcurrentExecutions=20)
        expect((answer["RequestedProvisionedConcurrentExecutions"], answer["Status"]), (20, "READY"))
        expect(read(live)["executions"], 20)

    with checks.check("ministack: the same again is no write"):
        before = read(live)
        answer = act(invoke, put, **live, ProvisionedConcurrentExecutions=20)
        expect(answer["LastModified"], before["modified"])
        expect(read(live), before)

    with checks.check("ministack: provisioned concurrency where there is none"):
        answer = act(invoke, put, **blue, ProvisionedConcurrentExecutions=3)
        expect(answer["RequestedProvisionedConcurrentExecutions"], 3)
        expect((read(blue)["executions"], read(live)["executions"]), (3, 20))

    with checks.check("ministack: none any more"):
        expect(act(invoke, delete, **live), {})
        expect((read(live), read(blue)["executions"]), ({}, 3))


def check_bedrock(checks: Checks, bedrock: Any, invoke: Invoke) -> None:
    """ministack knows a Provisioned Throughput by its ARN only, and takes every model for a foundation model."""
    update = "bedrock:UpdateProvisionedModelThroughput"
    arn = bedrock.create_provisioned_model_throughput(
        provisionedModelName="support-bot", modelId="supportbotv1", modelUnits=1
    )["provisionedModelArn"]

    with checks.check("ministack: another name"):
        expect(act(invoke, update, provisionedModelId=arn, desiredProvisionedModelName="support-bot-2027"), {})
        described = bedrock.get_provisioned_model_throughput(provisionedModelId=arn)
        expect(described["provisionedModelName"], "support-bot-2027")

    with checks.check("ministack: another model"):
        expect(act(invoke, update, provisionedModelId=arn, desiredModelId=MODEL_V2), {})
        described = bedrock.get_provisioned_model_throughput(provisionedModelId=arn)
        # Only desiredModelArn follows, behind a prefix of ministack's own; in AWS modelArn does too, in the end.
        expect(described["desiredModelArn"].endswith(MODEL_V2), True)
        expect(described["provisionedModelName"], "support-bot-2027")


def check_ledger(checks: Checks, dynamodb: Any, sagemaker: Any, invoke: Invoke) -> None:
    """DynamoDB is moto's, with its own reading of condition expressions."""
    update = "sagemaker:UpdateEndpointWeightsAndCapacities"
    now = datetime.now(UTC)

    def scale(instances: Any, issued_at: datetime, **event: str) -> Any:
        capacities = [{"VariantName": "AllTraffic", "DesiredInstanceCount": instances}]
        request = {"EndpointName": "ledgered", "DesiredWeightsAndCapacities": capacities}
        action = {"action": update, "input": request}
        return invoke(json.dumps({"actions": [action], "issuedAt": issued_at.isoformat(), **event}))["results"][0]["outcome"]

    create_endpoint(sagemaker, "ledgered", {"AllTraffic": (1.0, 2)})
    dynamodb.create_table(
        TableName=LEDGER,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "target", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "target", "KeyType": "HASH"}],
    )

    with checks.check("moto: the newest event wins, in whatever order events arrive"):
        outcomes = [
            scale(6, now),
            scale(3, now - timedelta(minutes=1)),
            scale(5, now),
            scale(4, now + timedelta(seconds=1)),
        ]
        expect(outcomes, ["accepted", "superseded", "accepted", "accepted"])
        expect(variants(sagemaker, "ledgered", "DesiredInstanceCount"), {"AllTraffic": [4]})

    with checks.check("moto: each event that adds counts once, although no time of modification moves"):
        later = now + timedelta(seconds=2)
        outcomes = [scale({"add": 2}, later, id=event) for event in ["one", "one", "two", "one", "two"]]
        expect(outcomes, ["accepted", "unchanged", "accepted", "unchanged", "unchanged"])
        expect(variants(sagemaker, "ledgered", "DesiredInstanceCount"), {"AllTraffic": [8]})

    with checks.check("moto: the ledger holds what was decided, and nobody has the lane"):
        [entry] = dynamodb.scan(TableName=LEDGER)["Items"]
        expect(sorted(entry), ["decisions", "expires", "target"])
        expect(entry["target"]["S"].endswith("/us-east-1/sagemaker:endpoint/ledgered"), True)
        events = json.loads(entry["decisions"]["S"])["events"].values()
        expect([event["stage"] for event in events], ["done"] * len(events))

    with checks.check("moto: a lane that another holds is waited for until its time is up"):
        held_until = int((time.time() + 4) * 1000)
        dynamodb.update_item(
            TableName=LEDGER,
            Key={"target": entry["target"]},
            UpdateExpression="SET leaseHolder = :another, leaseUntil = :until",
            ExpressionAttributeValues={":another": {"S": "another"}, ":until": {"N": str(held_until)}},
        )
        expect(scale(3, now + timedelta(seconds=4)), "accepted")
        expect(time.time() * 1000 > held_until, True)


def check_strangers(checks: Checks, sagemaker: Any, invoke: Invoke) -> None:
    """moto has neither operation: what it answers stands for any proxy or gateway between the function and AWS."""
    with checks.check("moto: HTTP 404 with an HTML page, for Lambda"):
        put = "lambda:PutProvisionedConcurrencyConfig"
        answer = act(invoke, put, FunctionName="checkout", Qualifier="live", ProvisionedConcurrentExecutions=1)
        expect_plain_error("UnrecognisedResponse", answer)

    with checks.check("moto: HTTP 500 with an HTML page, for Bedrock"):
        update = "bedrock:UpdateProvisionedModelThroughput"
        answer = act(invoke, update, provisionedModelId="support-bot", desiredProvisionedModelName="another")
        expect_plain_error("ServiceUnavailable", answer)

    with checks.check("moto: and the same process works on"):
        update = "sagemaker:UpdateEndpointWeightsAndCapacities"
        capacities = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}]
        act(invoke, update, EndpointName="recsys", DesiredWeightsAndCapacities=capacities)
        expect(variants(sagemaker, "recsys", "DesiredInstanceCount"), {"AllTraffic": [3]})


def expect_plain_error(error_type: str, answer: Any) -> None:
    """A crash would be `Runtime.ExitError`, and nobody wants to read a web page in an error message."""
    expect(answer, {"errorType": error_type, "errorMessage": answer["errorMessage"]})
    expect(bool(answer["errorMessage"]) and "<" not in answer["errorMessage"], True)


def main() -> None:
    checks = Checks()
    with emulators() as (moto, ministack):
        sagemaker = client("sagemaker", moto)
        with function({"AWS_ENDPOINT_URL": ministack, "AWS_ENDPOINT_URL_SAGEMAKER": moto}) as invoke:
            check_sagemaker(checks, sagemaker, invoke)
            check_lambda(checks, client("lambda", ministack), invoke)
            check_bedrock(checks, client("bedrock", ministack), invoke)
        ledger = json.dumps({"ledgerTable": LEDGER})
        with function({"AWS_ENDPOINT_URL": moto, "SETPOINT_CONFIG": ledger}) as invoke:
            check_ledger(checks, client("dynamodb", moto), sagemaker, invoke)
        with function({"AWS_ENDPOINT_URL": moto}) as invoke:
            check_strangers(checks, sagemaker, invoke)
    checks.exit()


if __name__ == "__main__":
    main()
