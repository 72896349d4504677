#!/usr/bin/env python3
"""Calls every operation of a running sandbox through boto3, and checks what boto3 makes of each answer and each error.

    python boto3_conformance.py http://127.0.0.1:PORT

The sandbox must hold its example seed. Each check starts from the state that the sandbox had when this started.
"""

import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

ACCOUNT = "123456789012"
ENDPOINT_ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/"
COMPONENT_ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:inference-component/"
FUNCTION_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
THROUGHPUT_ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/abcdef123456"
TITAN = "amazon.titan-text-express-v1:0:8k"
CUSTOM_MODEL_ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/{TITAN}/supportbotv"
BASE_MODEL_ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{TITAN}"

UNSERVED = "the sandbox does not serve {}; its README lists what it does"
UNSERVED_PATH = "the sandbox serves no operation at this path; its README lists those that it does"

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class Sandbox:
    """The sandbox's own paths, and clients that call it."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.start = self.own("GET", "state")

    def own(self, method, path, body=None):
        text = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data=text, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def reset(self):
        self.own("PUT", "state", self.start)

    def fault(self, operation, effect):
        self.own("POST", f"faults/{operation}", {"effect": effect})

    def home(self, change):
        """Changes the state of the default account's us-east-1."""
        state = self.own("GET", "state")
        change(state["accounts"][ACCOUNT]["us-east-1"])
        self.own("PUT", "state", state)

    def client(self, service, region="us-east-1", **credentials):
        credentials = credentials or {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example"}
        # One attempt, so that an error is seen as it came; and no checks of parameters, so that the sandbox makes them.
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=1)
        return boto3.client(service, region_name=region, endpoint_url=self.url, config=config, **credentials)


def same(actual, expected):
    assert actual == expected, f"\n  expected {expected!r}\n  actual   {actual!r}"


def body(answer, status=200):
    """The parsed answer alone, once its status and request id are as they should be."""
    metadata = answer.pop("ResponseMetadata")
    same(metadata["HTTPStatusCode"], status)
    assert metadata.get("RequestId"), f"no request id in {metadata}"
    return answer


def is_now(time):
    assert abs(datetime.now(timezone.utc) - time) < timedelta(minutes=1), f"{time} is not now"


def fails(client, operation, error_class, status, code, message, **parameters):
    """The operation raises exactly this class, with this status, code and message."""
    error_class = getattr(client.exceptions, error_class) if isinstance(error_class, str) else error_class
    try:
        answer = getattr(client, operation)(**parameters)
    except ClientError as error:
        same(type(error), error_class)
        same(error.response["ResponseMetadata"]["HTTPStatusCode"], status)
        same(error.response["Error"]["Code"], code)
        same(error.response["Error"]["Message"], message)
        return error.response
    raise AssertionError(f"no error but {answer}")


# SageMaker


def scaled(name="recsys", variant="AllTraffic", **members):
    return {"EndpointName": name, "DesiredWeightsAndCapacities": [{"VariantName": variant, **members}]}


@check
def sagemaker_update_and_describe(sandbox):
    client = sandbox.client("sagemaker")
    answer = client.update_endpoint_weights_and_capacities(**scaled(DesiredInstanceCount=6))
    same(body(answer), {"EndpointArn": ENDPOINT_ARN + "recsys"})
    for status, current in [("Updating", 2), ("InService", 6)]:
        answer = body(client.describe_endpoint(EndpointName="recsys"))
        is_now(answer.pop("LastModifiedTime"))
        same(
            answer,
            {
                "EndpointName": "recsys",
                "EndpointArn": ENDPOINT_ARN + "recsys",
                "EndpointConfigName": "recsys-2025-03-01",
                "ProductionVariants": [
                    {
                        "VariantName": "AllTraffic",
                        "CurrentWeight": 1.0,
                        "DesiredWeight": 1.0,
                        "CurrentInstanceCount": current,
                        "DesiredInstanceCount": 6,
                    }
                ],
                "EndpointStatus": status,
                "CreationTime": datetime(2025, 3, 1, 9, tzinfo=timezone.utc),
            },
        )


@check
def sagemaker_weights_of_several_variants(sandbox):
    client = sandbox.client("sagemaker")
    weights = [{"VariantName": "blue", "DesiredWeight": 0.75}, {"VariantName": "green", "DesiredWeight": 0.25}]
    client.update_endpoint_weights_and_capacities(EndpointName="ranking", DesiredWeightsAndCapacities=weights)
    client.describe_endpoint(EndpointName="ranking")
    variants = client.describe_endpoint(EndpointName="ranking")["ProductionVariants"]
    shown = [(v["VariantName"], v["CurrentWeight"], v["DesiredWeight"], v["CurrentInstanceCount"]) for v in variants]
    same(shown, [("blue", 0.75, 0.75, 3), ("green", 0.25, 0.25, 1)])


@check
def sagemaker_serverless_variant(sandbox):
    client = sandbox.client("sagemaker")
    client.update_endpoint_weights_and_capacities(
        **scaled("embeddings", ServerlessUpdateConfig={"MaxConcurrency": 20, "ProvisionedConcurrency": 7})
    )
    (variant,) = client.describe_endpoint(EndpointName="embeddings")["ProductionVariants"]
    before = {"MemorySizeInMB": 2048, "MaxConcurrency": 10, "ProvisionedConcurrency": 2}
    after = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 7}
    same((variant["CurrentServerlessConfig"], variant["DesiredServerlessConfig"]), (before, after))


