#!/usr/bin/env python3
"""Puts what the tests and the examples already have into the folders of a corpus: `seeds.py FOLDER`."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def payloads(value):
    """Every payload in an event, however deep, and in texts that are JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return
        if isinstance(value, str):
            return
    if isinstance(value, list):
        for element in value:
            yield from payloads(element)
    elif isinstance(value, dict):
        if "action" in value or "actions" in value:
            yield value
        for element in value.values():
            yield from payloads(element)


def sections(transcript):
    """The parts of a transcript with their headings."""
    heading, lines = "", []
    for line in transcript.splitlines():
        if line.startswith("-- ") and line.endswith(" --"):
            yield heading, "\n".join(lines)
            heading, lines = line.strip("- "), []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)


TITAN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k"
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"


def endpoint(status="InService", count=(3, 3), **others):
    def variant(name):
        return {
            "VariantName": name,
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": count[0],
            "DesiredInstanceCount": count[1],
        }

    return {
        "EndpointName": "e",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e",
        "EndpointConfigName": "c",
        "EndpointStatus": status,
        "CreationTime": 1741078800.0,
        "LastModifiedTime": 1741078800.5,
        "ProductionVariants": [variant("a"), variant("b")],
    } | others


def serverless():
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 4}
    return endpoint() | {"ProductionVariants": [{"VariantName": "a", "CurrentServerlessConfig": config}]}


def component(status="InService", copies=(2, 2)):
    return {
        "InferenceComponentName": "c",
        "InferenceComponentArn": "arn:aws:sagemaker:us-east-1:123456789012:inference-component/c",
        "InferenceComponentStatus": status,
        "LastModifiedTime": 1741078800,
        "RuntimeConfig": {"CurrentCopyCount": copies[0], "DesiredCopyCount": copies[1]},
    }


def executions(status="READY", count=4, **others):
    return {
        "RequestedProvisionedConcurrentExecutions": count,
        "AvailableProvisionedConcurrentExecutions": count,
        "AllocatedProvisionedConcurrentExecutions": count,
        "Status": status,
        "LastModified": "2025-03-04T09:00:00+0000",
    } | others


def throughput(status="InService", **others):
    return {
        "provisionedModelName": "p",
        "provisionedModelArn": "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
        "modelArn": TITAN,
        "desiredModelArn": TITAN,
        "status": status,
        "creationTime": "2025-03-04T09:00:00Z",
        "lastModifiedTime": "2025-03-04T09:00:00.250Z",
    } | others


def deployment(model, **update):
    return {
        "customModelDeploymentArn": "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdef123456",
        "modelDeploymentName": "d",
        "modelArn": model,
        "createdAt": "2025-03-04T09:00:00Z",
        "status": "Active",
    } | update


def environments(requested=None):
    return {
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST.PUBLISHED",
        "AppliedFunctionScalingConfig": {"MinExecutionEnvironments": 2, "MaxExecutionEnvironments": 10},
    } | ({"RequestedFunctionScalingConfig": requested} if requested else {})


def scalable(least, most):
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/s",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": least,
        "MaxCapacity": most,
        "RoleARN": "arn:aws:iam::123456789012:role/s",
        "CreationTime": 1741078800,
        "ScalableTargetARN": SCALABLE,
    }
    return {"ScalableTargets": [target]}


