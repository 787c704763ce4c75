"""Starts a run with the official SDK for Python, as its documentation does."""

import os

from alibabacloud_devops20210625 import models
from alibabacloud_devops20210625.client import Client
from alibabacloud_tea_openapi.models import Config

config = Config(endpoint=os.environ["ENDPOINT"], protocol="HTTP")
config.access_key_id, config.access_key_secret = os.environ["ACCESS_KEY_ID"], os.environ["ACCESS_KEY_SECRET"]
request = models.StartPipelineRunRequest(params='{"comment":"peers"}')
answer = Client(config).start_pipeline_run(os.environ["ORGANIZATION"], os.environ["PIPELINE"], request)
print(answer.body.pipeline_run_id)
