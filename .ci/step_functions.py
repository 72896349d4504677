"""Runs the state machines of deploy/step-functions on ministack's Step Functions, around the release binary and the sandbox.

python .ci/step_functions.py [WORD...]    only the scenarios that have one of these words in their names
python .ci/step_functions.py --self-test  break the definitions in many ways, and require that each is noticed
"""

from __future__ import annotations

import copy
import functools
import io
import json
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cfnlint.api import lint
from jsonata import jsonata

from emulators import LEDGER, ROLE, client
from parts import ARCHITECTURE, BOOTSTRAP, ROOT, Checks, control, expect, free_port, sandbox, server

UPDATE = "sagemaker:UpdateEndpointWeightsAndCapacities"
WRITE = "UpdateEndpointWeightsAndCapacities"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:setpoint"
# A second of the definitions, in seconds of this machine: an hour takes six.
SCALE = 1 / 600
GUARDRAILS = {
    "unlisted": "deny",
    "targets": [
        {"target": "sagemaker:endpoint/ranking", "maxShare": 1},
        {"target": "sagemaker:endpoint/ranking/variant/*", "max": 10},
        {"target": "sagemaker:endpoint/recsys", "max": 20},
        {"target": "sagemaker:endpoint/fleet-*", "max": 20},
        {"target": "sagemaker:inference-component/*", "max": 10},
        {"target": "lambda:function:*", "max": 100},
    ],
}

Definition = dict[str, Any]


def definitions() -> dict[str, Definition]:
    return {
        path.name.split(".")[0]: json.loads(path.read_text())
        for path in (ROOT / "deploy/step-functions").glob("*.asl.json")
    }


class World:
    """An account: SageMaker, Lambda and Bedrock are the sandbox's, all else ministack's."""

    def __init__(self, url: str, ministack: str) -> None:
        self.url = url
        self.seed = self.control("GET", "state")
        self.states, self.lambda_ = client("stepfunctions", ministack), client("lambda", ministack)
        self.dynamodb, self.cloudwatch = client("dynamodb", ministack), client("cloudwatch", ministack)
        self.s3 = client("s3", ministack)
        self.load(lambda _: None)

    def load(self, edit: Callable[[dict[str, Definition]], Any]) -> None:
        """The definitions as they are, or broken."""
        self.definitions = definitions()
        edit(self.definitions)
        self.machines: dict[tuple[str, str], str] = {}

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return control(self.url, method, path, body)

    def reset(self, **endpoints: Any) -> None:
        """The example again, with members of endpoints changed."""
        seed = copy.deepcopy(self.seed)
        here = seed["accounts"]["123456789012"]["us-east-1"]["endpoints"]
        for name, changes in endpoints.items():
            here.setdefault(name, copy.deepcopy(here["recsys"])).update(changes)
        self.control("PUT", "state", seed)
        self.control("DELETE", "transcript")

    def patch_region(self, **members: Any) -> None:
        self.control("PATCH", "state", {"accounts": {"123456789012": {"us-east-1": members}}})

    def fault(self, operation: str, **fault: Any) -> None:
        self.control("POST", f"faults/{operation}", fault)

    def region(self) -> Any:
        return self.control("GET", "state")["accounts"]["123456789012"]["us-east-1"]

    def stands(self, endpoint: str, member: str) -> dict[str, Any]:
        """What is desired of each variant."""
        variants = self.region()["endpoints"][endpoint]["variants"]
        return {it["variantName"]: (it.get("desired") or it["current"])[member] for it in variants}

    def writes(self) -> list[Any]:
        """What SageMaker was asked to change since the last look, as it was sent and with the status of its answer."""
        transcript = self.control("GET", "transcript")
        self.control("DELETE", "transcript")
        return [call for call in transcript if call["operation"] == WRITE]

    def deploy(self) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, BOOTSTRAP.read_bytes())
        always = {"zone": "UTC", "periods": [{"name": "always", "do": concurrency(7)}]}
        configuration = {
            "guardrails": GUARDRAILS,
            "timetables": {"checkout": always},
            "maxEventAge": "1h",
            "ledgerTable": LEDGER,
        }
        self.lambda_.create_function(
            FunctionName="setpoint",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=ROLE,
            Architectures=[ARCHITECTURE],
            Code={"ZipFile": package.getvalue()},
            # A first look after a write has to fit into it at Lambda, and none does at SageMaker.
            Timeout=8,
            Environment={"Variables": {"SETPOINT_CONFIG": json.dumps(configuration), "AWS_ENDPOINT_URL": self.url}},
        )
        self.dynamodb.create_table(
            TableName="rollouts",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "target", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "target", "KeyType": "HASH"}],
        )
        self.put_alarm("ranking-errors")

    def put_alarm(self, name: str) -> None:
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )

    def machine(self, name: str, adapted: str) -> str:
        """Made from the definition, with `adapted` (JSON) in place of what ministack cannot read from the input."""
        if (name, adapted) not in self.machines:
            definition = copy.deepcopy(self.definitions[name])
            for state, members in json.loads(adapted).items():
                definition["States"][state].update(members)
            text = (
                json.dumps(definition).replace("${InvokeArn}", FUNCTION_ARN).replace("${RolloutTableName}", "rollouts")
            )
            number = len(self.states.list_state_machines()["stateMachines"])
            made = self.states.create_state_machine(name=f"{name}-{number}", definition=text, roleArn=ROLE)
            self.machines[name, adapted] = made["stateMachineArn"]
        return self.machines[name, adapted]

    def start(self, name: str, document: Any, adapted: str = "{}") -> str:
        machine = self.machine(name, adapted)
        return self.states.start_execution(stateMachineArn=machine, input=json.dumps(document))["executionArn"]

    def end(self, execution: str, seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            description = self.states.describe_execution(executionArn=execution)
            if description["status"] != "RUNNING":
                return description
            if time.monotonic() > deadline:
                history = self.states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=20)
                raise AssertionError(f"it does not end; its last events: {json.dumps(history['events'], default=str)}")
            time.sleep(0.05)

    def run(self, name: str, document: Any, adapted: str = "{}") -> Any:
        return self.end(self.start(name, document, adapted))

    def states_entered(self, execution: str) -> list[str]:
        events, token = [], {}
        while True:
            page = self.states.get_execution_history(executionArn=execution, maxResults=1000, **token)
            events += page["events"]
            if "nextToken" not in page:
                return [
                    event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
                ]
            token = {"nextToken": page["nextToken"]}

    def attempts(self, execution: str) -> int:
        history = self.states.get_execution_history(executionArn=execution, maxResults=1000)
        return sum(event["type"] == "TaskScheduled" for event in history["events"])


