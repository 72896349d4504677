#!/usr/bin/env python3
"""Prints what botocore's service models say of the operations that the function calls: `model.py >model.json`.

With `--words`, a dictionary for libFuzzer: AWS's names of members and values, in requests and answers.
"""

import json
import sys

import botocore
from botocore.loaders import Loader
from botocore.model import ServiceModel

OPERATIONS = {
    "sagemaker": [
        "DescribeEndpoint",
        "DescribeInferenceComponent",
        "UpdateEndpointWeightsAndCapacities",
        "UpdateInferenceComponentRuntimeConfig",
    ],
    "lambda": [
        "DeleteProvisionedConcurrencyConfig",
        "GetFunctionScalingConfig",
        "GetProvisionedConcurrencyConfig",
        "PutFunctionScalingConfig",
        "PutProvisionedConcurrencyConfig",
    ],
    "bedrock": [
        "CreateProvisionedModelThroughput",
        "DeleteProvisionedModelThroughput",
        "GetCustomModel",
        "GetCustomModelDeployment",
        "GetProvisionedModelThroughput",
        "UpdateCustomModelDeployment",
        "UpdateProvisionedModelThroughput",
    ],
    "application-autoscaling": ["DescribeScalableTargets", "RegisterScalableTarget"],
    "sts": ["AssumeRole"],
}
# Of what is read only names are of use, and DescribeEndpoint answers with more than all others together.
BOUNDS = ("min", "max", "pattern")


def limits(shape):
    """What a value of this shape must be."""
    found = {"type": shape.type_name}
    found |= {bound: shape.metadata[bound] for bound in BOUNDS if bound in shape.metadata}
    if shape.type_name == "structure":
        found["required"] = shape.required_members
        found["members"] = {name: member(inner) for name, inner in shape.members.items()}
    elif shape.type_name == "list":
        found["member"] = limits(shape.member)
    elif shape.type_name == "string" and shape.enum:
        found["enum"] = shape.enum
    return found


def member(shape):
    place = {key: shape.serialization[key] for key in ("location", "name") if key in shape.serialization}
    return limits(shape) | place


def names(shape, found):
    if shape.type_name == "structure":
        for name, inner in shape.members.items():
            found.add(inner.serialization.get("name", name))
            names(inner, found)
    elif shape.type_name == "list":
        names(shape.member, found)
    elif shape.type_name == "string":
        found.update(shape.enum)


def main():
    loader = Loader()
    operations, words = {}, set()
    for service, wanted in OPERATIONS.items():
        model = ServiceModel(loader.load_service_model(service, "service-2"))
        for name in wanted:
            operation = model.operation_model(name)
            operations[f"{service}:{name}"] = {
                "protocol": model.protocol,
                "method": operation.http["method"],
                "uri": operation.http["requestUri"],
                "input": limits(operation.input_shape),
                "output": sorted(operation.output_shape.members) if operation.output_shape else [],
            }
            names(operation.input_shape, words)
            if operation.output_shape and service != "sts":
                names(operation.output_shape, words)
    if sys.argv[1:] == ["--words"]:
        print(f"# By model.py, from botocore {botocore.__version__}.")
        print("\n".join(f'"{word}"' for word in sorted(words) if '"' not in word and "\\" not in word))
    else:
        print(json.dumps({"botocore": botocore.__version__, "operations": operations}, indent=1))


main()
