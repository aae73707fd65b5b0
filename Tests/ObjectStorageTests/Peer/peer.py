"""What google-cloud-storage makes of requests: each line of standard input is a request as JSON, each line of output
its signed URL.

    {"key": the key file, "method": …, "resource": the path, percent-encoded, "headers": [[name, value], …],
     "query": [[name, value], …], "time": "20130524T000000Z", "seconds": N}
"""

import json
import sys

from google.cloud.storage import _signing
from google.oauth2 import service_account


def answer(line):
    asked = json.loads(line)
    credentials = service_account.Credentials.from_service_account_info(asked["key"])
    return _signing.generate_signed_url_v4(
        credentials,
        resource=asked["resource"],
        expiration=asked["seconds"],
        method=asked["method"],
        headers=dict(asked["headers"]),
        query_parameters=dict(asked["query"]),
        _request_timestamp=asked["time"],
    )


for line in sys.stdin:
    print(answer(line))
