"""What botocore makes of requests: each line of standard input is a request as JSON, each line of output its signature.

    {"way": "service" | "object" | "presign", "method": …, "url": …, "headers": [[name, value], …], "body": HEX,
     "key": …, "secret": …, "token": … or absent, "region": …, "service": …, "time": "20130524T000000Z", "seconds": N}

`service` and `object` answer with the header Authorization, `presign` with the URL.
"""

import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

WAYS = {
    "service": botocore.auth.SigV4Auth,
    "object": botocore.auth.S3SigV4Auth,
    "presign": botocore.auth.S3SigV4QueryAuth,
}


def answer(line):
    asked = json.loads(line)
    moment = datetime.datetime.strptime(asked["time"], "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda: moment
    request = AWSRequest(method=asked["method"], url=asked["url"], data=bytes.fromhex(asked["body"]))
    for name, value in asked["headers"]:
        request.headers[name] = value
    credentials = Credentials(asked["key"], asked["secret"], asked.get("token"))
    arguments = {"expires": asked["seconds"]} if asked["way"] == "presign" else {}
    WAYS[asked["way"]](credentials, asked["service"], asked["region"], **arguments).add_auth(request)
    return request.url if asked["way"] == "presign" else request.headers["Authorization"]


for line in sys.stdin:
    print(answer(line))
