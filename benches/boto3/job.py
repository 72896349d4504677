"""The job as an experienced Python engineer writes it; which of the two handlers beside this calls it decides when clients are made."""

import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)

SERVICES = ("sagemaker", "lambda", "bedrock")


def handle(event, client):
    match event["action"]:
        case "sagemaker:UpdateEndpointWeightsAndCapacities":
            return update_endpoint(client("sagemaker"), event["input"])
        case "lambda:PutProvisionedConcurrencyConfig":
            return put_concurrency(client("lambda"), event["input"])
        case "bedrock:UpdateProvisionedModelThroughput":
            return update_throughput(client("bedrock"), event["input"])
        case unknown:
            raise ValueError(f"unknown action {unknown}")


def update_endpoint(sagemaker, asked):
    endpoint = sagemaker.describe_endpoint(EndpointName=asked["EndpointName"])
    variants = {variant["VariantName"]: variant for variant in endpoint["ProductionVariants"]}
    changed = any(
        variants[variant["VariantName"]].get(member) != variant[member]
        for variant in asked["DesiredWeightsAndCapacities"]
        for member in ("DesiredWeight", "DesiredInstanceCount")
        if member in variant
    )
    if changed:
        sagemaker.update_endpoint_weights_and_capacities(**asked)
        logger.info("updated %s", asked["EndpointName"])
    return {"EndpointArn": endpoint["EndpointArn"]}


def put_concurrency(lambda_, asked):
    alias = {"FunctionName": asked["FunctionName"], "Qualifier": asked["Qualifier"]}
    answer = lambda_.get_provisioned_concurrency_config(**alias)
    if answer["RequestedProvisionedConcurrentExecutions"] != asked["ProvisionedConcurrentExecutions"]:
        answer = lambda_.put_provisioned_concurrency_config(**asked)
        logger.info("updated %s", asked["FunctionName"])
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def update_throughput(bedrock, asked):
    now = bedrock.get_provisioned_model_throughput(provisionedModelId=asked["provisionedModelId"])
    names = {"desiredProvisionedModelName": "provisionedModelName", "desiredModelId": "modelArn"}
    if any(asked.get(member, now[name]) != now[name] for member, name in names.items()):
        bedrock.update_provisioned_model_throughput(**asked)
        logger.info("updated %s", asked["provisionedModelId"])
    return {}
