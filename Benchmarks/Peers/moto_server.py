"""A moto, which imitates S3 and DynamoDB, behind a server that keeps connections open: Amazon's do, its own does not.

`moto_server.py PORT` serves at that port of this machine, one request at a time.
"""

import sys

import waitress
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

application = DomainDispatcherApplication(create_backend_app)
waitress.serve(application, host="127.0.0.1", port=int(sys.argv[1]), threads=1)
