"""The handler with its clients made while the module is imported, as AWS's best practices for Python functions have it."""

import boto3
import job

CLIENTS = {service: boto3.client(service) for service in job.SERVICES}


def handler(event, context):
    return job.handle(event, CLIENTS.__getitem__)
