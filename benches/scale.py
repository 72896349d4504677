#!/usr/bin/env python3
"""Counts what an event of many targets calls, and how large it and its answer are, against the sandbox on loopback.

    cargo build --package setpoint-cli && python3 benches/scale.py [--command target/debug/setpoint-cli] [--only count]

What it counts is the same on any machine. What it times is this machine and this build: the upper bound of the function's
own work, and nothing of AWS. The part `throttle` is against control planes that take 15 calls a second in an account and
Region, and takes five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

HOME, REGIONS = "123456789012", ("us-east-1", "eu-west-1")
ACCOUNTS = [str(100_000_000_000 + number) for number in range(10)]
TABLE = "setpoint-ledger"
SAGEMAKER, LAMBDA = "sagemaker:UpdateEndpointWeightsAndCapacities", "lambda:PutProvisionedConcurrencyConfig"
REQUESTS_PER_SECOND = 15
# What the command asks for itself, to know whose account it looks at.
NOT_THE_FUNCTION = "GetCallerIdentity"


def name(number: int) -> str:
    return f"reco-{number:04}"


def region(targets: int) -> dict[str, Any]:
    """So many endpoints with two instances, and as many functions with five of provisioned concurrency."""
    then = "2025-03-01T09:00:00Z"
    variant = {
        "variantName": "AllTraffic",
        "instanceType": "ml.g5.xlarge",
        "current": {"weight": 1.0, "instanceCount": 2},
    }
    endpoint = {
        "endpointConfigName": "reco",
        "creationTime": then,
        "lastModifiedTime": then,
        "variants": [variant],
    }
    function = {
        "versions": ["7"],
        "aliases": {"live": {"functionVersion": "7"}},
        "provisionedConcurrency": {"live": {"requested": 5, "allocated": 5, "status": "READY", "lastModified": then}},
    }
    return {
        "endpoints": {name(number): endpoint for number in range(targets)},
        "functions": {name(number): function for number in range(targets)},
        "limits": {"concurrentExecutions": 100_000},
        "tables": {TABLE: {"partitionKey": "target", "timeToLive": "expires"}},
    }


def action(kind: str, number: int | None, **around: str) -> dict[str, Any]:
    """One action; without a number, the one that a selection is for."""
    if kind == SAGEMAKER:
        named = {} if number is None else {"EndpointName": name(number)}
        count = {"VariantName": "AllTraffic", "DesiredInstanceCount": {"atMost": 1}}
        wanted: dict[str, Any] = {"DesiredWeightsAndCapacities": [count]}
    else:
        named = {} if number is None else {"FunctionName": name(number)}
        wanted = {"Qualifier": "live", "ProvisionedConcurrentExecutions": {"atMost": 2}}
    return {"action": kind, **around, "input": {**named, **wanted}}


def listed(kind: str, targets: int) -> dict[str, Any]:
    return {"actions": [action(kind, number) for number in range(targets)]}


def selected(kind: str, **more: Any) -> dict[str, Any]:
    return {"select": {"names": ["reco-*"], **more}, **action(kind, None)}


def unchanged(targets: int) -> dict[str, Any]:
    event = listed(SAGEMAKER, targets)
    for one in event["actions"]:
        one["input"]["DesiredWeightsAndCapacities"][0]["DesiredInstanceCount"] = {"atMost": 5}
    return event


def everywhere(accounts: list[str], regions: tuple[str, ...], targets: int, **seed: Any) -> dict[str, Any]:
    of_home = {HOME: {REGIONS[0]: {}}}
    return {**seed, "accounts": of_home | {one: {there: region(targets) for there in regions} for one in accounts}}


def places(around: str, values: list[str], targets: int, mixed: bool) -> dict[str, Any]:
    """Actions for as many functions in each of the places, one place after the other or in turn."""
    pairs = [(value, number) for value in values for number in range(targets)]
    if mixed:
        pairs.sort(key=lambda pair: pair[1])
    return {"actions": [action(LAMBDA, number, **{around: value}) for value, number in pairs]}


def run(command: str, seed: dict[str, Any], event: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        files = {"seed": seed, "event": event, "config": config}
        for file, content in files.items():
            Path(folder, f"{file}.json").write_text(json.dumps(content, separators=(",", ":")))
        served = [command, "sandbox", "--listen", "127.0.0.1:0", "--seed", f"{folder}/seed.json"]
        with subprocess.Popen(served, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as sandbox:
            try:
                assert sandbox.stdout is not None
                said = next(line for line in sandbox.stdout if "http://127.0.0.1:" in line)
                port = said.split("http://127.0.0.1:")[1]
                port = port[: next((at for at, letter in enumerate(port) if not letter.isdigit()), len(port))]
                url = f"http://127.0.0.1:{port}"
                environment = {
                    "PATH": os.environ["PATH"],
                    "HOME": folder,
                    "AWS_ENDPOINT_URL": url,
                    "AWS_REGION": REGIONS[0],
                    "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": "test",
                }
                invoked = [command, "invoke", f"{folder}/event.json", "--config", f"{folder}/config.json", "--aws"]
                begun = time.monotonic()
                ran = subprocess.run(invoked, env=environment, capture_output=True, text=True, check=False)
                seconds = time.monotonic() - begun
                with urllib.request.urlopen(f"{url}/_sandbox/transcript") as answer:
                    transcript = json.load(answer)
            finally:
                sandbox.terminate()
        answer = json.loads(ran.stdout)
        calls = Counter(call["operation"] for call in transcript if call["status"] < 300)
        del calls[NOT_THE_FUNCTION]
        return {
            "done": Counter(result["outcome"] for result in answer.get("results", [])) or answer["errorType"],
            "calls": calls,
            "turned away": sum(call["status"] >= 300 for call in transcript),
            "event": Path(folder, "event.json").stat().st_size,
            "answer": len(json.dumps(answer, separators=(",", ":"))),
            "seconds": seconds,
        }


def kinds_of(calls: Counter[str]) -> str:
    kinds = {"list": 0, "read": 0, "write": 0, "ledger": 0, "role": 0}
    for operation, count in calls.items():
        if operation.startswith("List"):
            kind = "list"
        elif operation.startswith(("Describe", "Get")):
            kind = "read"
        elif operation == "UpdateItem":
            kind = "ledger"
        else:
            kind = "role" if operation == "AssumeRole" else "write"
        kinds[kind] += count
    return " | ".join(f"{count:,}" if count else "" for count in kinds.values())


def count(command: str) -> None:
    plain, guarded = {}, {"guardrails": {"maxTargets": 1000}}
    with_ledger = {**guarded, "ledgerTable": TABLE}
    roles = {f"r{one}": {"arn": f"arn:aws:iam::{one}:role/setpoint"} for one in ACCOUNTS}
    elsewhere = {**guarded, "regions": list(REGIONS), "roles": roles}
    far = everywhere(ACCOUNTS, REGIONS, 50)
    denied = {"UpdateEndpointWeightsAndCapacities": [{"effect": "accessDenied", "calls": "all"}]}

    def here(targets: int, **seed: Any) -> dict[str, Any]:
        return everywhere([HOME], REGIONS[:1], targets, **seed)

    print("| event | lists | reads | writes | ledger | roles | event, bytes | answer, bytes | wall, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for what, seed, event, config in (
        ("10 endpoints in `actions`", here(10), listed(SAGEMAKER, 10), plain),
        ("the same, with the ledger", here(10), listed(SAGEMAKER, 10), with_ledger),
        ("10 endpoints by `select`, with the ledger", here(10), selected(SAGEMAKER), with_ledger),
        ("1,000 endpoints in `actions`", here(1000), listed(SAGEMAKER, 1000), plain),
        ("the same, with the ledger", here(1000), listed(SAGEMAKER, 1000), with_ledger),
        ("the same, nothing to change", here(1000), unchanged(1000), with_ledger),
        ("1,000 endpoints by `select`", here(1000), selected(SAGEMAKER), guarded),
        ("the same, with the ledger", here(1000), selected(SAGEMAKER), with_ledger),
        (
            "1,000 endpoints by `select` in 10 accounts and 2 Regions",
            far,
            selected(SAGEMAKER, roles="*", regions="*"),
            elsewhere,
        ),
        ("1,000 aliases in `actions`", here(1000), listed(LAMBDA, 1000), plain),
        ("1,000 aliases by `select`", here(1000), selected(LAMBDA), guarded),
        ("1,000 endpoints in `actions`, every write denied", here(1000, faults=denied), listed(SAGEMAKER, 1000), plain),
    ):
        found = run(command, seed, event, config)
        sizes = f"{found['event']:,} | {found['answer']:,} | {found['seconds']:.1f}"
        print(f"| {what} | {kinds_of(found['calls'])} | {sizes} |", flush=True)
        print(f"{what}: {found['done']}", file=sys.stderr)


def throttle(command: str) -> None:
    slow = {"traffic": {"requestsPerSecond": REQUESTS_PER_SECOND}}
    one, two = everywhere([HOME], REGIONS[:1], 1000, **slow), everywhere([HOME], REGIONS, 100, **slow)
    accounts = everywhere(ACCOUNTS[:2], REGIONS[:1], 100, **slow)
    roles = [f"r{account}" for account in ACCOUNTS[:2]]
    config: dict[str, Any] = {"guardrails": {"maxTargets": 1000}}
    config["roles"] = {f"r{one}": {"arn": f"arn:aws:iam::{one}:role/setpoint"} for one in ACCOUNTS[:2]}
    in_two = {"regions": list(REGIONS)}
    print("| aliases | calls in a place | limit, s | wall, s | turned away |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for what, seed, event, calls in (
        ("1,000 in `actions`", one, listed(LAMBDA, 1000), 2000),
        ("100 in each of two Regions, one after the other", two, places("region", list(REGIONS), 100, False), 200),
        ("the same, in turn", two, places("region", list(REGIONS), 100, True), 200),
        ("the same, by `select`", two, selected(LAMBDA, **in_two), 302),
        ("100 in each of two accounts, one after the other", accounts, places("role", roles, 100, False), 200),
        ("the same, in turn", accounts, places("role", roles, 100, True), 200),
    ):
        found = run(command, seed, event, config)
        limit = f"{calls:,} | {calls / REQUESTS_PER_SECOND:.1f} | {found['seconds']:.1f}"
        print(f"| {what} | {limit} | {found['turned away']} |", flush=True)
        print(f"{what}: {found['done']}", file=sys.stderr)


def main() -> None:
    parts = {"count": count, "throttle": throttle}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default="target/debug/setpoint-cli", help="the command line, built")
    parser.add_argument("--only", choices=parts, help="one part of it")
    arguments = parser.parse_args()
    for part in [arguments.only] if arguments.only else parts:
        parts[part](str(Path(arguments.command).absolute()))
        print()


if __name__ == "__main__":
    main()