def succeeded(execution: Any) -> Any:
    if execution["status"] != "SUCCEEDED":
        raise AssertionError(f"{execution['status']}: {execution.get('error')}: {execution.get('cause')}")
    return json.loads(execution["output"])


def failed(execution: Any, error: str) -> str:
    """The cause."""
    expect((execution["status"], execution.get("error")), ("FAILED", error))
    return execution["cause"]


# As Python's JSONata prints it; Step Functions prints 0.
ZERO = "0.0"


def has(text: str, *parts: str) -> None:
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")


def message(cause: str) -> str:
    return json.loads(cause)["errorMessage"]


def count(number: Any, endpoint: str = "recsys", **around: Any) -> dict[str, Any]:
    capacities = [{"VariantName": "AllTraffic", "DesiredInstanceCount": number}]
    request = {"EndpointName": endpoint, "DesiredWeightsAndCapacities": capacities}
    return {"action": UPDATE, "input": request, **around}


def concurrency(number: Any, **around: Any) -> dict[str, Any]:
    request = {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": number}
    return {"action": "lambda:PutProvisionedConcurrencyConfig", "input": request, **around}


RECSYS = {"EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys"}


SCENARIOS: dict[str, Callable[[World], None]] = {}


def scenario(name: str) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    def enter(check: Callable[[World], None]) -> Callable[[World], None]:
        SCENARIOS[name] = check
        return check

    return enter


@scenario("settle: an endpoint that is busy for an hour gets its instances when it is free, once")
def _(world: World) -> None:
    world.reset(recsys={"status": "Updating", "change": {"endsAfter": {"milliseconds": 6000}}})
    begin = time.monotonic()
    execution = world.start("settle", count({"add": 2, "max": 8}))
    expect(succeeded(world.end(execution)), RECSYS)
    expect(world.stands("recsys", "instanceCount"), {"AllTraffic": 4})
    expect([call["status"] for call in world.writes()].count(200), 1)
    print(f"        {world.attempts(execution)} attempts in {time.monotonic() - begin:.1f} s")


@scenario("settle: what takes longer to settle than an invocation lasts is written once, however often it is asked for")
def _(world: World) -> None:
    world.reset(recsys={"changes": {"pace": {"milliseconds": 6000}}})
    execution = world.start("settle", count({"add": 2, "max": 8}))
    expect(succeeded(world.end(execution)), RECSYS)
    entered = world.states_entered(execution)
    expect((world.stands("recsys", "instanceCount"), len(world.writes())), ({"AllTraffic": 4}, 1))
    expect(entered[:4], ["Date it", "Ask", "Does a retry help?", "Let it settle"])


@scenario("settle: the payload's own id and time count: sent by two executions, it adds once")
def _(world: World) -> None:
    world.reset()
    payload = count({"add": 2, "max": 8}, id="morning", issuedAt=datetime.now(UTC).isoformat())
    expect([succeeded(world.run("settle", payload)) for _ in range(2)], [RECSYS, RECSYS])
    expect((world.stands("recsys", "instanceCount"), len(world.writes())), ({"AllTraffic": 4}, 1))


@scenario("settle: the ledger's table is throttled for a while")
def _(world: World) -> None:
    world.reset()
    # More than the attempts that the SDK makes of a call.
    world.fault("UpdateItem", effect="throttle", calls={"next": 4})
    execution = world.start("settle", count(3))
    expect((succeeded(world.end(execution)), world.attempts(execution) > 1), (RECSYS, True))


@scenario("settle: a timetable is followed")
def _(world: World) -> None:
    world.reset()
    [result] = succeeded(world.run("settle", {"follow": "checkout"}))["results"]
    expect((result["timetable"], result["period"], result["outcome"]), ("checkout", "always", "accepted"))
    expect(world.region()["functions"]["checkout"]["provisionedConcurrency"]["live"]["requested"], 7)


@scenario("settle: a refusal is not retried, and says what the function said")
def _(world: World) -> None:
    world.reset()
    execution = world.start("settle", count(600))
    expect(
        message(failed(world.end(execution), "GuardrailViolation")),
        "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 600 is refused: guardrails.targets[2] "
        "(sagemaker:endpoint/recsys) sets max 20; nothing was written",
    )
    expect((world.attempts(execution), world.writes()), (1, []))


@scenario("settle: a change that AWS gives up is not retried")
def _(world: World) -> None:
    world.reset()
    changes = {"failNext": "FUNCTION_ERROR_INIT_FAILURE", "pace": {"milliseconds": 100}}
    world.patch_region(functions={"checkout": {"changes": changes}})
    execution = world.start("settle", concurrency(20))
    cause = message(failed(world.end(execution), "NotSettled"))
    has(cause, "AWS reports that the change of lambda:function:checkout:live failed")


@scenario("settle: of several actions the one that is busy is waited for, and no other repeated")
def _(world: World) -> None:
    busy = {"status": "Updating", "change": {"endsAfter": {"milliseconds": 2000}}}
    world.reset(recsys=busy, ranking={})
    blue = [{"VariantName": "blue", "DesiredInstanceCount": {"add": 1, "max": 8}}]
    ranking = {"action": UPDATE, "input": {"EndpointName": "ranking", "DesiredWeightsAndCapacities": blue}}
    execution = world.start("settle", {"actions": [count({"add": 2, "max": 8}), ranking]})
    results = succeeded(world.end(execution))["results"]
    expect(
        [it["target"] for it in results],
        ["sagemaker:endpoint/recsys/variant/AllTraffic", "sagemaker:endpoint/ranking/variant/blue"],
    )
    expect(
        (world.stands("recsys", "instanceCount"), world.stands("ranking", "instanceCount")),
        ({"AllTraffic": 4}, {"blue": 4, "green": 1}),
    )
    expect("Let it settle" in world.states_entered(execution), True)


@scenario("settle: of several actions one is refused: the execution fails at once")
def _(world: World) -> None:
    world.reset()
    execution = world.start("settle", {"actions": [count(600)]})
    cause = message(failed(world.end(execution), "ActionsFailed"))
    has(cause, "GuardrailViolation")
    expect(world.attempts(execution), 1)


def ranking(*steps: Any, **around: Any) -> dict[str, Any]:
    """A rollout of the endpoint ranking, whose steps are variants with what they are to have."""
    variants = [{"DesiredWeightsAndCapacities": step if isinstance(step, list) else [step]} for step in steps]
    return {
        "action": UPDATE,
        "input": {"EndpointName": "ranking"},
        "steps": variants,
        "alarms": ["ranking-errors"],
        "holdSeconds": 600,
        **around,
    }


def share(variant: str, part: float) -> dict[str, Any]:
    return {"VariantName": variant, "DesiredWeight": {"share": part}}


# 5, 25 and 100 %.
CANARY = ranking(share("green", 0.05), share("green", 0.25), {"VariantName": "blue", "DesiredWeight": 0})


def variants(**weights: float) -> dict[str, Any]:
    """The endpoint ranking with these weights."""
    return {
        "variants": [
            {"variantName": name, "current": {"weight": weight, "instanceCount": 2}} for name, weight in weights.items()
        ]
    }


def alarm(world: World, state: str) -> None:
    world.cloudwatch.set_alarm_state(AlarmName="ranking-errors", StateValue=state, StateReason="set by hand")


def canary(world: World) -> None:
    """All traffic on blue, no alarm, and no rollout."""
    alarm(world, "OK")
    world.reset(ranking=variants(blue=1.0, green=0.0))
    for item in markers(world):
        world.dynamodb.delete_item(TableName="rollouts", Key={"target": item["target"]})


def shares(world: World) -> dict[str, float]:
    weights = world.stands("ranking", "weight")
    return {name: round(weight / sum(weights.values()), 4) for name, weight in weights.items()}


def held(world: World, execution: str, steps: int) -> None:
    """Waits until it holds after so many steps."""
    deadline = time.monotonic() + 30
    while True:
        entered = world.states_entered(execution)
        if entered.count("Does it stand?") == steps and entered[-1] in ("Hold", "Look at the alarms", "What is next?"):
            return
        status = world.states.describe_execution(executionArn=execution)
        if status["status"] != "RUNNING" or time.monotonic() > deadline:
            raise AssertionError(
                f"it does not hold after step {steps}: {status['status']}, {status.get('cause')}, {entered[-5:]}"
            )
        time.sleep(0.02)


def markers(world: World) -> list[Any]:
    return world.dynamodb.scan(TableName="rollouts")["Items"]


@scenario("rollout: 5, 25 and 100 % of the traffic, each held, and nothing left behind")
def _(world: World) -> None:
    canary(world)
    execution = world.start("rollout", CANARY)
    for number, part in enumerate([0.05, 0.25, 1.0], 1):
        held(world, execution, number)
        expect(shares(world), {"blue": round(1 - part, 4), "green": part})
    output = succeeded(world.end(execution))
    expect(
        output,
        {
            "target": "sagemaker:endpoint/ranking in us-east-1",
            "steps": 3,
            "before": {"green.DesiredWeight": 0, "blue.DesiredWeight": 1},
        },
    )
    expect((len(world.writes()), markers(world)), (3, []))
    # Ten looks a hold, and one before each step and at the end.
    expect(world.states_entered(execution).count("Look at the alarms"), 34)


def rings(world: World, number: int) -> None:
    canary(world)
    execution = world.start("rollout", CANARY)
    held(world, execution, number)
    alarm(world, "ALARM")
    cause = failed(world.end(execution), "AlarmRinging")
    has(cause, f"ranking-errors in ALARM after step {number} of 3; sagemaker:endpoint/ranking in us-east-1 is back at")
    expect((world.stands("ranking", "weight"), markers(world)), ({"blue": 1.0, "green": 0.0}, []))
    expect(len(world.writes()), number + 1)


for number in (1, 2, 3):
    name = f"rollout: an alarm while it holds after step {number} takes it back to what stood before"
    scenario(name)(functools.partial(rings, number=number))


@scenario("rollout: a step that a guardrail refuses takes it back, and fails with the reason")
def _(world: World) -> None:
    canary(world)
    counts = [{"VariantName": "green", "DesiredInstanceCount": number} for number in (4, 40)]
    execution = world.start("rollout", ranking(*counts, holdSeconds=[60, 60]))
    cause = failed(world.end(execution), "GuardrailViolation")
    reason = (
        "step 2 of 2: sagemaker:endpoint/ranking/variant/green: DesiredInstanceCount 4 -> 40 is refused: guardrails.targets[1] "
        "(sagemaker:endpoint/ranking/variant/*) sets max 10; nothing was written; "
        'sagemaker:endpoint/ranking in us-east-1 is back at {"green.DesiredInstanceCount":2}'
    )
    expect(cause, reason)
    expect((world.stands("ranking", "instanceCount"), markers(world)), ({"blue": 2, "green": 2}, []))


@scenario("rollout: a step that AWS gives up takes it back")
def _(world: World) -> None:
    canary(world)
    execution = world.start("rollout", CANARY)
    held(world, execution, 1)
    world.fault(WRITE, effect={"error": {"status": 400, "code": "ResourceLimitExceeded", "message": "no more"}})
    cause = failed(world.end(execution), "ResourceLimitExceeded")
    has(cause, "step 2 of 3: ")
    expect(world.stands("ranking", "weight"), {"blue": 1.0, "green": 0.0})


@scenario("rollout: a second one of the same endpoint is refused while the first runs, which goes on")
def _(world: World) -> None:
    canary(world)
    first = world.start("rollout", CANARY)
    held(world, first, 1)
    second = world.run("rollout", {**CANARY, "before": "now"})
    expect(
        failed(second, "RolloutUnderWay"),
        f"{first} is at work on sagemaker:endpoint/ranking in us-east-1; nothing was changed",
    )
    expect(shares(world), {"blue": 0.95, "green": 0.05})
    succeeded(world.end(first))
    expect(shares(world), {"blue": 0.0, "green": 1.0})


def stopped(world: World, steps: int = 2) -> str:
    """One that is stopped while it holds, at 25 % of the traffic or after so many steps."""
    canary(world)
    execution = world.start("rollout", CANARY)
    held(world, execution, steps)
    world.states.stop_execution(executionArn=execution)
    world.writes()
    return execution


@scenario("rollout: one that was stopped stays where it is, and the next must say what stood before")
def _(world: World) -> None:
    # After the last step, which leaves blue none, no share of the first one can be planned.
    for steps, stands in ((2, {"blue": 0.75, "green": 0.25}), (3, {"blue": 0.0, "green": 1.0})):
        first = stopped(world, steps)
        cause = failed(world.run("rollout", CANARY), "RolloutInterrupted")
        has(cause, f"{first} (ABORTED)", 'before it there stood {"', f'"green.DesiredWeight":{ZERO}}}. Start again')
        expect((shares(world), world.writes()), (stands, []))


@scenario('rollout: "before": "restore" goes back to what stood before one that was stopped')
def _(world: World) -> None:
    stopped(world)
    alarm(world, "ALARM")
    succeeded(world.run("rollout", {**CANARY, "before": "restore"}))
    expect((world.stands("ranking", "weight"), markers(world)), ({"blue": 1.0, "green": 0.0}, []))
    failed(world.run("rollout", {**CANARY, "before": "restore"}), "NothingToRestore")


@scenario('rollout: "before": "restore" needs no step that could be taken: after the last one, and with the guardrails against it')
def _(world: World) -> None:
    # No share can be reached beside a variant that has none, and a step of 40 instances no guardrail lets through.
    for steps in (CANARY["steps"], ranking({"VariantName": "green", "DesiredInstanceCount": 40})["steps"]):
        stopped(world, 3)
        execution = world.start("rollout", {**CANARY, "steps": steps, "before": "restore"})
        succeeded(world.end(execution))
        expect((world.stands("ranking", "weight"), markers(world)), ({"blue": 1.0, "green": 0.0}, []))
        expect("Plan the step" in world.states_entered(execution), False)


@scenario('rollout: "before": "kept" goes back where the first step cannot be taken any more')
def _(world: World) -> None:
    stopped(world, 3)
    cause = failed(world.run("rollout", {**CANARY, "before": "kept"}), "InvalidAction")
    has(cause, "step 1 of 3: ", "sagemaker:endpoint/ranking in us-east-1 is back at")
    expect((world.stands("ranking", "weight"), markers(world)), ({"blue": 1.0, "green": 0.0}, []))
    # Where none was left unfinished it is a rollout like any other.
    succeeded(world.run("rollout", {**CANARY, "before": "kept"}))
    expect((shares(world), markers(world)), ({"blue": 0.0, "green": 1.0}, []))


def taken_over(world: World, option: str, back: dict[str, float]) -> None:
    stopped(world)
    execution = world.start("rollout", {**CANARY, "before": option})
    held(world, execution, 3)
    alarm(world, "ALARM")
    failed(world.end(execution), "AlarmRinging")
    expect((shares(world), markers(world)), (back, []))


for option, back in [("kept", {"blue": 1.0, "green": 0.0}), ("now", {"blue": 0.75, "green": 0.25})]:
    name = f'rollout: "before": "{option}" after one that was stopped, and an alarm'
    scenario(name)(functools.partial(taken_over, option=option, back=back))


@scenario("rollout: wherever it is stopped, with a write under way or not, it can be taken back, and stays there")
def _(world: World) -> None:
    # After so many states; the first step is written in the tenth, the second in about the fiftieth.
    for states in (5, 6, 7, 8, 9, 10, 11, 14, 49, 51, 52, 53, 54, 55):
        canary(world)
        execution = world.start("rollout", CANARY)
        while len(world.states_entered(execution)) < states:
            time.sleep(0.001)
        world.states.stop_execution(executionArn=execution)
        # The Region that is left out is the function's: it is the same target.
        again = world.run("rollout", {**CANARY, "before": "restore", "region": "us-east-1"})
        if again["status"] != "SUCCEEDED":
            failed(again, "NothingToRestore")
        # What was under way may come only now.
        time.sleep(0.5)
        print(f"        {states} states, the last {world.states_entered(execution)[-1]!r}: {again['status']}")
        expect((states, world.stands("ranking", "weight"), markers(world)), (states, {"blue": 1.0, "green": 0.0}, []))


@scenario("rollout: a way back that fails says what stands and what should, and can be gone again")
def _(world: World) -> None:
    canary(world)
    execution = world.start("rollout", CANARY)
    held(world, execution, 2)
    world.fault(WRITE, effect="accessDenied", calls="all")
    alarm(world, "ALARM")
    cause = failed(world.end(execution), "RollbackFailed")
    has(
        cause,
        "ranking-errors in ALARM after step 2 of 3 (AlarmRinging). The way back failed: ",
        "AccessDeniedException",
        f'There should stand {{"green.DesiredWeight":{ZERO}}}. What stands: sagemaker:endpoint/ranking/variant/green: DesiredWeight 0.33',
    )
    world.control("DELETE", "faults")
    succeeded(world.run("rollout", {**CANARY, "before": "restore"}))
    expect(shares(world), {"blue": 1.0, "green": 0.0})


@scenario("rollout: a newer event for the same weight stands against step and way back, and is told of")
def _(world: World) -> None:
    canary(world)
    execution = world.start("rollout", CANARY)
    held(world, execution, 1)
    newer = {"EndpointName": "ranking", "DesiredWeightsAndCapacities": [{"VariantName": "green", "DesiredWeight": 3}]}
    later = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    succeeded(world.run("settle", {"action": UPDATE, "input": newer, "issuedAt": later}))
    cause = failed(world.end(execution), "RollbackFailed")
    has(cause, "step 2 of 3 was superseded: the ledger has a newer event")


@scenario("rollout: copies of an inference component down to none, and back when an alarm rings")
def _(world: World) -> None:
    def drain() -> str:
        steps = [{"DesiredRuntimeConfig": {"CopyCount": copies}} for copies in (1, 0)]
        component = {"InferenceComponentName": "recsys-ranker"}
        action = "sagemaker:UpdateInferenceComponentRuntimeConfig"
        rollout = {
            "action": action,
            "input": component,
            "steps": steps,
            "alarms": ["ranking-errors"],
            "holdSeconds": 300,
        }
        return world.start("rollout", rollout)

    def copies() -> int:
        component = world.region()["inferenceComponents"]["recsys-ranker"]
        return component.get("desiredCopyCount", component["currentCopyCount"])

    canary(world)
    succeeded(world.end(drain()))
    expect(copies(), 0)
    canary(world)
    execution = drain()
    held(world, execution, 2)
    alarm(world, "ALARM")
    failed(world.end(execution), "AlarmRinging")
    expect(copies(), 2)


@scenario("rollout: provisioned concurrency where there was none is taken away again")
def _(world: World) -> None:
    canary(world)
    steps = [{"ProvisionedConcurrentExecutions": 5}, {"ProvisionedConcurrentExecutions": 500}]
    alias = {"FunctionName": "checkout", "Qualifier": "BLUE"}
    rollout = {
        "action": "lambda:PutProvisionedConcurrencyConfig",
        "input": alias,
        "steps": steps,
        "alarms": [],
        "holdSeconds": 60,
    }
    failed(world.run("rollout", rollout), "GuardrailViolation")
    expect(sorted(world.region()["functions"]["checkout"]["provisionedConcurrency"]), ["live"])


@scenario("rollout: counts and weights of several variants, and back")
def _(world: World) -> None:
    canary(world)
    both = [
        {"VariantName": "blue", "DesiredInstanceCount": 3},
        {"VariantName": "green", "DesiredInstanceCount": 4, "DesiredWeight": 1},
    ]
    execution = world.start("rollout", ranking(both))
    held(world, execution, 1)
    expect(world.stands("ranking", "instanceCount"), {"blue": 3, "green": 4})
    alarm(world, "ALARM")
    failed(world.end(execution), "AlarmRinging")
    expect(
        (world.stands("ranking", "instanceCount"), shares(world)),
        ({"blue": 2, "green": 2}, {"blue": 1.0, "green": 0.0}),
    )


@scenario("rollout: the way back raises counts, then moves the traffic, and then lowers counts")
def _(world: World) -> None:
    canary(world)
    steps = [
        {"VariantName": "green", "DesiredInstanceCount": 4},
        share("green", 0.9),
        {"VariantName": "blue", "DesiredInstanceCount": 1},
    ]
    execution = world.start("rollout", ranking(*steps))
    held(world, execution, 3)
    world.writes()
    alarm(world, "ALARM")
    failed(world.end(execution), "AlarmRinging")
    written = [json.loads(call["body"])["DesiredWeightsAndCapacities"] for call in world.writes() if call["status"] == 200]
    expect(
        written,
        [
            [{"VariantName": "blue", "DesiredInstanceCount": 2}],
            [{"VariantName": "green", "DesiredWeight": 0.0}],
            [{"VariantName": "green", "DesiredInstanceCount": 2}],
        ],
    )


@scenario("rollout: a way back that has grown too old is dated anew")
def _(world: World) -> None:
    def late(all_: dict[str, Definition]) -> None:
        long_ago = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
        dated = all_["rollout"]["States"]["Date the way back"]["Assign"]
        dated["at"] = f"{{% $tries = 0 ? '{long_ago}' : $states.context.State.EnteredTime %}}"

    late(world.definitions)
    world.machines = {}
    rings(world, 1)
    world.load(lambda _: None)


@scenario("rollout: an alias whose last change has failed goes from step to step, and back")
def _(world: World) -> None:
    canary(world)
    changes = {"failNext": "FUNCTION_ERROR_INIT_FAILURE", "pace": {"milliseconds": 50}}
    world.patch_region(functions={"checkout": {"changes": changes}})
    failed(world.run("settle", concurrency(9)), "NotSettled")
    steps = [{"ProvisionedConcurrentExecutions": 10}, {"ProvisionedConcurrentExecutions": 500}]
    alias = {"FunctionName": "checkout", "Qualifier": "live"}
    rollout = {"action": "lambda:PutProvisionedConcurrencyConfig", "input": alias, "steps": steps, "alarms": []}
    cause = failed(world.run("rollout", {**rollout, "holdSeconds": 60}), "GuardrailViolation")
    has(cause, 'lambda:function:checkout:live in us-east-1 is back at {"ProvisionedConcurrentExecutions":9}')
    expect(world.region()["functions"]["checkout"]["provisionedConcurrency"]["live"]["requested"], 9)


@scenario("rollout: a step that could not be set back is not taken")
def _(world: World) -> None:
    canary(world)
    current = {"weight": 1.0, "serverless": {"memorySizeInMB": 2048, "maxConcurrency": 10}}
    world.reset(recsys={"variants": [{"variantName": "AllTraffic", "current": current}]})
    config = {"MaxConcurrency": 20, "ProvisionedConcurrency": 5}
    steps = [{"DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}]}]
    rollout = {**ranking(), "input": {"EndpointName": "recsys"}, "steps": steps}
    cause = failed(world.run("rollout", rollout), "NoWayBack")
    has(cause, "step 1 of 1 would change ServerlessUpdateConfig.ProvisionedConcurrency, which could not be set back; nothing was")
    expect((world.writes(), markers(world)), ([], []))


@scenario("rollout: nothing is begun when an alarm rings already, is not there, or the input is unsound")
def _(world: World) -> None:
    canary(world)
    alarm(world, "ALARM")
    expect(
        failed(world.run("rollout", CANARY), "AlarmRinging"),
        "ranking-errors in ALARM before the first step; nothing was changed",
    )
    cause = failed(world.run("rollout", {**CANARY, "alarms": ["ranking-latency"]}), "AlarmNotFound")
    expect(cause, "there is no alarm ranking-latency; nothing was changed")
    execution = world.start("rollout", {**CANARY, "holdSecond": 5})
    failed(world.end(execution), "InvalidInput")
    expect(world.states_entered(execution), ["Is it sound?", "Unsound"])
    expect((world.writes(), markers(world)), ([], []))


@scenario("rollout: nothing is begun when the alarms cannot be looked at, or the marker cannot be written or read")
def _(world: World) -> None:
    def elsewhere(states: dict[str, Any], state: str) -> None:
        states[state]["Arguments"]["TableName"] = "nowhere"

    def never_mine(states: dict[str, Any]) -> None:
        states["Mark it as mine"]["Arguments"]["ConditionExpression"] = "#owner = :me"
        elsewhere(states, "Whose is it?")

    def unreadable(states: dict[str, Any]) -> None:
        states["Look at the alarms"]["Resource"] = "arn:aws:states:::aws-sdk:nothing:describeAlarms"

    canary(world)
    for error, edit in {
        "AlarmsUnreadable": unreadable,
        "MarkerUnwritable": lambda states: elsewhere(states, "Mark it as mine"),
        "MarkerUnreadable": never_mine,
    }.items():
        world.load(lambda all_, edit=edit: edit(all_["rollout"]["States"]))
        has(failed(world.run("rollout", CANARY), error), "could not be", "nothing was changed")
        expect((world.writes(), markers(world)), ([], []))
    world.load(lambda _: None)


def fleet(world: World, document: dict[str, Any]) -> Any:
    """ministack does not read these limits from the input, as MaxConcurrencyPath and its like have Step Functions do."""
    limits = {
        "MaxConcurrency": document.get("maxConcurrency", 5),
        "ToleratedFailureCount": document.get(
            "toleratedFailureCount", 10**8 if "toleratedFailurePercentage" in document else 0
        ),
        "ToleratedFailurePercentage": document.get(
            "toleratedFailurePercentage", 100 if "toleratedFailureCount" in document else 0
        ),
    }
    return world.run("fleet", document, json.dumps({name: limits for name in ("Each of the list", "Each of the file")}))


NAMES = [f"fleet-{number}" for number in range(20)]
TARGETS = [count({"add": 1, "max": 9}, name) for name in NAMES]
GONE = count(3, "fleet-gone")


def begin(world: World) -> None:
    """Every fifth is busy at first."""
    busy = {"status": "Updating", "change": {"endsAfter": {"milliseconds": 1000}}}
    world.reset(**{name: busy if number % 5 == 0 else {} for number, name in enumerate(NAMES)})


def counts(world: World) -> list[int]:
    return [world.stands(name, "instanceCount")["AllTraffic"] for name in NAMES]


@scenario("fleet: of a list each is done once, also those that are busy at first")
def _(world: World) -> None:
    begin(world)
    summary = succeeded(fleet(world, {"targets": TARGETS, "maxConcurrency": 3}))
    expect(
        {**summary, "mapRun": ""},
        {"mapRun": "", "total": 20, "succeeded": 20, "failed": 0, "timedOut": 0, "aborted": 0, "failures": []},
    )
    expect((counts(world), sum(call["status"] == 200 for call in world.writes())), ([3] * 20, 20))


@scenario("fleet: two payloads for one target are two events")
def _(world: World) -> None:
    begin(world)
    succeeded(fleet(world, {"targets": [TARGETS[1], TARGETS[1]]}))
    expect(counts(world)[1], 4)


@scenario("fleet: failures that are tolerated stand in the summary, with the payload and the reason")
def _(world: World) -> None:
    begin(world)
    summary = succeeded(fleet(world, {"targets": [*TARGETS, GONE, count(600, "fleet-1")], "toleratedFailureCount": 2}))
    expect([summary[it] for it in ("total", "succeeded", "failed")], [22, 20, 2])
    expect(sorted(it["errorType"] for it in summary["failures"]), ["GuardrailViolation", "ValidationException"])
    [missing] = [it for it in summary["failures"] if it["index"] == 20]
    has(missing["errorMessage"], "Could not find")
    expect(json.loads(missing["payload"]), GONE)
    document = json.loads(world.states.describe_execution(executionArn=missing["execution"])["input"])
    expect(document["payload"], GONE)


@scenario("fleet: the summary has the beginning of payloads, and room for as many failures as it lists")
def _(world: World) -> None:
    begin(world)
    many = {"actions": [count(3, f"fleet-gone-{number}") for number in range(600)]}
    expect(len(json.dumps(many)) > 92_000, True)
    summary = succeeded(fleet(world, {"targets": [TARGETS[1], *[many] * 3], "toleratedFailureCount": 3}))
    expect(sorted(it["index"] for it in summary["failures"]), [1, 2, 3])
    expect({it["payload"] for it in summary["failures"]}, {json.dumps(many, separators=(",", ":"))[:200]})
    longest = 25 * max(len(json.dumps(it)) for it in summary["failures"])
    expect(longest < 30_000, True)


@scenario("fleet: a failure that cannot be read is listed, and keeps no other from the summary")
def _(world: World) -> None:
    def unreadable(all_: dict[str, Definition]) -> None:
        read = all_["fleet"]["States"]["Read what failed"]["ItemProcessor"]["States"]["Read one"]
        read["Resource"] = "arn:aws:states:::aws-sdk:nothing:describeExecution"

    begin(world)
    world.load(unreadable)
    summary = succeeded(fleet(world, {"targets": [*TARGETS[:2], GONE], "toleratedFailureCount": 1}))
    world.load(lambda _: None)
    [failure] = summary["failures"]
    expect((summary["succeeded"], failure["errorType"]), (2, "Unread"))
    has(failure["errorMessage"], "what became of it could not be read: ")


@scenario("fleet: more failures than tolerated fail it, and the cause has the summary")
def _(world: World) -> None:
    begin(world)
    execution = fleet(world, {"targets": [*TARGETS[:4], GONE, GONE], "toleratedFailureCount": 1})
    summary = json.loads(failed(execution, "TooManyFailures"))
    expect([summary[it] for it in ("total", "succeeded", "failed")], [6, 4, 2])
    execution = fleet(world, {"targets": [*TARGETS[:4], GONE]})
    failed(execution, "TooManyFailures")


@scenario("fleet: from a file, with a tolerated percentage")
def _(world: World) -> None:
    begin(world)
    world.s3.create_bucket(Bucket="fleets")
    world.s3.put_object(Bucket="fleets", Key="all.json", Body=json.dumps([*TARGETS, GONE]))
    file = {"file": {"Bucket": "fleets", "Key": "all.json"}}
    summary = succeeded(fleet(world, {**file, "toleratedFailurePercentage": 10}))
    expect(([summary[it] for it in ("total", "succeeded", "failed")], counts(world)), ([21, 20, 1], [3] * 20))
    failed(fleet(world, {**file, "toleratedFailurePercentage": 1}), "TooManyFailures")


@scenario("fleet: an unsound input begins nothing")
def _(world: World) -> None:
    begin(world)
    for wrong in (
        {},
        {"targets": []},
        {"targets": TARGETS, "file": {"Bucket": "b", "Key": "k"}},
        {"targets": TARGETS, "max": 3},
        {"file": "s3://b/k"},
    ):
        failed(fleet(world, wrong), "InvalidInput")
    expect(world.writes(), [])


@contextmanager
def worlds() -> Iterator[World]:
    port, ministack_port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as scratch, sandbox(port) as url:
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(ministack_port),
            "MINISTACK_ACCOUNT_ID": "123456789012",
            # Two more listeners that it would open, one of them on all interfaces.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # It leaves the packages of the functions it ran where temporary files go.
            "TMPDIR": scratch,
            "AWS_ENDPOINT_URL": url,
            "SFN_WAIT_SCALE": str(SCALE),
        }
        with server([Path(sys.executable).parent / "ministack"], ministack_port, settings) as ministack:
            world = World(url, ministack)
            world.deploy()
            yield world


def documented(kind: str) -> list[Any]:
    """What docs/step-functions.md shows as the input of this state machine."""
    text = (ROOT / "docs/step-functions.md").read_text()
    return [
        json.loads(block) for block in re.findall(rf"<!-- execution: {kind} -->\n```json\n(.*?)```", text, re.DOTALL)
    ]


@scenario("documents: each input of docs/step-functions.md does what is said of it")
def _(world: World) -> None:
    canary(world)
    [settle], [traffic, drain], [many] = documented("settle"), documented("rollout"), documented("fleet")
    for name in (*traffic["alarms"], *drain["alarms"]):
        world.put_alarm(name)
    expect(succeeded(world.run("settle", settle)), RECSYS)
    expect(world.stands("recsys", "instanceCount"), {"AllTraffic": 4})
    succeeded(world.run("rollout", {**drain, "lookSeconds": 600}))
    expect(world.region()["inferenceComponents"]["recsys-ranker"]["currentCopyCount"], 0)
    execution = world.start("rollout", {**traffic, "lookSeconds": 3600})
    succeeded(world.end(execution))
    expect(shares(world), {"blue": 0.0, "green": 1.0})
    expect(documented_lines("rollout"), 8)
    summary = succeeded(fleet(world, many))
    expect([summary[it] for it in ("total", "succeeded")], [2, 2])
    unchanged = world.start("settle", count(4))
    succeeded(world.end(unchanged))
    expect(len(world.states_entered(unchanged)), 2)
    # Three steps with two looks each; how often one is waited for depends on how long an invocation is.
    entered = world.states_entered(execution)
    expect(len(entered) - 3 * entered.count("Wait for it"), 9 + 3 * (8 + 2 * 3))


def documented_lines(kind: str) -> int:
    text = (ROOT / "docs/step-functions.md").read_text()
    return len(text.split(f"<!-- execution: {kind} -->\n```json\n")[1].split("```")[0].splitlines())


def check_definition(name: str) -> None:
    """Step Functions' own check of a definition needs an account; cfn-lint has its schema."""
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": ROLE, "Definition": definitions()[name]},
    }
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}}
    # It takes ${…} for a forgotten Fn::Sub.
    found = lint(json.dumps(template).replace("${", "{"), config={"regions": ["us-east-1"]})
    expect([f"{it.rule.id} {it.message}" for it in found], [])