@check
def sagemaker_list(sandbox):
    client = sandbox.client("sagemaker")
    pages = client.get_paginator("list_endpoints").paginate(
        SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    endpoints = [endpoint for page in pages for endpoint in page["Endpoints"]]
    same([endpoint["EndpointName"] for endpoint in endpoints], ["embeddings", "ranking", "recsys"])
    since = datetime(2025, 3, 2, 12, tzinfo=timezone.utc)
    answer = body(client.list_endpoints(CreationTimeAfter=since, StatusEquals="InService"))
    same(
        answer,
        {
            "Endpoints": [
                {
                    "EndpointName": "embeddings",
                    "EndpointArn": ENDPOINT_ARN + "embeddings",
                    "CreationTime": datetime(2025, 3, 3, 9, tzinfo=timezone.utc),
                    "LastModifiedTime": datetime(2025, 3, 3, 9, 2, 45, 750000, tzinfo=timezone.utc),
                    "EndpointStatus": "InService",
                }
            ]
        },
    )


@check
def sagemaker_waiter_ends(sandbox):
    client = sandbox.client("sagemaker")
    client.update_endpoint_weights_and_capacities(**scaled(DesiredInstanceCount=6))
    client.get_waiter("endpoint_in_service").wait(EndpointName="recsys", WaiterConfig={"Delay": 0, "MaxAttempts": 3})


@check
def sagemaker_rollback(sandbox):
    def fail_next(region):
        region["endpoints"]["recsys"]["changes"] = {"failNext": "No capacity."}

    sandbox.home(fail_next)
    client = sandbox.client("sagemaker")
    client.update_endpoint_weights_and_capacities(**scaled(DesiredInstanceCount=6))
    shown = []
    for _ in range(3):
        answer = client.describe_endpoint(EndpointName="recsys")
        count = answer["ProductionVariants"][0]["DesiredInstanceCount"]
        shown.append((answer["EndpointStatus"], count, answer.get("FailureReason")))
    same(shown, [("Updating", 6, None), ("RollingBack", 2, "No capacity."), ("InService", 2, "No capacity.")])


@check
def sagemaker_refusals(sandbox):
    client = sandbox.client("sagemaker")
    update = "update_endpoint_weights_and_capacities"

    def invalid(message, operation=update, **parameters):
        fails(client, operation, ClientError, 400, "ValidationException", message, **parameters)

    missing = f'Could not find endpoint "{ENDPOINT_ARN}nowhere".'
    invalid(missing, **scaled("nowhere"))
    invalid(missing, "describe_endpoint", EndpointName="nowhere")
    invalid(
        'The variant name(s) "red" is/are not present within endpoint configuration "ranking-blue-green".',
        **scaled("ranking", "red"),
    )
    twice = {"EndpointName": "ranking", "DesiredWeightsAndCapacities": [{"VariantName": "blue"}] * 2}
    invalid('The variant name "blue" was non-unique within the request.', **twice)
    invalid(
        "1 validation error detected: Value '-1' at 'desiredWeightsAndCapacities.1.member.desiredInstanceCount' failed "
        "to satisfy constraint: Member must have value greater than or equal to 0",
        **scaled(DesiredInstanceCount=-1),
    )
    invalid(
        "2 validation errors detected: Value null at 'endpointName' failed to satisfy constraint: Member must not be "
        "null; Value null at 'desiredWeightsAndCapacities' failed to satisfy constraint: Member must not be null"
    )
    invalid(
        'The instance count of variant "AllTraffic" must be greater than 0.', **scaled(DesiredInstanceCount=0)
    )
    client.update_endpoint_weights_and_capacities(**scaled(DesiredInstanceCount=3))
    invalid(f'Cannot update in-progress endpoint "{ENDPOINT_ARN}recsys".', **scaled(DesiredInstanceCount=4))


@check
def sagemaker_wrong_type(sandbox):
    client = sandbox.client("sagemaker")
    try:
        client.describe_endpoint(EndpointName=3)
    except ClientError as error:
        same(error.response["Error"]["Code"], "SerializationException")
    else:
        raise AssertionError("a number passed for a name")


@check
def sagemaker_quota(sandbox):
    sandbox.home(lambda region: region["limits"].update(endpointInstances={"ml.g5.xlarge": 8}))
    fails(
        sandbox.client("sagemaker"),
        "update_endpoint_weights_and_capacities",
        "ResourceLimitExceeded",
        400,
        "ResourceLimitExceeded",
        "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 8 Instances, with current utilization of 6 "
        "Instances and a request delta of 3 Instances. Please use AWS Service Quotas to request an increase for this quota.",
        **scaled(DesiredInstanceCount=5),
    )


def copies(name="recsys-ranker", count=5):
    return {"InferenceComponentName": name, "DesiredRuntimeConfig": {"CopyCount": count}}


@check
def sagemaker_inference_component_update_and_describe(sandbox):
    client = sandbox.client("sagemaker")
    answer = client.update_inference_component_runtime_config(**copies())
    same(body(answer), {"InferenceComponentArn": COMPONENT_ARN + "recsys-ranker"})
    for status, current in [("Updating", 2), ("InService", 5)]:
        answer = body(client.describe_inference_component(InferenceComponentName="recsys-ranker"))
        is_now(answer.pop("LastModifiedTime"))
        same(
            answer,
            {
                "InferenceComponentName": "recsys-ranker",
                "InferenceComponentArn": COMPONENT_ARN + "recsys-ranker",
                "EndpointName": "recsys",
                "EndpointArn": ENDPOINT_ARN + "recsys",
                "VariantName": "AllTraffic",
                "RuntimeConfig": {"DesiredCopyCount": 5, "CurrentCopyCount": current},
                "CreationTime": datetime(2025, 3, 1, 10, tzinfo=timezone.utc),
                "InferenceComponentStatus": status,
            },
        )


@check
def sagemaker_inference_component_failed_update(sandbox):
    def fail_next(region):
        region["inferenceComponents"]["recsys-ranker"]["changes"] = {"failNext": "No capacity."}

    sandbox.home(fail_next)
    client = sandbox.client("sagemaker")
    client.update_inference_component_runtime_config(**copies())
    shown = []
    for _ in range(2):
        answer = client.describe_inference_component(InferenceComponentName="recsys-ranker")
        count = answer["RuntimeConfig"]["CurrentCopyCount"]
        shown.append((answer["InferenceComponentStatus"], count, answer.get("FailureReason")))
    same(shown, [("Updating", 2, None), ("Failed", 2, "No capacity.")])


@check
def sagemaker_inference_component_refusals(sandbox):
    client = sandbox.client("sagemaker")
    update = "update_inference_component_runtime_config"

    def invalid(message, operation=update, **parameters):
        fails(client, operation, ClientError, 400, "ValidationException", message, **parameters)

    missing = f'Could not find inference component "{COMPONENT_ARN}nowhere".'
    invalid(missing, **copies("nowhere"))
    invalid(missing, "describe_inference_component", InferenceComponentName="nowhere")
    invalid(
        "1 validation error detected: Value '-1' at 'desiredRuntimeConfig.copyCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0",
        **copies(count=-1),
    )
    client.update_inference_component_runtime_config(**copies())
    busy = f'Cannot update inference component "{COMPONENT_ARN}recsys-ranker" while it is in state UPDATE_RC_IN_PROGRESS.'
    invalid(busy, **copies(count=6))
    sandbox.home(lambda region: region["limits"].update(inferenceComponentCopies=4))
    fails(
        client,
        update,
        "ResourceLimitExceeded",
        400,
        "ResourceLimitExceeded",
        "The account-level service limit 'Copies per inference component' is 4 Copies, with current utilization of 1 "
        "Copies and a request delta of 4 Copies. Please use AWS Service Quotas to request an increase for this quota.",
        **copies("recsys-candidates"),
    )


@check
def sagemaker_unknown_operation(sandbox):
    client = sandbox.client("sagemaker")
    fails(client, "delete_endpoint", ClientError, 400, "UnknownOperationException", UNSERVED.format("DeleteEndpoint"), EndpointName="recsys")


# Lambda


def config(requested, allocated, status, **members):
    return {
        "RequestedProvisionedConcurrentExecutions": requested,
        "AvailableProvisionedConcurrentExecutions": allocated,
        "AllocatedProvisionedConcurrentExecutions": allocated,
        "Status": status,
        **members,
    }


@check
def lambda_put_get_delete(sandbox):
    client = sandbox.client("lambda")
    place = {"FunctionName": "checkout", "Qualifier": "BLUE"}
    answer = body(client.put_provisioned_concurrency_config(**place, ProvisionedConcurrentExecutions=100), 202)
    modified = answer.pop("LastModified")
    same(datetime.strptime(modified, "%Y-%m-%dT%H:%M:%S%z").strftime("%Y-%m-%dT%H:%M:%S+0000"), modified)
    is_now(datetime.strptime(modified, "%Y-%m-%dT%H:%M:%S%z"))
    same(answer, config(100, 0, "IN_PROGRESS"))
    for allocated, status in [(0, "IN_PROGRESS"), (100, "READY")]:
        answer = body(client.get_provisioned_concurrency_config(**place))
        same(answer, config(100, allocated, status, LastModified=modified))
    same(body(client.delete_provisioned_concurrency_config(**place), 204), {})
    same(body(client.delete_provisioned_concurrency_config(**place), 204), {})
    fails(
        client,
        "get_provisioned_concurrency_config",
        "ProvisionedConcurrencyConfigNotFoundException",
        404,
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        **place,
    )


@check
def lambda_function_names(sandbox):
    client = sandbox.client("lambda")
    seeded = config(5, 5, "READY", LastModified="2025-03-04T09:00:00+0000")
    for name in [
        "checkout",
        "checkout:live",
        f"{ACCOUNT}:function:checkout",
        FUNCTION_ARN + "checkout",
        FUNCTION_ARN + "checkout:live",
    ]:
        same(body(client.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")), seeded)


@check
def lambda_list(sandbox):
    client = sandbox.client("lambda")
    client.put_provisioned_concurrency_config(
        FunctionName="checkout", Qualifier="6", ProvisionedConcurrentExecutions=2
    )
    pages = client.get_paginator("list_provisioned_concurrency_configs").paginate(
        FunctionName="checkout", PaginationConfig={"PageSize": 1}
    )
    configs = [item for page in pages for item in page["ProvisionedConcurrencyConfigs"]]
    same([item["FunctionArn"] for item in configs], [FUNCTION_ARN + "checkout:6", FUNCTION_ARN + "checkout:live"])
    arn, modified = FUNCTION_ARN + "checkout:live", "2025-03-04T09:00:00+0000"
    same(configs[1], config(5, 5, "READY", FunctionArn=arn, LastModified=modified))


@check
def lambda_alias(sandbox):
    client = sandbox.client("lambda")
    alias = body(client.get_alias(FunctionName="checkout", Name="canary"))
    alias.pop("RevisionId")
    same(
        alias,
        {
            "AliasArn": FUNCTION_ARN + "checkout:canary",
            "Name": "canary",
            "FunctionVersion": "6",
            "Description": "",
            "RoutingConfig": {"AdditionalVersionWeights": {"7": 0.1}},
        },
    )
    assert "RoutingConfig" not in client.get_alias(FunctionName="checkout", Name="live")


@check
def lambda_failed_allocation(sandbox):
    def fail_next(region):
        region["functions"]["checkout"]["changes"] = {"failNext": "FUNCTION_ERROR_INIT_FAILURE"}

    sandbox.home(fail_next)
    client = sandbox.client("lambda")
    place = {"FunctionName": "checkout", "Qualifier": "BLUE"}
    client.put_provisioned_concurrency_config(**place, ProvisionedConcurrentExecutions=4)
    client.get_provisioned_concurrency_config(**place)
    answer = body(client.get_provisioned_concurrency_config(**place))
    answer.pop("LastModified")
    same(answer, config(4, 0, "FAILED", StatusReason="FUNCTION_ERROR_INIT_FAILURE"))


def refuses(client, error_class, status, message, operation="put", requested=5, **place):
    code = "ValidationException" if error_class is ClientError else error_class
    requested = {"ProvisionedConcurrentExecutions": requested} if operation == "put" else {}
    operation = f"{operation}_provisioned_concurrency_config"
    return fails(client, operation, error_class, status, code, message, **place, **requested)


@check
def lambda_invalid_requests(sandbox):
    client = sandbox.client("lambda")
    at_least_one = (
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member "
        "must have value greater than or equal to 1"
    )
    refuses(client, ClientError, 400, at_least_one, requested=0, FunctionName="checkout", Qualifier="live")
    invalid = "InvalidParameterValueException"
    latest = {"FunctionName": "checkout", "Qualifier": "$LATEST"}
    unpublished = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    answer = refuses(client, invalid, 400, unpublished, **latest)
    same(answer["Type"], "User")
    for operation in ["get", "delete"]:
        message = "The function resource provided must be an alias or a published version."
        refuses(client, invalid, 400, message, operation, **latest)
    derived = "The derived qualifier from the function name does not match the specified qualifier."
    refuses(client, invalid, 400, derived, FunctionName="checkout:BLUE", Qualifier="live")
    weights = "Alias with weights can not be used with Provisioned Concurrency"
    refuses(client, invalid, 400, weights, FunctionName="checkout", Qualifier="canary")


@check
def lambda_not_found(sandbox):
    client = sandbox.client("lambda")
    for operation in ["put", "get", "delete"]:
        for name, qualifier, message in [
            ("checkout", "green", f"Cannot find alias arn: {FUNCTION_ARN}checkout:green"),
            ("nowhere", "live", f"Cannot find alias arn: {FUNCTION_ARN}nowhere:live"),
            ("checkout", "10", f"Function not found: {FUNCTION_ARN}checkout:10"),
        ]:
            missing = "ResourceNotFoundException"
            refuses(client, missing, 404, message, operation, FunctionName=name, Qualifier=qualifier)
    fails(
        client,
        "get_alias",
        "ResourceNotFoundException",
        404,
        "ResourceNotFoundException",
        f"Cannot find alias arn: {FUNCTION_ARN}checkout:green",
        FunctionName="checkout",
        Name="green",
    )
    fails(
        client,
        "list_provisioned_concurrency_configs",
        "ResourceNotFoundException",
        404,
        "ResourceNotFoundException",
        f"Function not found: {FUNCTION_ARN}nowhere",
        FunctionName="nowhere",
    )
    elsewhere = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:checkout"
    message = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    refuses(client, "ResourceNotFoundException", 404, message, FunctionName=elsewhere, Qualifier="live")


@check
def lambda_conflicts(sandbox):
    client = sandbox.client("lambda")
    conflict = "ResourceConflictException"
    pointed = "Version is pointed by a Provisioned Concurrency alias"
    refuses(client, conflict, 409, pointed, FunctionName="checkout", Qualifier="7")
    client.put_provisioned_concurrency_config(
        FunctionName="checkout", Qualifier="8", ProvisionedConcurrentExecutions=1
    )
    provisioned = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    refuses(client, conflict, 409, provisioned, FunctionName="checkout", Qualifier="BLUE")
    sandbox.home(lambda region: region["functions"]["checkout"].update(updating={"endsAfter": {"reads": 1}}))
    updating = (
        "The operation cannot be performed at this time. An update is in progress for resource: "
        f"{FUNCTION_ARN}checkout"
    )
    refuses(client, conflict, 409, updating, FunctionName="checkout", Qualifier="live")


@check
def lambda_concurrency_limits(sandbox):
    client = sandbox.client("lambda")
    place = {"FunctionName": "checkout", "Qualifier": "BLUE"}
    invalid = "InvalidParameterValueException"
    # live has 5 of the account's 1000, and search's prod has 10.
    unreserved = "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [985]."
    refuses(client, invalid, 400, unreserved, requested=986, **place)
    minimum = (
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum "
        "value of [100]."
    )
    answer = refuses(client, invalid, 400, minimum, requested=886, **place)
    assert "Type" not in answer, f"recorded without Type: {answer}"
    sandbox.home(lambda region: region["functions"]["checkout"].update(reservedConcurrency=20))
    reserved = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    refuses(client, invalid, 400, reserved, requested=16, **place)


@check
def lambda_unknown_operation(sandbox):
    client = sandbox.client("lambda")
    fails(client, "get_function", ClientError, 404, "UnknownOperationException", UNSERVED_PATH, FunctionName="checkout")


@check
def lambda_scaling_config(sandbox):
    client = sandbox.client("lambda")
    named = {"FunctionName": "thumbnails", "Qualifier": "$LATEST.PUBLISHED"}
    bounds = {"MinExecutionEnvironments": 5, "MaxExecutionEnvironments": 50}
    answer = client.put_function_scaling_config(**named, FunctionScalingConfig=bounds)
    same(body(answer, 202), {"FunctionState": "Active"})
    seeded = {"MinExecutionEnvironments": 2, "MaxExecutionEnvironments": 10}
    shown = {"FunctionArn": FUNCTION_ARN + "thumbnails:$LATEST.PUBLISHED", "AppliedFunctionScalingConfig": seeded}
    same(body(client.get_function_scaling_config(**named)), {**shown, "RequestedFunctionScalingConfig": bounds})
    same(body(client.get_function_scaling_config(**named)), {**shown, "AppliedFunctionScalingConfig": bounds})
    missing = f"Function not found: {FUNCTION_ARN}thumbnails:9"
    code = "ResourceNotFoundException"
    named["Qualifier"] = "9"
    fails(client, "get_function_scaling_config", code, 404, code, missing, **named)


# Bedrock


def throughput(**members):
    return {
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "provisionedModelName": "support-bot",
        "provisionedModelArn": THROUGHPUT_ARN,
        "modelArn": CUSTOM_MODEL_ARN + "1",
        "desiredModelArn": CUSTOM_MODEL_ARN + "1",
        "foundationModelArn": BASE_MODEL_ARN,
        "status": "InService",
        "creationTime": datetime(2025, 3, 6, 9, tzinfo=timezone.utc),
        **members,
    }


@check
def bedrock_update_and_get(sandbox):
    client = sandbox.client("bedrock")
    answer = client.update_provisioned_model_throughput(
        provisionedModelId=THROUGHPUT_ARN,
        desiredProvisionedModelName="help-desk",
        desiredModelId=CUSTOM_MODEL_ARN + "2",
    )
    same(body(answer), {})
    for identifier, status, model in [("help-desk", "Updating", "1"), (THROUGHPUT_ARN, "InService", "2")]:
        answer = body(client.get_provisioned_model_throughput(provisionedModelId=identifier))
        is_now(answer.pop("lastModifiedTime"))
        same(
            answer,
            throughput(
                provisionedModelName="help-desk",
                modelArn=CUSTOM_MODEL_ARN + model,
                desiredModelArn=CUSTOM_MODEL_ARN + "2",
                status=status,
            ),
        )
    fails(
        client,
        "get_provisioned_model_throughput",
        "ResourceNotFoundException",
        404,
        "ResourceNotFoundException",
        "Could not find a provisioned model with the identifier support-bot.",
        provisionedModelId="support-bot",
    )


@check
def bedrock_create_and_delete(sandbox):
    client = sandbox.client("bedrock")
    bought = {
        "provisionedModelName": "launch",
        "modelUnits": 3,
        "modelId": CUSTOM_MODEL_ARN + "1",
        "clientRequestToken": "event-1",
        "tags": [{"key": "event", "value": "launch"}],
    }
    arn = body(client.create_provisioned_model_throughput(**bought), 201)["provisionedModelArn"]
    same(body(client.create_provisioned_model_throughput(**bought), 201), {"provisionedModelArn": arn})
    for status in ["Creating", "InService"]:
        answer = body(client.get_provisioned_model_throughput(provisionedModelId="launch"))
        for member in ["creationTime", "lastModifiedTime"]:
            is_now(answer.pop(member))
        expected = throughput(provisionedModelArn=arn, provisionedModelName="launch", modelUnits=3, desiredModelUnits=3)
        expected["status"] = status
        del expected["creationTime"]
        same(answer, expected)
    taken = "The provisioned model name is already in use."
    invalid = "ValidationException"
    again = bought | {"clientRequestToken": "event-2"}
    fails(client, "create_provisioned_model_throughput", invalid, 400, invalid, taken, **again)
    same(body(client.delete_provisioned_model_throughput(provisionedModelId=arn)), {})
    code, missing = "ResourceNotFoundException", "Could not find a provisioned model with the identifier launch."
    fails(client, "delete_provisioned_model_throughput", code, 404, code, missing, provisionedModelId="launch")
    client.create_provisioned_model_throughput(**bought, commitmentDuration="OneMonth")
    conflict = "ConflictException"
    under = "Provisioned model launch can't be deleted before its commitment term ends."
    fails(client, "delete_provisioned_model_throughput", conflict, 400, conflict, under, provisionedModelId="launch")


@check
def bedrock_failed_update(sandbox):
    def fail_next(region):
        region["provisionedModels"]["abcdef123456"]["changes"] = {"failNext": "The model could not be loaded."}

    sandbox.home(fail_next)
    client = sandbox.client("bedrock")
    client.update_provisioned_model_throughput(
        provisionedModelId="support-bot", desiredModelId=CUSTOM_MODEL_ARN + "2"
    )
    client.get_provisioned_model_throughput(provisionedModelId="support-bot")
    answer = body(client.get_provisioned_model_throughput(provisionedModelId="support-bot"))
    answer.pop("lastModifiedTime")
    failed = {"status": "Failed", "failureMessage": "The model could not be loaded."}
    same(answer, throughput(desiredModelArn=CUSTOM_MODEL_ARN + "2", **failed))


@check
def bedrock_list(sandbox):
    client = sandbox.client("bedrock")
    pages = client.get_paginator("list_provisioned_model_throughputs").paginate(
        sortBy="CreationTime", sortOrder="Ascending", PaginationConfig={"PageSize": 1}
    )
    models = [model for page in pages for model in page["provisionedModelSummaries"]]
    same([model["provisionedModelName"] for model in models], ["support-bot", "summaries"])
    same(models[0], throughput(lastModifiedTime=datetime(2025, 3, 6, 9, 5, tzinfo=timezone.utc)))
    since = datetime(2025, 3, 6, 12, tzinfo=timezone.utc)
    (model,) = client.list_provisioned_model_throughputs(creationTimeAfter=since)["provisionedModelSummaries"]
    same(model["commitmentDuration"], "OneMonth")
    same(model["commitmentExpirationTime"], datetime(2025, 4, 7, 9, tzinfo=timezone.utc))


@check
def bedrock_custom_model(sandbox):
    client = sandbox.client("bedrock")
    for identifier in ["supportbot-v2", CUSTOM_MODEL_ARN + "2"]:
        same(
            body(client.get_custom_model(modelIdentifier=identifier)),
            {
                "modelArn": CUSTOM_MODEL_ARN + "2",
                "modelName": "supportbot-v2",
                "jobArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-customization-job/{TITAN}/supportjob02",
                "baseModelArn": BASE_MODEL_ARN,
                "creationTime": datetime(2025, 3, 6, 8, tzinfo=timezone.utc),
            },
        )
    missing = "Could not find a custom model with the identifier nothing."
    code = "ResourceNotFoundException"
    fails(client, "get_custom_model", code, 404, code, missing, modelIdentifier="nothing")


@check
def bedrock_refusals(sandbox):
    client = sandbox.client("bedrock")

    def refused(error_class, status, message, identifier="support-bot", **parameters):
        operation = "update_provisioned_model_throughput"
        parameters["provisionedModelId"] = identifier
        return fails(client, operation, error_class, status, error_class, message, **parameters)

    missing = "Could not find a provisioned model with the identifier nowhere."
    refused("ResourceNotFoundException", 404, missing, "nowhere", desiredProvisionedModelName="a")
    invalid = "ValidationException"
    refused(invalid, 400, "Either desiredProvisionedModelName or desiredModelId must be specified.")
    refused(
        invalid, 400, "The provisioned model name is already in use.", desiredProvisionedModelName="summaries"
    )
    refused(
        invalid,
        400,
        "desiredModelId can't be specified for a Provisioned Throughput that is associated with a base model.",
        "summaries",
        desiredModelId=CUSTOM_MODEL_ARN + "2",
    )
    refused(invalid, 400, "The provided model identifier is invalid.", desiredModelId="nothing")
    refused(
        invalid,
        400,
        "1 validation error detected: Value 'a--b' at 'desiredProvisionedModelName' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: ([0-9a-zA-Z][_-]?)+",
        desiredProvisionedModelName="a--b",
    )
    client.update_provisioned_model_throughput(
        provisionedModelId="support-bot", desiredModelId=CUSTOM_MODEL_ARN + "2"
    )
    # Update does not model the conflict, but Delete does, and boto3 knows its classes by service.
    fails(
        client,
        "update_provisioned_model_throughput",
        "ConflictException",
        400,
        "ConflictException",
        "Provisioned model support-bot is being updated.",
        provisionedModelId="support-bot",
        desiredModelId=CUSTOM_MODEL_ARN + "2",
    )


DEPLOYMENT_ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model-deployment/chat12345678"


def deployment(**members):
    return {
        "customModelDeploymentArn": DEPLOYMENT_ARN,
        "modelDeploymentName": "support-chat",
        "modelArn": CUSTOM_MODEL_ARN + "1",
        "createdAt": datetime(2025, 3, 8, 9, tzinfo=timezone.utc),
        "status": "Active",
        **members,
    }


@check
def bedrock_deployment_update_and_get(sandbox):
    client = sandbox.client("bedrock")
    answer = client.update_custom_model_deployment(
        customModelDeploymentIdentifier=DEPLOYMENT_ARN, modelArn=CUSTOM_MODEL_ARN + "2"
    )
    same(body(answer, 202), {"customModelDeploymentArn": DEPLOYMENT_ARN})
    for identifier, status, model in [("support-chat", "Updating", "1"), (DEPLOYMENT_ARN, "UpdateCompleted", "2")]:
        answer = body(client.get_custom_model_deployment(customModelDeploymentIdentifier=identifier))
        is_now(answer.pop("lastUpdatedAt"))
        details = {"modelArn": CUSTOM_MODEL_ARN + "2", "updateStatus": status}
        same(answer, deployment(modelArn=CUSTOM_MODEL_ARN + model, updateDetails=details))


@check
def bedrock_deployment_failed_update(sandbox):
    def fail_next(region):
        region["customModelDeployments"]["chat12345678"]["changes"] = {"failNext": "The model could not be loaded."}

    sandbox.home(fail_next)
    client = sandbox.client("bedrock")
    named = {"customModelDeploymentIdentifier": "support-chat"}
    client.update_custom_model_deployment(**named, modelArn=CUSTOM_MODEL_ARN + "2")
    client.get_custom_model_deployment(**named)
    answer = body(client.get_custom_model_deployment(**named))
    answer.pop("lastUpdatedAt")
    details = {"modelArn": CUSTOM_MODEL_ARN + "2", "updateStatus": "UpdateFailed"}
    same(answer, deployment(updateDetails=details, failureMessage="The model could not be loaded."))


@check
def bedrock_deployment_list(sandbox):
    client = sandbox.client("bedrock")
    pages = client.get_paginator("list_custom_model_deployments").paginate(PaginationConfig={"PageSize": 1})
    listed = deployment()
    listed["customModelDeploymentName"] = listed.pop("modelDeploymentName")
    same([found for page in pages for found in page["modelDeploymentSummaries"]], [listed])


@check
def bedrock_deployment_refusals(sandbox):
    client = sandbox.client("bedrock")

    def refused(code, status, message, identifier="support-chat", model=CUSTOM_MODEL_ARN + "2"):
        operation, parameters = "update_custom_model_deployment", {"modelArn": model}
        parameters["customModelDeploymentIdentifier"] = identifier
        return fails(client, operation, code, status, code, message, **parameters)

    missing = "Could not find a custom model deployment with the identifier nowhere."
    refused("ResourceNotFoundException", 404, missing, "nowhere")
    refused("ValidationException", 400, "The provided model identifier is invalid.", model=CUSTOM_MODEL_ARN + "9")
    client.update_custom_model_deployment(
        customModelDeploymentIdentifier="support-chat", modelArn=CUSTOM_MODEL_ARN + "2"
    )
    # Update does not model the conflict.
    refused("ConflictException", 400, "Custom model deployment support-chat is being updated.")


@check
def bedrock_unknown_operation(sandbox):
    client = sandbox.client("bedrock")
    fails(client, "list_custom_models", ClientError, 404, "UnknownOperationException", UNSERVED_PATH)


# STS


@check
def sts_assumed_role_acts_in_its_account(sandbox):
    sts = sandbox.client("sts")
    same(
        body(sts.get_caller_identity()),
        {"UserId": f"AIDASANDBOX{ACCOUNT}", "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/sandbox"},
    )
    answer = body(sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/Scaler", RoleSessionName="boto3"))
    user = {
        "AssumedRoleId": "AROASANDBOX210987654321:boto3",
        "Arn": "arn:aws:sts::210987654321:assumed-role/Scaler/boto3",
    }
    same(answer["AssumedRoleUser"], user)
    credentials = answer["Credentials"]
    is_now(credentials["Expiration"] - timedelta(hours=1))
    keys = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    same(
        body(sandbox.client("sts", **keys).get_caller_identity()),
        {"UserId": user["AssumedRoleId"], "Account": "210987654321", "Arn": user["Arn"]},
    )
    fails(
        sandbox.client("sagemaker", "eu-west-1", **keys),
        "describe_endpoint",
        ClientError,
        400,
        "ValidationException",
        'Could not find endpoint "arn:aws:sagemaker:eu-west-1:210987654321:endpoint/recsys".',
        EndpointName="recsys",
    )


@check
def sts_refusals(sandbox):
    sts = sandbox.client("sts")
    fails(
        sts,
        "assume_role",
        ClientError,
        400,
        "ValidationError",
        "<role> is invalid",
        RoleArn="<role>",
        RoleSessionName="boto3",
    )
    unknown = "Could not find operation GetSessionToken for version 2011-06-15"
    fails(sts, "get_session_token", ClientError, 400, "InvalidAction", unknown)


# DynamoDB

LEDGER = "setpoint-ledger"


def claim(issued_at, target="t", **members):
    """What the ledger asks for an event from then."""
    return {
        "TableName": LEDGER,
        "Key": {"target": {"S": target}},
        "UpdateExpression": "SET issuedAt = :issuedAt, expires = :expires",
        "ConditionExpression": "attribute_not_exists(issuedAt) OR issuedAt <= :issuedAt",
        "ExpressionAttributeValues": {":issuedAt": {"N": str(issued_at)}, ":expires": {"N": "4102444800"}},
        **members,
    }


def entry(issued_at, target="t"):
    return {"target": {"S": target}, "issuedAt": {"N": str(issued_at)}, "expires": {"N": "4102444800"}}


@check
def dynamodb_newest_claim_wins(sandbox):
    client = sandbox.client("dynamodb")
    code, message = "ConditionalCheckFailedException", "The conditional request failed"
    same(body(client.update_item(**claim(1_767_614_400_000))), {})
    fails(client, "update_item", code, 400, code, message, **claim(1_767_614_399_999))
    same(body(client.update_item(**claim(1_767_614_400_000, ReturnValues="ALL_NEW"))), {"Attributes": entry(1_767_614_400_000)})
    lost = claim(9, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    response = fails(client, "update_item", code, 400, code, message, **lost)
    same(response["Item"], entry(1_767_614_400_000))
    same(body(client.update_item(**claim(9, "u"))), {})
    same(client.scan(TableName=LEDGER)["Items"], [entry(1_767_614_400_000), entry(9, "u")])


@check
def dynamodb_put_get_delete(sandbox):
    table = {"TableName": LEDGER}
    key = {"Key": {"target": {"S": "t"}}}
    client = sandbox.client("dynamodb")
    item = {
        "target": {"S": "t"},
        "n": {"N": "-1.5"},
        "yes": {"BOOL": True},
        "nil": {"NULL": True},
        "marks": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
        "bag": {"M": {"steps": {"L": [{"S": "x"}, {"N": "1"}]}}},
    }
    same(body(client.get_item(**table, **key)), {})
    same(body(client.put_item(**table, Item=item)), {})
    same(body(client.get_item(**table, **key, ConsistentRead=True)), {"Item": item})
    part = client.get_item(**table, **key, ProjectionExpression="#b.steps, n", ExpressionAttributeNames={"#b": "bag"})
    same(part["Item"], {"n": item["n"], "bag": item["bag"]})
    code = "ConditionalCheckFailedException"
    once = {**table, "Item": item, "ConditionExpression": "attribute_not_exists(target)"}
    fails(client, "put_item", code, 400, code, "The conditional request failed", **once)
    filtered = client.scan(**table, FilterExpression="n < :zero", ExpressionAttributeValues={":zero": {"N": "0"}})
    same((filtered["Items"], filtered["Count"], filtered["ScannedCount"]), ([item], 1, 1))
    same(body(client.delete_item(**table, **key, ReturnValues="ALL_OLD")), {"Attributes": item})
    same(body(client.delete_item(**table, **key)), {})


@check
def dynamodb_table(sandbox):
    client = sandbox.client("dynamodb")
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{LEDGER}"
    for name in [LEDGER, arn]:
        table = client.describe_table(TableName=name)["Table"]
        same((table["TableName"], table["TableArn"], table["TableStatus"]), (LEDGER, arn, "ACTIVE"))
        same(table["KeySchema"], [{"AttributeName": "target", "KeyType": "HASH"}])
    # The waiter reads the state from it.
    client.get_waiter("table_exists").wait(TableName=LEDGER)


@check
def dynamodb_refusals(sandbox):
    client = sandbox.client("dynamodb")
    code, message = "ResourceNotFoundException", "Requested resource not found"
    fails(client, "update_item", code, 400, code, message, **claim(1, TableName="nowhere"))
    message = "Requested resource not found: Table: nowhere not found"
    fails(client, "describe_table", code, 400, code, message, TableName="nowhere")
    code, detected = "ValidationException", "1 validation error detected: "
    for message, members in [
        ("The provided key element does not match the schema", {"Key": {"id": {"S": "t"}}}),
        (
            f"{detected}Value provided in ExpressionAttributeNames unused in expressions: keys: {{#a}}",
            {"ExpressionAttributeNames": {"#a": "a"}},
        ),
        (
            f"{detected}Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one "
            "of these paths; path one: [issuedAt], path two: [issuedAt]",
            {"UpdateExpression": "SET issuedAt = :issuedAt REMOVE issuedAt"},
        ),
        (
            f'{detected}Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "issuedAt"',
            {"ConditionExpression": "issuedAt"},
        ),
    ]:
        fails(client, "update_item", ClientError, 400, code, message, **claim(1, **members))
    fails(client, "list_tables", ClientError, 400, "UnknownOperationException", UNSERVED.format("ListTables"))
    same(client.scan(TableName=LEDGER)["Items"], [])


# EventBridge


@check
def eventbridge_put_events(sandbox):
    client = sandbox.client("events")
    entry = {"Source": "setpoint", "DetailType": "Change", "Detail": json.dumps({"to": 3}), "Time": datetime(2026, 1, 5)}
    answer = body(client.put_events(Entries=[entry, {**entry, "Detail": "no"}]))
    same(answer["FailedEntryCount"], 1)
    same(sorted(answer["Entries"][0]), ["EventId"])
    same(answer["Entries"][1]["ErrorCode"], "MalformedDetail")
    state = sandbox.own("GET", "state")["accounts"][ACCOUNT]["us-east-1"]["eventBuses"]["default"]
    same([(event["time"], event["detail"]) for event in state["events"]], [("2026-01-05T00:00:00Z", {"to": 3})])
    fails(client, "list_rules", ClientError, 400, "UnknownOperationException", UNSERVED.format("ListRules"))


# Application Auto Scaling


@check
def autoscaling_bounds(sandbox):
    client = sandbox.client("application-autoscaling")
    web = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/prod/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    registered = client.register_scalable_target(**web, MaxCapacity=12)
    (target,) = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    same((target["MinCapacity"], target["MaxCapacity"]), (2, 12))
    same(target["ScalableTargetARN"], registered["ScalableTargetARN"])
    same(client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"], [])
    fails(
        client,
        "register_scalable_target",
        client.exceptions.ValidationException,
        400,
        "ValidationException",
        "Minimum capacity cannot be greater than maximum capacity",
        **web,
        MinCapacity=13,
    )
    fails(
        client,
        "describe_scaling_policies",
        ClientError,
        400,
        "UnknownOperationException",
        UNSERVED.format("DescribeScalingPolicies"),
        ServiceNamespace="ecs",
    )


# SQS


@check
def sqs_messages(sandbox):
    client = sandbox.client("sqs")
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/failures"
    sandbox.own("PATCH", "state", {"accounts": {ACCOUNT: {"us-east-1": {"queues": {"failures": {}}}}}})
    attributes = {"ErrorCode": {"StringValue": "200", "DataType": "String"}}
    sent = client.send_message(QueueUrl=url, MessageBody="{}", MessageAttributes=attributes)
    every = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    (message,) = client.receive_message(QueueUrl=url, **every)["Messages"]
    same((message["MessageId"], message["Body"]), (sent["MessageId"], "{}"))
    same(message["MessageAttributes"], attributes)
    same(message["Attributes"]["ApproximateReceiveCount"], "1")
    same("Messages" in client.receive_message(QueueUrl=url), False)
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (message,) = client.receive_message(QueueUrl=url)["Messages"]
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    same(sandbox.own("GET", "state")["accounts"][ACCOUNT]["us-east-1"]["queues"], {"failures": {}})
    fails(
        client,
        "receive_message",
        client.exceptions.QueueDoesNotExist,
        400,
        "QueueDoesNotExist",
        "The specified queue does not exist.",
        QueueUrl=url + "s",
    )
    fails(client, "list_queues", ClientError, 400, "UnknownOperationException", UNSERVED.format("ListQueues"))


# Faults, met by one operation of each service

CALLS = {
    "dynamodb": ("UpdateItem", "update_item", claim(1)),
    "sagemaker": ("DescribeEndpoint", "describe_endpoint", {"EndpointName": "recsys"}),
    "lambda": (
        "GetProvisionedConcurrencyConfig",
        "get_provisioned_concurrency_config",
        {"FunctionName": "checkout", "Qualifier": "live"},
    ),
    "bedrock": (
        "GetProvisionedModelThroughput",
        "get_provisioned_model_throughput",
        {"provisionedModelId": THROUGHPUT_ARN},
    ),
    "sts": ("GetCallerIdentity", "get_caller_identity", {}),
}


def meets(sandbox, service, effect, error_class, status, code, message):
    operation, method, parameters = CALLS[service]
    client = sandbox.client(service)
    sandbox.fault(operation, effect)
    response = fails(client, method, error_class, status, code, message, **parameters)
    # The fault was for one call alone.
    getattr(client, method)(**parameters)
    return response


@check
def fault_throttle(sandbox):
    meets(sandbox, "sagemaker", "throttle", ClientError, 400, "ThrottlingException", "Rate exceeded")
    code = "TooManyRequestsException"
    response = meets(sandbox, "lambda", "throttle", code, 429, code, "Rate exceeded")
    same((response["Reason"], response["retryAfterSeconds"]), ("CallerRateLimitExceeded", "1"))
    meets(sandbox, "bedrock", "throttle", "ThrottlingException", 429, "ThrottlingException", "Rate exceeded")
    code = "ProvisionedThroughputExceededException"
    message = (
        "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning "
        "level with the UpdateTable API."
    )
    meets(sandbox, "dynamodb", "throttle", code, 400, code, message)
    meets(sandbox, "sts", "throttle", ClientError, 400, "Throttling", "Rate exceeded")


@check
def fault_server_error(sandbox):
    message = "The request processing has failed because of an unknown error, exception or failure."
    meets(sandbox, "sagemaker", "serverError", ClientError, 500, "InternalFailure", message)
    meets(sandbox, "lambda", "serverError", "ServiceException", 500, "ServiceException", message)
    code = "InternalServerException"
    meets(sandbox, "bedrock", "serverError", code, 500, code, message)
    code = "InternalServerError"
    meets(sandbox, "dynamodb", "serverError", code, 500, code, message)
    meets(sandbox, "sts", "serverError", ClientError, 500, "InternalFailure", message)


@check
def fault_access_denied(sandbox):
    for service, error_class, status, code, resource in [
        ("sagemaker", ClientError, 400, "AccessDeniedException", ENDPOINT_ARN + "recsys"),
        ("lambda", ClientError, 403, "AccessDeniedException", FUNCTION_ARN + "checkout:live"),
        ("bedrock", "AccessDeniedException", 403, "AccessDeniedException", THROUGHPUT_ARN),
        ("dynamodb", ClientError, 400, "AccessDeniedException", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{LEDGER}"),
        ("sts", ClientError, 403, "AccessDenied", "*"),
    ]:
        message = (
            f"User: arn:aws:iam::{ACCOUNT}:user/sandbox is not authorized to perform: {service}:{CALLS[service][0]} on "
            f"resource: {resource}"
        )
        meets(sandbox, service, "accessDenied", error_class, status, code, message)


@check
def fault_any_error(sandbox):
    for service in CALLS:
        effect = {"error": {"status": 418, "code": "TeapotException", "message": "short and stout"}}
        meets(sandbox, service, effect, ClientError, 418, "TeapotException", "short and stout")


@check
def fault_html_and_empty_bodies(sandbox):
    for service in ["sagemaker", "lambda", "bedrock", "dynamodb"]:
        operation, method, parameters = CALLS[service]
        for effect in [{"html": {"status": 503}}, {"empty": {"status": 503}}]:
            sandbox.fault(operation, effect)
            try:
                getattr(sandbox.client(service), method)(**parameters)
            except ClientError as error:
                same((type(error), error.response["Error"]["Code"]), (ClientError, "503"))
                same(error.response["ResponseMetadata"]["HTTPStatusCode"], 503)
            else:
                raise AssertionError(f"{service} passed over {effect}")


@check
def fault_closed_connection(sandbox):
    for service, (operation, method, parameters) in CALLS.items():
        for effect in ["dropConnection", "loseAnswer"]:
            sandbox.fault(operation, effect)
            try:
                getattr(sandbox.client(service), method)(**parameters)
            except ConnectionClosedError:
                continue
            raise AssertionError(f"{service} passed over {effect}")


@check
def fault_slow(sandbox):
    operation, method, parameters = CALLS["lambda"]
    sandbox.fault(operation, {"slowMilliseconds": 60_000})
    try:
        getattr(sandbox.client("lambda"), method)(**parameters)
    except ReadTimeoutError:
        return
    raise AssertionError("it answered within a second")


@check
def rate_limit(sandbox):
    state = sandbox.own("GET", "state")
    sandbox.own("PUT", "state", {**state, "traffic": {"latencyMilliseconds": 0, "requestsPerSecond": 0}})
    _, method, parameters = CALLS["bedrock"]
    code = "ThrottlingException"
    fails(sandbox.client("bedrock"), method, code, 429, code, "Rate exceeded", **parameters)


def main():
    sandbox = Sandbox(sys.argv[1])
    failed = 0
    for function in CHECKS:
        sandbox.reset()
        name = function.__name__.replace("_", " ")
        try:
            function(sandbox)
            print(f"passed  {name}")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is this check that failed
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}")
    sandbox.reset()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main())
