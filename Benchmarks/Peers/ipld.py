"""Work that independent implementations in Python do.

`ipld.py WORK COUNT INPUT` prints the nanoseconds it took, and how many of COUNT operations gave what they should.

    encode, decode   the DAG-CBOR block that INPUT is in hexadecimal
    cid              identifiers, read and written in the base they were in; INPUT is a list of them
"""

import sys
import time

import dag_cbor
from multiformats import CID

work, count, given = sys.argv[1], int(sys.argv[2]), sys.argv[3]
good = 0
if work == "cid":
    texts = given.split()
    start = time.perf_counter_ns()
    for index in range(count):
        text = texts[index % len(texts)]
        good += str(CID.decode(text)) == text
else:
    block = bytes.fromhex(given)
    value = dag_cbor.decode(block)
    start = time.perf_counter_ns()
    for index in range(count):
        if work == "encode":
            good += len(dag_cbor.encode(value)) == len(block)
        else:
            good += dag_cbor.decode(block)["size"] == value["size"]
print(time.perf_counter_ns() - start, good)
