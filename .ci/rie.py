"""Sends every file in events/ to the release binary, in one process of AWS's Runtime Interface Emulator.

python .ci/rie.py            what each answer promises
python .ci/rie.py COMMAND…   that too of the build that this command runs, and the same answers as from the release binary
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parts import BOOTSTRAP, ROOT, Checks, expect, free_port, function, sandbox, with_current_time

ACTIONS = {
    "sagemaker": "sagemaker:UpdateEndpointWeightsAndCapacities",
    "lambda": "lambda:PutProvisionedConcurrencyConfig",
    "bedrock": "bedrock:UpdateProvisionedModelThroughput",
    "application-autoscaling": "application-autoscaling:RegisterScalableTarget",
}
EXECUTIONS = [f"{state}ProvisionedConcurrentExecutions" for state in ("Requested", "Available", "Allocated")]


def expect_documented(action: str, output: Any) -> None:
    """The response that AWS documents for the action, member for member."""
    match action:
        case "sagemaker:UpdateEndpointWeightsAndCapacities":
            expect(sorted(output), ["EndpointArn"])
            expect_match(r"arn:aws:sagemaker:us-east-1:123456789012:endpoint/[a-z]+", output["EndpointArn"])
        case "sagemaker:UpdateInferenceComponentRuntimeConfig":
            expect(sorted(output), ["InferenceComponentArn"])
            arn = r"arn:aws:sagemaker:us-east-1:123456789012:inference-component/[a-z-]+"
            expect_match(arn, output["InferenceComponentArn"])
        case "lambda:PutProvisionedConcurrencyConfig":
            expect(sorted({*output} - {"StatusReason"}), sorted([*EXECUTIONS, "Status", "LastModified"]))
            expect([type(output[member]) for member in EXECUTIONS], [int, int, int])
            expect_match(r"IN_PROGRESS|READY", output["Status"])
            expect_match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?\+0000", output["LastModified"])
        case "application-autoscaling:RegisterScalableTarget":
            expect(sorted(output), ["ScalableTargetARN"])
            arn = r"arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/[0-9a-f]+"
            expect_match(arn, output["ScalableTargetARN"])
        case "bedrock:UpdateCustomModelDeployment":
            expect(sorted(output), ["customModelDeploymentArn"])
            arn = r"arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/[a-z0-9]{12}"
            expect_match(arn, output["customModelDeploymentArn"])
        case "lambda:PutFunctionScalingConfig":
            expect(output, {"FunctionState": "Active"})
        case "bedrock:CreateProvisionedModelThroughput":
            expect(sorted(output), ["provisionedModelArn"])
            arn = r"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/[a-z0-9]{12}"
            expect_match(arn, output["provisionedModelArn"])
        case (
            "lambda:DeleteProvisionedConcurrencyConfig"
            | "bedrock:UpdateProvisionedModelThroughput"
            | "bedrock:DeleteProvisionedModelThroughput"
        ):
            expect(output, {})
        case _:
            raise AssertionError(f"no documented response is known for {action}")


def expect_match(pattern: str, text: str) -> None:
    if not re.fullmatch(pattern, text):
        raise AssertionError(f"got {text!r}, expected {pattern}")


def expect_answer(file: Path, answer: Any) -> None:
    """What the name of a file, `<service>-<what>.<source>.json`, promises about the answer to it."""
    if isinstance(answer, dict) and "errorType" in answer:
        raise AssertionError(f"{answer['errorType']}: {answer.get('errorMessage')}")
    name, source = file.stem.split(".")
    # The name of one service has a hyphen itself.
    services = (service for service in [*ACTIONS, "batch"] if name.startswith(f"{service}-"))
    service = next(services)
    what = name.removeprefix(f"{service}-")
    if source == "sqs":
        expect(answer, {"batchItemFailures": []})
    elif service == "batch":
        expect((sorted(answer), answer["results"] != []), (["results"], True))
        held = ["timetable", "period"] if what == "timetable" else []
        for result in answer["results"]:
            expect(sorted(result), sorted(["action", "outcome", "output", "target", *held]))
            expect_match("accepted|applied", result["outcome"])
            expect_documented(result["action"], result["output"])
    elif what == "plan":
        expect(sorted(answer), ["plan"])
    elif what == "provisioned-concurrency-off":
        expect_documented("lambda:DeleteProvisionedConcurrencyConfig", answer)
    elif what == "launch-begins":
        expect_documented("bedrock:CreateProvisionedModelThroughput", answer)
    elif what.startswith("deployment-"):
        expect_documented("bedrock:UpdateCustomModelDeployment", answer)
    elif what.startswith("scaling-"):
        expect_documented("lambda:PutFunctionScalingConfig", answer)
    elif what.startswith("copies-"):
        expect_documented("sagemaker:UpdateInferenceComponentRuntimeConfig", answer)
    else:
        expect_documented(ACTIONS[service], answer)


def expect_error(error_type: str, answer: Any) -> None:
    expect((sorted(answer), answer["errorType"]), (["errorMessage", "errorType"], error_type))


def without_times(answer: Any) -> str:
    """The answer as text, for comparison with one that was given at another time."""
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+", "TIME", json.dumps(answer))


def main(other_build: list[str | Path]) -> None:
    checks = Checks()
    port = free_port()
    files = sorted(path for path in (ROOT / "events").glob("*.json") if path.name != "setpoint.json")
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "SETPOINT_CONFIG": f"file:{ROOT / 'events/setpoint.json'}",
    }
    answers: dict[str, str] = {}

    def send(invoke: Callable[[str], Any], file: Path) -> None:
        # A new sandbox each time, at the old address: the files are written for the state it starts with.
        with sandbox(port):
            answer = invoke(with_current_time(file.read_text()))
        expect_answer(file, answer)
        expect(without_times(answer), answers.setdefault(file.name, without_times(answer)))

    for command in [[BOOTSTRAP], other_build] if other_build else [[BOOTSTRAP]]:
        print(f"--    {command[-1]}", flush=True)
        with function(environment, command) as invoke:
            for file in files:
                with checks.check(file.name):
                    send(invoke, file)
            with checks.check("an event that is nothing we know is InvalidEvent"):
                expect_error("InvalidEvent", invoke('{"greeting": "hello"}'))
            with checks.check("an action that we do not know is InvalidAction"):
                expect_error("InvalidAction", invoke('{"action": "lambda:DeleteFunction", "input": {}}'))
            with checks.check(f"{files[0].name} again, after the errors"):
                send(invoke, files[0])
    checks.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
