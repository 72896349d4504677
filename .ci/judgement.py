"""What the release binary makes of repeats, busy targets, late events, dangerous numbers and failures: the calls it makes, and its answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from parts import Checks, control, expect, free_port, function, sandbox

UPDATE = "sagemaker:UpdateEndpointWeightsAndCapacities"
READ = "DescribeEndpoint"
WRITE = "UpdateEndpointWeightsAndCapacities"
CONFIGURATION = {
    "guardrails": {"targets": [{"target": "sagemaker:endpoint/*/variant/*", "min": 1, "max": 20, "maxStep": 10}]},
    "maxEventAge": "1h",
}


class World:
    """The function under Lambda's emulator, and the sandbox it talks to."""

    def __init__(self, invoke: Callable[[str], Any], url: str) -> None:
        self.function = invoke
        self.url = url
        self.seed = self.control("GET", "state")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return control(self.url, method, path, body)

    def reset(self, **changes: Any) -> None:
        """The example again, with members of the endpoint recsys changed."""
        seed = copy.deepcopy(self.seed)
        endpoints(seed)["recsys"].update(changes)
        self.begin(seed)

    def begin(self, seed: Any) -> None:
        self.control("PUT", "state", seed)
        self.control("DELETE", "transcript")

    def invoke(self, event: Any) -> Any:
        answer = self.function(json.dumps(event))
        print(f"      {shortened(event)}\n        -> {shortened(answer)}")
        return answer

    def calls(self) -> list[str]:
        """The operations called since the last look."""
        transcript = self.transcript()
        for call in transcript:
            print(f"        {call['method']} {call['path']} {call['operation']} {call['body']} -> {call['status']}")
        return [call["operation"] for call in transcript]

    def transcript(self) -> Any:
        transcript = self.control("GET", "transcript")
        self.control("DELETE", "transcript")
        return transcript

    def instances(self) -> Any:
        [variant] = endpoints(self.control("GET", "state"))["recsys"]["variants"]
        return (variant.get("desired") or variant["current"])["instanceCount"]


def endpoints(seed: Any) -> dict[str, Any]:
    return seed["accounts"]["123456789012"]["us-east-1"]["endpoints"]


def shortened(document: Any) -> str:
    text = json.dumps(document)
    return text if len(text) <= 400 else f"{text[:400]}… ({len(text)} characters)"


def scale(count: Any, endpoint: str = "recsys", **around: Any) -> dict[str, Any]:
    capacities = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
    request = {"EndpointName": endpoint, "DesiredWeightsAndCapacities": capacities}
    return {"action": UPDATE, "input": request, **around}


def ago(**age: float) -> str:
    return (datetime.now(UTC) - timedelta(**age)).isoformat()


def check_repeat(checks: Checks, world: World) -> None:
    with checks.check("a duplicate of a relative event adds nothing"):
        world.reset()
        event = scale({"add": 2, "max": 8}, issuedAt=ago())
        first, second = world.invoke(event), world.invoke(event)
        expect(second, first)
        expect((world.calls(), world.instances()), ([READ, WRITE, READ], 4))


def check_busy(checks: Checks, world: World) -> None:
    with checks.check("a busy endpoint is waited for, then written once"):
        change = {"endsAfter": {"reads": 1}}
        world.reset(status="Updating", change=change)
        answer = world.invoke(scale(6))
        expect(sorted(answer), ["EndpointArn"])
        expect((world.calls(), world.instances()), ([READ, READ, WRITE], 6))


def check_late(checks: Checks, world: World) -> None:
    with checks.check("an event older than maxEventAge is refused without a call"):
        world.reset()
        expect(world.invoke(scale(6, issuedAt=ago(hours=6)))["errorType"], "EventExpired")
        expect((world.calls(), world.instances()), ([], 2))


def check_guardrail(checks: Checks, world: World) -> None:
    with checks.check("600 instances stop at the guardrail, before any write"):
        world.reset()
        expect(world.invoke(scale(600))["errorType"], "GuardrailViolation")
        expect((world.calls(), world.instances()), ([READ], 2))


def check_batch(checks: Checks, world: World) -> None:
    with checks.check("of 50 actions with 3 failures exactly those 3 are reported, and a redelivery repeats only them"):
        seed = copy.deepcopy(world.seed)
        recsys = endpoints(seed)["recsys"]
        endpoints(seed).update({f"e{number}": recsys for number in range(50) if number not in (7, 21, 49)})
        world.begin(seed)
        event = {"actions": [scale(5, f"e{number}") for number in range(50)]}
        for writes in (47, 0):
            answer = world.invoke(event)
            expect(answer["errorType"], "ActionsFailed")
            reported = [number for number in range(50) if f"actions[{number}] " in answer["errorMessage"]]
            expect(reported, [7, 21, 49])
            operations = [call["operation"] for call in world.transcript()]
            print(f"        {operations.count(READ)} x {READ}, {operations.count(WRITE)} x {WRITE}")
            expect((operations.count(READ), operations.count(WRITE)), (50, writes))


def main() -> None:
    checks = Checks()
    port = free_port()
    environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "SETPOINT_CONFIG": json.dumps(CONFIGURATION)}
    with sandbox(port) as url, function(environment) as invoke:
        world = World(invoke, url)
        for check in (check_repeat, check_busy, check_late, check_guardrail, check_batch):
            check(checks, world)
    checks.exit()


if __name__ == "__main__":
    main()