def retried(table: str) -> set[str]:
    """The names of the README's tables of errors for which a retry helps."""
    rows = [row.split(" | ") for row in (ROOT / "README.md").read_text().splitlines() if row.startswith("| ")]
    begin = next(number for number, row in enumerate(rows) if row[0].strip("| ") == table)
    names: set[str] = set()
    for row in rows[begin + 1 :]:
        help_, types = (row[2], row[0]) if table == "errorType" else (row[2], row[1])
        if len(row) != 4 or row[0].strip("| ") in ("key", "AWS said"):
            break
        if help_.startswith("yes"):
            names |= set(re.findall(r"`(\w+)`", types))
    return names


def check_retries(name: str) -> None:
    """What is retried is what the README says can be helped by it; two of the names are judged by their sentence, and one never comes alone."""
    listed = retried("errorType") | retried("AWS said")
    judged = {"NotSettled", "ActionsFailed", "NotTried"}
    expect(judged <= listed and "TargetBusy" in listed and "ThrottlingException" in listed, True)
    text = json.dumps(definitions()[name])
    lists = [
        json.loads("{" + it + "}")["ErrorEquals"] for it in re.findall(r'"ErrorEquals": \["TargetBusy", [^]]*\]', text)
    ]
    expect(bool(lists), True)
    for it in lists:
        expect(sorted(error for error in it if "." not in error), sorted(listed - judged))
    for sentence in re.findall(r"\(TargetBusy\|[^)]*\)", text):
        expect(sorted(sentence.strip("()").split("|")), sorted(listed - judged))