SCALABLE = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0ec5fb2f3b5a4e9b8f0c"
BOUGHT = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456"
NOVA = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdef123456"
ANSWERED = {"EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"}
UPDATED = {"InferenceComponentArn": "arn:aws:sagemaker:us-east-1:123456789012:inference-component/c"}
# By the number of the request, conversations as statuses, errors and bodies.
CONVERSATIONS = [
    *(
        (number, [(200, "", endpoint()), (200, "", ANSWERED), (200, "", endpoint("Updating")), (200, "", endpoint(count=(6, 6)))])
        for number in (0, 1)
    ),
    (0, [(200, "", endpoint("Failed", FailureReason="no capacity."))]),
    (0, [(200, "", endpoint("RollingBack", count=(3, 4), FailureReason="x"))]),
    (0, [(400, "ValidationException", {"message": 'Could not find endpoint "e".'})]),
    (0, [(200, "", endpoint()), (400, "ValidationException", {"message": "Cannot update in-progress endpoint e"})]),
    (0, [(200, "", endpoint()), (400, "ResourceLimitExceeded", {"message": "The account-level limit"}), (200, "", endpoint())]),
    (1, [(200, "", endpoint() | {"ProductionVariants": []})]),
    (2, [(200, "", serverless()), (200, "", ANSWERED)]),
    (2, [(200, "", endpoint())]),
    *((number, [(200, "", component()), (200, "", UPDATED), (200, "", component(copies=(2, 3)))]) for number in (3, 4)),
    (3, [(200, "", component("Failed") | {"FailureReason": "no instances"}), (200, "", UPDATED)]),
    (4, [(200, "", component() | {"RuntimeConfig": {}})]),
    *((number, [(200, "", executions()), (202, "", executions("IN_PROGRESS", 7)), (200, "", executions(count=7))]) for number in (5, 6)),
    (5, [(404, "ProvisionedConcurrencyConfigNotFoundException", {"Message": "none"}), (202, "", executions("IN_PROGRESS", 7))]),
    (5, [(200, "", executions("FAILED", 7, StatusReason="FUNCTION_ERROR_INIT_FAILURE"))]),
    (5, [(404, "ResourceNotFoundException", {"Message": "Function not found"})]),
    (6, [(200, "", executions()), (429, "TooManyRequestsException", {"Reason": "CallerRateLimitExceeded", "message": "slow"})]),
    (7, [(200, "", executions()), (204, "", None), (404, "ProvisionedConcurrencyConfigNotFoundException", {"Message": "none"})]),
    (8, [(200, "", throughput()), (200, "", {}), (200, "", throughput(provisionedModelName="q"))]),
    (8, [(404, "ResourceNotFoundException", {"message": "none"}), (200, "", throughput(provisionedModelName="q"))]),
    (9, [(200, "", throughput()), (200, "", {"modelArn": MODEL, "modelName": "my-model"}), (200, "", {})]),
    (10, [(200, "", throughput("Updating", desiredModelArn=MODEL))]),
    (10, [(200, "", throughput("Failed", failureMessage="broken")), (200, "", {})]),
    (10, [(403, "AccessDeniedException", {"message": "User is not authorized"})]),
    (11, [(200, "", deployment(MODEL)), (202, "", deployment(MODEL)), (200, "", deployment(NOVA, updateDetails={"modelArn": NOVA, "updateStatus": "UpdateCompleted"}))]),
    (11, [(200, "", deployment(MODEL, updateDetails={"modelArn": NOVA, "updateStatus": "UpdateFailed"})), (202, "", deployment(MODEL))]),
    (12, [(200, "", environments()), (202, "", {"FunctionState": "Active"}), (200, "", environments({"MinExecutionEnvironments": 3, "MaxExecutionEnvironments": 20}))]),
    (12, [(200, "", environments({"MaxExecutionEnvironments": 20})), (409, "ResourceConflictException", {"Message": "A previous request is being processed."})]),
    (13, [(200, "", scalable(1, 10)), (200, "", {"ScalableTargetARN": SCALABLE}), (200, "", scalable(3, 20))]),
    (13, [(200, "", {"ScalableTargets": []})]),
    (14, [(404, "ResourceNotFoundException", {"message": "none"}), (200, "", {"modelArn": MODEL, "modelName": "my-model"}), (201, "", {"provisionedModelArn": BOUGHT}), (200, "", throughput("Creating", modelUnits=2, desiredModelUnits=2)), (200, "", throughput(modelUnits=2, desiredModelUnits=2))]),
    (15, [(200, "", throughput()), (200, "", {}), (404, "ResourceNotFoundException", {"message": "none"})]),
    (15, [(200, "", throughput(commitmentDuration="OneMonth", commitmentExpirationTime="2099-01-01T00:00:00Z"))]),
    (10, [(500, "InternalServerException", {"message": "again"}), (200, "", throughput())]),
    (10, [(503, "", None), (200, "", throughput())]),
]


def conversation(number, answers):
    parts = [str(number)]
    for status, error, body in answers:
        body = "" if body is None else json.dumps(body)
        parts.append(f"{status} {error}".strip() + "\n" + body)
    return "\n=== ".join(parts)


def main(folder):
    seeds = {"event": [], "payload": [], "config": [], "answers": []}
    files = [*ROOT.glob("tests/fixtures/*/*"), *ROOT.glob("events/*.json")]
    texts = [file.read_text() for file in files if file.name != "setpoint.json"]
    for transcript in ROOT.glob("tests/transcripts/*/*.txt"):
        for heading, text in sections(transcript.read_text()):
            if heading.startswith("event"):
                texts.append(text)
            elif heading.startswith("config"):
                seeds["config"].append(text)
    seeds["event"] = texts
    for text in texts:
        seeds["payload"] += [json.dumps(payload) for payload in payloads(text)]
    for document in [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*/README.md")]:
        for block in document.read_text().split("```json\n")[1:]:
            text = block.split("```")[0]
            seeds["config" if '"guardrails"' in text or '"alarms"' in text else "payload"].append(text)
    # One long name above many keys that come twice, and values that are next to nothing.
    seeds["event"].append('{"' + "n" * 2000 + '": {' + '"a":1,' * 100 + '"a":1}}')
    seeds["event"].append("[" + "0," * 2000 + "0]")
    seeds["config"].append((ROOT / "events" / "setpoint.json").read_text())
    seeds["answers"] = [conversation(number, answers) for number, answers in CONVERSATIONS]
    for target, found in seeds.items():
        place = pathlib.Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for index, text in enumerate(sorted(set(found))):
            (place / f"seed-{index:03}").write_text(text)


main(sys.argv[1])
