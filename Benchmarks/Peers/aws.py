"""Work on S3 or DynamoDB that Amazon's own client in Python does.

`aws.py WORK COUNT "AUTHORITY KEY"` prints how many nanoseconds of processor time it took, and how many operations it
were. The works are s3-put, s3-get, dynamodb-put and dynamodb-get.
"""

import sys
import time

import botocore.session

VALUE = b"v" * 300

work, count = sys.argv[1], int(sys.argv[2])
authority = sys.argv[3]
service, action = work.split("-")
client = botocore.session.get_session().create_client(
    service,
    region_name="us-east-1",
    endpoint_url=f"http://{authority}",
    aws_access_key_id="key",
    aws_secret_access_key="secret",
)

operations = {
    "s3-put": lambda number: client.put_object(Bucket="peer", Key=f"key-{number % 100}", Body=VALUE),
    "s3-get": lambda number: client.get_object(Bucket="peer", Key=f"key-{number % 100}")["Body"].read(),
    "dynamodb-put": lambda number: client.put_item(
        TableName="peer", Item={"p": {"B": b"p"}, "k": {"B": b"%d" % (number % 100)}, "v": {"B": VALUE}}
    ),
    "dynamodb-get": lambda number: client.get_item(
        TableName="peer", Key={"p": {"B": b"p"}, "k": {"B": b"%d" % (number % 100)}}, ConsistentRead=True
    )["Item"],
}
operate = operations[work]

for number in range(10):
    operate(number)
start = time.process_time_ns()
for number in range(count):
    operate(number)
print(time.process_time_ns() - start, count)