def evaluated(expression: str, **variables: Any) -> Any:
    """What a JSONata expression of a definition comes to."""
    compiled = jsonata.Jsonata(expression[2:-2].strip().replace("${InvokeArn}", FUNCTION_ARN))
    frame = compiled.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return compiled.evaluate(None, frame)


def check_inputs() -> None:
    """`simulate` is asked about the same list."""
    listed = json.loads((ROOT / "cli/tests/documents/rollouts.json").read_text())
    [choice] = definitions()["rollout"]["States"]["Is it sound?"]["Choices"]
    for kind, sound in (("taken", True), ("refused", False)):
        for members in listed[kind]:
            document = {**listed["rollout"], **members}
            expect((members, evaluated(choice["Condition"], states={"input": document})), (members, sound))


# How a target is named, and where the marker of its rollout stands.
LANES: list[tuple[dict[str, Any], str]] = [
    ({"input": {"EndpointName": "Ranking"}}, "sagemaker:endpoint/ranking in us-east-1"),
    (
        {"input": {"InferenceComponentName": "x"}, "region": "eu-west-1"},
        "sagemaker:inference-component/x in eu-west-1",
    ),
    *(
        ({"input": {"FunctionName": name, "Qualifier": "live"}}, "lambda:function:Checkout:live in us-east-1")
        for name in (
            "Checkout",
            "Checkout:live",
            "function:Checkout",
            "123456789012:function:Checkout",
            "us-east-1:123456789012:Checkout",
            "arn:aws:lambda:us-east-1:123456789012:function:Checkout",
            "arn:aws:lambda:us-east-1:123456789012:function:Checkout:live",
        )
    ),
    ({"input": {"FunctionName": "eu-west-1:live"}}, "lambda:function:eu-west-1:live in us-east-1"),
    (
        {"input": {"FunctionName": "eu-west-1:210987654321:function:f:live"}, "region": "us-east-1", "role": "ops"},
        "lambda:function:f:live in eu-west-1 of 210987654321",
    ),
    (
        {"input": {"FunctionName": "f:live"}, "roleArn": "arn:aws:iam::210987654321:role/ops"},
        "lambda:function:f:live in us-east-1 of 210987654321",
    ),
    ({"input": {"FunctionName": "f:live"}, "role": "ops"}, "lambda:function:f:live in us-east-1 as ops"),
    (
        {"input": {"provisionedModelId": "arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/a1"}},
        "bedrock:provisioned-model/a1 in eu-west-1",
    ),
]


