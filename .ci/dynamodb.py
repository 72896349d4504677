"""Sends one list of requests to the sandbox's DynamoDB and to moto's, and compares the answers: moto has its own reading of expressions."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parts import Checks, expect, free_port, sandbox_alone, server

BIN = Path(sys.executable).parent
TABLE = "setpoint-ledger"

Request = tuple[str, str, dict[str, Any]]


class DynamoDb:
    """One of the two, called without a client that would correct what is wrong with a request."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def call(self, operation: str, members: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status, and the answer with what any two implementations may differ in made the same."""
        scope = "test/20260105/us-east-1/dynamodb/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0000",
            "Content-Type": "application/x-amz-json-1.0",
            "Host": "dynamodb.us-east-1.amazonaws.com",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        self.connection.request("POST", "/", json.dumps(members), headers)
        response = self.connection.getresponse()
        text = response.read()
        try:
            answer = json.loads(text)
        except ValueError:
            return response.status, {"page": text[:100].decode()}
        # moto answers it unasked.
        answer.pop("ConsumedCapacity", None)
        if "__type" in answer:
            # The part of the service before the code and the first letter of `message` are no client's concern.
            answer["__type"] = answer["__type"].rpartition("#")[2]
            answer["message"] = answer.pop("Message", answer.get("message"))
            # moto has this in front of some sentences only; AWS had it in some Regions first.
            answer["message"] = answer["message"].removeprefix("1 validation error detected: ")
        return response.status, ordered(answer)


def ordered(value: Any) -> Any:
    """Sets and scans have no order."""
    if isinstance(value, list):
        return sorted(map(ordered, value), key=json.dumps)
    return {name: ordered(inner) for name, inner in sorted(value.items())} if isinstance(value, dict) else value


def key(target: str = "t") -> dict[str, Any]:
    return {"target": {"S": target}}


VALUES = {
    ":n1": {"N": "1"},
    ":n10": {"N": "10"},
    ":n9": {"N": "9"},
    ":n-10": {"N": "-10"},
    ":big": {"N": "1767614400001"},
    ":s1": {"S": "1"},
    ":s10": {"S": "10"},
    ":s9": {"S": "9"},
    ":yes": {"BOOL": True},
    ":null": {"NULL": True},
    ":marks": {"SS": ["b", "a"]},
    ":bag": {"M": {"part": {"N": "3"}}},
}
VALUES = {name.replace("-", "_"): value for name, value in VALUES.items()}
ITEM = {
    **key(),
    "ten": {"N": "10"},
    "big": {"N": "1767614400000"},
    "lease": {"S": "10"},
    "yes": {"BOOL": True},
    "nil": {"NULL": True},
    "marks": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "bag": {"M": {"part": {"N": "3"}, "deep": {"M": {"leaf": {"S": "here"}}}}},
}
NAMES = {"#ten": "ten", "#bag": "bag", "#part": "part", "#owner": "owner", "#dot": "a.b", "#unused": "unused"}


def with_placeholders(members: dict[str, Any]) -> dict[str, Any]:
    """The request with the names and values that its expressions use."""
    words = " ".join(text for name, text in members.items() if name.endswith("Expression"))
    for sign in "(),.=<>+-":
        words = words.replace(sign, " ")
    used = set(words.split())
    for member, known in [("ExpressionAttributeNames", NAMES), ("ExpressionAttributeValues", VALUES)]:
        if chosen := {name: known[name] for name in used & known.keys()}:
            members = {member: chosen, **members}
    return members


def update(name: str, expression: str, **members: Any) -> Request:
    request = {"Key": key(), "UpdateExpression": expression, "ReturnValues": "ALL_NEW", **members}
    return name, "UpdateItem", with_placeholders(request)


def condition(expression: str) -> Request:
    """Whether it holds, asked by a write that changes nothing."""
    request = {"Key": key(), "UpdateExpression": "SET ten = ten", "ConditionExpression": expression}
    return f"condition: {expression}", "UpdateItem", with_placeholders(request)


