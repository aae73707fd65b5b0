"""Tells the number and the digest of records given as lines, knowing only the documentation of StoreDigest.

Each line is the space, and partition, key and value in hexadecimal, separated by spaces. The argument is the seed.
"""

import sys

SPACES = {"records": 0, "reserved-data": 1}
MASK = (1 << 64) - 1


def rotated(word, bits):
    return (word << bits | word >> (64 - bits)) & MASK


def rounds(state, count):
    a, b, c, d = state
    for _ in range(count):
        a = (a + b) & MASK
        c = (c + d) & MASK
        b = rotated(b, 13) ^ a
        d = rotated(d, 16) ^ c
        a = rotated(a, 32)
        c = (c + b) & MASK
        a = (a + d) & MASK
        b = rotated(b, 17) ^ c
        d = rotated(d, 21) ^ a
        c = rotated(c, 32)
    return a, b, c, d


def siphash128(key, data):
    """SipHash-2-4 with 128 bits of output, its sixteen bytes as a little-endian number."""
    low, high = key & MASK, key >> 64
    a, b = low ^ 0x736F6D6570736575, high ^ 0x646F72616E646F6D ^ 0xEE
    c, d = low ^ 0x6C7967656E657261, high ^ 0x7465646279746573
    end = len(data) % 256 << 56
    padded = data + bytes(-len(data) % 8) if len(data) % 8 else data
    words = [int.from_bytes(padded[start : start + 8], "little") for start in range(0, len(padded), 8)]
    if len(data) % 8:
        words[-1] |= end
    else:
        words.append(end)
    for word in words:
        a, b, c, d = rounds((a, b, c, d ^ word), 2)
        a ^= word
    a, b, c, d = rounds((a, b, c ^ 0xEE, d), 4)
    first = a ^ b ^ c ^ d
    a, b, c, d = rounds((a, b ^ 0xDD, c, d), 4)
    return first | (a ^ b ^ c ^ d) << 64


def main():
    seed = int(sys.argv[1], 16)
    count, total = 0, 0
    for line in sys.stdin:
        space, partition, key, value = line.rstrip("\n").split(" ")
        partition, key, value = (bytes.fromhex(part) for part in (partition, key, value))
        head = bytes([SPACES[space]]) + len(partition).to_bytes(7, "little") + len(key).to_bytes(8, "little")
        total += siphash128(seed, head + partition + key + value)
        count += 1
    print(f"{count} {total % (1 << 128):032x}")


main()