def check_lanes() -> None:
    lane = definitions()["rollout"]["States"]["Begin"]["Assign"]["lane"]
    for document, expected in LANES:
        expect((document, evaluated(lane, states={"input": document})), (document, expected))


def check_way_back() -> None:
    """What only passes is tried again with a new date: a throttled invocation, and an event that has grown too old."""
    states = definitions()["rollout"]["States"]
    caught = {name: catch for catch in states["Go back"]["Catch"] for name in catch["ErrorEquals"]}
    for name in ("EventExpired", *states["Go back"]["Retry"][0]["ErrorEquals"]):
        expect((name, caught[name]["Next"]), (name, "Is the way back worth another try?"))
        expect((name, caught[name]["Assign"]["again"]), (name, True))
    condition = states["Is the way back worth another try?"]["Choices"][0]["Condition"]
    text = "1 of 3 actions failed: actions[0] sagemaker:endpoint/ranking: {}: it was so; the others were done"
    for tries, again, error, worth in (
        (1, False, "EventExpired", True),
        (1, False, "TargetBusy", True),
        (1, False, "GuardrailViolation", False),
        (119, True, "GuardrailViolation", True),
        (120, True, "EventExpired", False),
    ):
        is_worth = evaluated(condition, tries=tries, again=again, because=text.format(error))
        expect((tries, again, error, is_worth), (tries, again, error, worth))