def conditions() -> Iterator[Request]:
    # Every type of attribute against every value, which finds what an implementation takes two types for.
    paths = ["ten", "big", "lease", "yes", "nil", "marks", "bag", "bag.part", "bag.deep.leaf", "nowhere", "nowhere.part"]
    for path, value in itertools.product(paths, VALUES):
        yield condition(f"{path} = {value}")
        yield condition(f"{path} <> {value}")
    for path, value, sign in itertools.product(paths, VALUES, ["<", "<=", ">", ">="]):
        if VALUES[value].keys() & {"N", "S"}:
            yield condition(f"{path} {sign} {value}")
    for path in [*paths, "#ten", "#bag.#part", "#owner", "#dot"]:
        yield condition(f"attribute_exists({path})")
        yield condition(f"attribute_not_exists({path})")
    for path, (low, high) in itertools.product(paths, [(":n1", ":n10"), (":n_10", ":n9"), (":s1", ":s9"), (":n10", ":n10")]):
        yield condition(f"{path} BETWEEN {low} AND {high}")
    for path in paths:
        yield condition(f"begins_with({path}, :s1)")
        yield condition(f"{path} IN (:n9, :n10, :s10)")
    # AND, OR and NOT over what holds and what does not.
    holds, not_ = "ten = :n10", "ten = :n9"
    for one, two, three in itertools.product([holds, not_], repeat=3):
        yield condition(f"{one} AND {two} AND {three}")
        yield condition(f"{one} OR {two} OR {three}")
        yield condition(f"{one} AND {two} OR {three}")
        yield condition(f"{one} OR {two} AND {three}")
        yield condition(f"({one} OR {two}) AND {three}")
        yield condition(f"NOT {one} AND {two} OR {three}")
        yield condition(f"NOT ({one} AND {two}) OR {three}")
        yield condition(f"{one} AND NOT ({two} OR {three})")
    yield condition("ten = bag.part")
    yield condition("bag.part < ten")
    yield condition("ten between :n1 and :n10 and not attribute_exists(nowhere)")
    yield condition("attribute_not_exists(big) OR big<=:big")
    for expression in ["", "ten =", "ten", "ten = :n10)", "(ten = :n10", "ten == :n10", "ten = 10", "ten ! :n10"]:
        yield condition(expression)
    for expression in ["ten = :undefined", "#undefined = :n10", "owner = :n10", "exists(ten)", "((ten = :n10))"]:
        yield condition(expression)


def updates() -> Iterator[Request]:
    for expression in [
        "SET ten = :n9",
        "set #ten = :n9, #owner = :s1",
        "SET ten = ten + :n1",
        "SET ten = ten - :n10",
        "SET ten = :n1 - ten",
        "SET big = big + :n1",
        "SET fresh = if_not_exists(fresh, :n1)",
        "SET ten = if_not_exists(ten, :n1)",
        "SET fresh = if_not_exists(fresh, :n1) + :n10",
        "SET fresh = if_not_exists(fresh, ten)",
        "SET fresh = bag.deep",
        "SET bag.part = :n9, bag.fresh = :s1",
        "SET #bag.#part = #bag.#part + :n1",
        "SET bag.deep.leaf = :bag",
        "SET #dot = :n1",
        "SET ten = lease, lease = ten",
        "REMOVE ten",
        "REMOVE ten, bag.part, nowhere",
        "SET fresh = :n1 REMOVE ten, lease",
        "ADD ten :n1",
        "ADD fresh :n_10",
        "ADD marks :marks",
        "DELETE marks :marks",
        "SET fresh = ten REMOVE ten ADD big :n1",
    ]:
        for returns in ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]:
            yield put_back()
            yield update(f"update: {expression} returning {returns}", expression, ReturnValues=returns)
    yield put_back()
    for expression in [
        "",
        "ten = :n9",
        "SET ten :n9",
        "SET ten = :n9,",
        "SET",
        "SET ten = :undefined",
        "SET #undefined = :n9",
        "SET owner = :n9",
        "SET ten = :n9 SET lease = :n9",
        "SET ten = twice(ten)",
        "SET ten = ten + :s1",
        "SET ten = ten + lease",
        "SET ten = nowhere",
        "SET ten = ten + nowhere",
        "SET nowhere.part = :n9",
        "SET ten.part = :n9",
        "SET target = :s1",
        "SET ten = :n1, #ten = :n9",
        "SET bag.part = :n9 REMOVE bag",
        "ADD ten :s1",
        "ADD lease :n1",
        "DELETE marks :n1",
    ]:
        yield update(f"no update: {expression}", expression)


