"""Writes the records of a store in Redis as sorted lines, reading with redis-cli and knowing only the layout's names.

Each line is the space, and partition, key and value in hexadecimal, separated by spaces. The argument is the port.
"""

import ast
import re
import subprocess
import sys

SPACES = {b"0": "records", b"1": "reserved-data"}
# The name of a row: the tag of its bucket, its space, the length of the partition, and what it counts.
ROW = re.compile(rb"wh:\{\d+\}r([01])(\d+):(.*)", re.DOTALL)
HEADER_BYTES = 16


def asked(lines):
    """What redis-cli prints for commands, each answer as it quotes bytes."""
    command = ["redis-cli", "-p", sys.argv[1], "--no-raw"]
    return subprocess.run(command, input=lines, stdout=subprocess.PIPE, check=True).stdout.splitlines()


def unquoted(text):
    """The bytes that redis-cli writes between quotation marks."""
    return ast.literal_eval("b" + text.decode("ascii"))


def main():
    names = [line.split(b" ", 1)[1] for line in (line.strip() for line in asked(b"KEYS *\n")) if b'"' in line]
    rows = [(name, match) for name, match in ((name, ROW.fullmatch(unquoted(name))) for name in names) if match]
    values = asked(b"".join(b"GET " + name + b"\n" for name, _ in rows))
    if len(values) != len(rows):
        raise SystemExit("redis-cli did not answer for each key")
    records = []
    for (_, match), quoted in zip(rows, values):
        stored = unquoted(quoted)
        if stored[1] == 1:
            continue  # A tombstone is no record.
        length = int(match[2])
        records.append((match[1], match[3][:length], match[3][length:], stored[HEADER_BYTES:]))
    for space, partition, key, value in sorted(records):
        print(SPACES[space], partition.hex(), key.hex(), value.hex())


main()