def edited(holder: dict[str, str], member: str, text: str, other: str) -> None:
    expect(text in holder[member], True)
    holder[member] = holder[member].replace(text, other)


# What each break does to the definitions, and a scenario that has to notice.
BREAKS: dict[str, tuple[Callable[[dict[str, Definition]], Any], str]] = {
    "a busy target is not retried": (
        lambda all_: all_["settle"]["States"]["Ask"].pop("Retry"),
        "settle: an endpoint that is busy for an hour gets its instances when it is free, once",
    ),
    "every event has another id": (
        lambda all_: all_["settle"]["States"]["Ask"]["Arguments"].update(
            Payload="{% $merge([$states.input, {'id': $uuid()}]) %}"
        ),
        "settle: what takes longer to settle than an invocation lasts is written once, however often it is asked for",
    ),
    "everything is retried": (
        lambda all_: all_["settle"]["States"]["Ask"]["Retry"][0].update(ErrorEquals=["States.ALL"]),
        "settle: a refusal is not retried, and says what the function said",
    ),
    "alarms are not looked at": (
        lambda all_: all_["rollout"]["States"]["What is next?"]["Choices"].pop(1),
        "rollout: an alarm while it holds after step 2 takes it back to what stood before",
    ),
    "a step that fails is not caught": (
        lambda all_: all_["rollout"]["States"]["Plan the step"].pop("Catch"),
        "rollout: a step that a guardrail refuses takes it back, and fails with the reason",
    ),
    "the marker is anybody's": (
        lambda all_: all_["rollout"]["States"]["Mark it as mine"]["Arguments"].update(
            ConditionExpression="attribute_not_exists(nothing)"
        ),
        "rollout: a second one of the same endpoint is refused while the first runs, which goes on",
    ),
    "a marker is taken over from one that runs": (
        lambda all_: all_["rollout"]["States"]["May it be taken over?"]["Choices"].pop(0),
        "rollout: a second one of the same endpoint is refused while the first runs, which goes on",
    ),
    "what stood before is read anew at each step": (
        lambda all_: all_["rollout"]["States"]["Mark it as mine"]["Assign"].update(before={"green.DesiredWeight": 0.5}),
        "rollout: an alarm while it holds after step 2 takes it back to what stood before",
    ),
    "the way back is dated like the first step": (
        lambda all_: all_["rollout"]["States"]["Date the way back"]["Assign"].update(
            at="{% $states.context.Execution.StartTime %}"
        ),
        "rollout: an alarm while it holds after step 3 takes it back to what stood before",
    ),
    "to restore it must plan a step": (
        lambda all_: all_["rollout"]["States"]["Are there alarms?"]["Choices"].pop(0),
        'rollout: "before": "restore" needs no step that could be taken: after the last one, and with the guardrails against it',
    ),
    "to begin it plans before it looks for a marker": (
        lambda all_: all_["rollout"]["States"]["What is next?"]["Choices"].pop(),
        "rollout: one that was stopped stays where it is, and the next must say what stood before",
    ),
    "to go on it plans before the marker is its own": (
        lambda all_: all_["rollout"]["States"]["What is next?"]["Choices"].pop(),
        'rollout: "before": "kept" goes back where the first step cannot be taken any more',
    ),
    "the way back moves the traffic first": (
        lambda all_: edited(
            all_["rollout"]["States"]["Date the way back"]["Assign"], "back", "$count($stood) > 1", "$count($stood) > 99"
        ),
        "rollout: the way back raises counts, then moves the traffic, and then lowers counts",
    ),
    "a way back that is too old is over": (
        lambda all_: all_["rollout"]["States"]["Go back"]["Catch"].pop(1),
        "rollout: a way back that has grown too old is dated anew",
    ),
    "any member is kept": (
        lambda all_: edited(
            all_["rollout"]["States"]["Plan the step"]["Assign"], "before", "$plan.changes[$writable($)]", "$plan.changes"
        ),
        "rollout: an alias whose last change has failed goes from step to step, and back",
    ),
    "what cannot be set back is done all the same": (
        lambda all_: all_["rollout"]["States"]["Can it be set back?"].update(Default="Mark it as mine"),
        "rollout: a step that could not be set back is not taken",
    ),
    "any way back counts as gone": (
        lambda all_: all_["rollout"]["States"]["Is the way back worth another try?"].update(
            Default="Give the marker back after all"
        ),
        "rollout: a way back that fails says what stands and what should, and can be gone again",
    ),
    "all items have one id": (
        lambda all_: all_["fleet"]["States"]["Each of the list"]["ItemSelector"].update({"id.$": "$$.Execution.Id"}),
        "fleet: two payloads for one target are two events",
    ),
    "too many failures are no failure": (
        lambda all_: all_["fleet"]["States"]["Were there too many?"].update(Choices=[], Default="Done"),
        "fleet: more failures than tolerated fail it, and the cause has the summary",
    ),
}


def self_test(checks: Checks, world: World) -> None:
    for name, (break_, noticed_by) in BREAKS.items():
        with checks.check(f"noticed: {name}"):
            world.load(break_)
            try:
                SCENARIOS[noticed_by](world)
            except Exception as problem:
                print(f"        {str(problem)[:160]}")
            else:
                raise AssertionError(f"not by {noticed_by!r}")


def main(arguments: list[str]) -> None:
    checks = Checks()
    for name in definitions():
        with checks.check(f"{name}: cfn-lint finds nothing"):
            check_definition(name)
        with checks.check(f"{name}: what is retried is what can be helped"):
            check_retries(name)
    for name, check in {
        "inputs are taken and refused as listed": check_inputs,
        "a target has one marker, however it is named": check_lanes,
        "what only passes does not end the way back": check_way_back,
    }.items():
        with checks.check(f"rollout: {name}"):
            check()
    with worlds() as world:
        if arguments == ["--self-test"]:
            self_test(checks, world)
        else:
            for name, enter in SCENARIOS.items():
                if not arguments or any(word in name for word in arguments):
                    with checks.check(name):
                        enter(world)
    checks.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
