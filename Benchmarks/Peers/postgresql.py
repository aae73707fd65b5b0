"""Work on a table of PostgreSQL that a client in Python does, each query on a connection borrowed from a pool.

`postgresql.py get COUNT "RECORDS URL"` prints the nanoseconds it took, and how many bytes the values had.
"""

import asyncio
import sys
import time

import asyncpg

TASKS = 64
CONNECTIONS = 8
QUERY = "SELECT v FROM entries WHERE s = 0 AND p = $1 AND k = $2"


def key(number, records):
    number = number * 7919 % records
    return b"tenant-%09d" % (number // 10_000), b"file-%08d--%09d" % (number // 100, number)


async def get(pool, numbers, records):
    found = 0
    for number in numbers:
        found += len(await pool.fetchval(QUERY, *key(number, records)))
    return found


async def main(count, records, url):
    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await asyncio.gather(*(get(pool, range(task), records) for task in range(TASKS)))
        start = time.perf_counter_ns()
        found = sum(await asyncio.gather(*(get(pool, range(task, count, TASKS), records) for task in range(TASKS))))
        print(time.perf_counter_ns() - start, found)


records, address = sys.argv[3].split(maxsplit=1)
asyncio.run(main(int(sys.argv[2]), int(records), address))
