"""The handler with each client made when an event first needs it, which most handlers in public do."""

from functools import cache

import boto3
import job

client = cache(boto3.client)


def handler(event, context):
    return job.handle(event, client)