def put_back() -> Request:
    return "the item as it was", "PutItem", {"Item": ITEM}


def requests() -> Iterator[Request]:
    yield "nothing there", "GetItem", {"Key": key()}
    yield update("an update makes an item", "SET ten = :n10", Key=key("new"))
    yield "an update without an expression", "UpdateItem", {"Key": key("bare"), "ReturnValues": "ALL_NEW"}
    yield update("removing from nothing", "REMOVE ten", Key=key("ghost"))
    yield put_back()
    yield from conditions()
    yield from updates()
    failing = {"ConditionExpression": "ten = :n9", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    yield put_back()
    yield update("the item that failed the check", "SET ten = :n1", **failing)
    yield update("no item that failed the check", "SET ten = :n1", **failing, Key=key("nowhere"))
    yield "put", "PutItem", {"Item": {**key(), "ten": {"N": "1"}}, "ReturnValues": "ALL_OLD"}
    once = {"Item": ITEM, "ConditionExpression": "attribute_not_exists(target)"}
    yield "put once", "PutItem", once
    yield "put once and show", "PutItem", {**once, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    yield "put the first", "PutItem", {**once, "Item": {**ITEM, **key("first")}}
    yield "get", "GetItem", {"Key": key("first"), "ConsistentRead": True}
    projection = {"Key": key("first"), "ProjectionExpression": "#bag.part, ten, nowhere"}
    yield "get a part", "GetItem", with_placeholders(projection)
    deletion = {"Key": key("first"), "ConditionExpression": "ten = :n9", "ReturnValues": "ALL_OLD"}
    yield "delete none", "DeleteItem", with_placeholders(deletion)
    yield "delete", "DeleteItem", with_placeholders({**deletion, "ConditionExpression": "ten = :n10"})
    yield "delete what is not there", "DeleteItem", {"Key": key("first"), "ReturnValues": "ALL_OLD"}
    yield "no such table", "UpdateItem", {"TableName": "nowhere", "Key": key()}
    yield "no such table to describe", "DescribeTable", {"TableName": "nowhere"}
    yield "another key", "GetItem", {"Key": {"id": {"S": "t"}}}
    yield "more than the key", "GetItem", {"Key": {**key(), "id": {"S": "t"}}}
    yield "a key of another type", "UpdateItem", {"Key": {"target": {"N": "1"}}}
    yield "an empty key", "UpdateItem", {"Key": key("")}
    yield "an item without its key", "PutItem", {"Item": {"id": {"S": "t"}}}
    yield "an item whose key is of another type", "PutItem", {"Item": {"target": {"N": "1"}}}
    yield "an item too large", "PutItem", {"Item": {**key(), "text": {"S": "x" * 420_000}}}
    large = {":large": {"S": "x" * 420_000}}
    yield update("an update too large", "SET ten = :large", ExpressionAttributeValues=large)
    yield update("a value too many", "SET ten = :n1", ExpressionAttributeValues={":n1": {"N": "1"}, ":more": {"N": "1"}})
    names = {"ExpressionAttributeNames": {"#unused": "unused"}}
    yield update("a name too many", "SET ten = :n1", **names)
    yield update("no values", "REMOVE ten", ExpressionAttributeValues={})
    yield "names for nothing", "UpdateItem", {"Key": key(), **names}
    yield "put returns nothing new", "PutItem", {"Item": ITEM, "ReturnValues": "ALL_NEW"}
    yield "scan a part", "Scan", with_placeholders({"FilterExpression": "ten > :n9", "ProjectionExpression": "target"})
    yield "scan", "Scan", {}


# Requests that moto fails at, with a page of HTML: it compares a number with a text, or cannot read what it is to refuse.
FAILURES = (
    r"condition: \S+ ([<>]=?|BETWEEN) .*"
    r"|condition: (ten =|ten|ten = :n10\)|\(ten = :n10|ten == :n10|ten ! :n10|ten = :undefined|#undefined = :n10)"
    r"|no update: SET #undefined = :n9|an update without an expression|an empty key"
)

# What moto answers otherwise, by the names of the requests.
DEVIATIONS = {
    "true is the number 1": (
        r"condition: yes (([<>]?=|<>) :n1|<=? :(n9|n10|big)|>=? :n_10|BETWEEN (:n1 AND :n10|:n_10 AND :n9))"
    ),
    "what is not there equals NULL": r"condition: nowhere(\.part)? (=|<>) :null",
    "no expression and a bare number are conditions": r"condition: (ten = 10)?",
    "a function may not be called like a reserved word": r"condition: exists\(ten\)",
    "what is set to the value that it has is not updated": (
        r"update: (SET ten = if_not_exists\(ten, :n1\)|ADD marks :marks) returning UPDATED_(OLD|NEW)"
    ),
    "UPDATED_OLD shows all of the map that the path leads into": (
        r"update: (SET bag\.part = .*|SET #bag\.#part = .*|SET bag\.deep\.leaf = .*|REMOVE ten, .*) returning UPDATED_OLD"
    ),
    "nothing to show is shown": r"update: (REMOVE ten|REMOVE ten, .*|DELETE marks :marks) returning UPDATED_NEW",
    "other words for the same mistake": (
        r"no update: (SET ten = twice\(ten\)|SET ten = ten \+ (:s1|lease)|ADD ten :s1|DELETE marks :n1)"
        r"|a key of another type|names for nothing|put returns nothing new"
    ),
    "nothing is set inside what is no map, and nothing said": r"no update: SET ten\.part = :n9",
    "an update that only removes makes an item, and one with an empty key does before it fails": (
        r"removing from nothing|scan( a part)?"
    ),
}


def compare(name: str, our_answer: tuple[int, Any], motos_answer: tuple[int, Any]) -> None:
    if motos_answer[0] == 500:
        expect(bool(re.fullmatch(FAILURES, name)), True)
        expect(our_answer[0], 200 if name == "an update without an expression" else 400)
    elif any(re.fullmatch(names, name) for names in DEVIATIONS.values()):
        if our_answer == motos_answer:
            raise AssertionError("moto does not deviate here any more")
    else:
        expect(our_answer, motos_answer)


def main() -> None:
    checks = Checks()
    port = free_port()
    with (
        server([BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)], port, {}) as moto_url,
        sandbox_alone(free_port()) as sandbox_url,
    ):
        moto, ours = DynamoDb(moto_url), DynamoDb(sandbox_url)
        definition = {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "target", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "target", "KeyType": "HASH"}],
        }
        expect(moto.call("CreateTable", {"TableName": TABLE, **definition})[0], 200)
        answered: dict[str, int] = {}
        problems: dict[str, list[str]] = {}
        for name, operation, members in requests():
            members = {"TableName": TABLE, **members}
            kind = name.partition(":")[0] if ":" in name else "operation"
            answered[kind] = answered.get(kind, 0) + 1
            try:
                compare(name, ours.call(operation, members), moto.call(operation, members))
            except AssertionError as problem:
                problems.setdefault(kind, []).append(f"{name}: {problem}")
        for kind, count in answered.items():
            with checks.check(f"moto and the sandbox, {kind}: {count} requests"):
                if found := problems.get(kind):
                    raise AssertionError("\n      ".join(found))
    checks.exit()


if __name__ == "__main__":
    main()
