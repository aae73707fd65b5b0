"""What independent implementations in Python make of the lines of standard input, one line of output for each.

    cbor HEX     the DAG-CBOR block, decoded and encoded again
    cid TEXT     the identifier's bytes in hexadecimal, then its text in the bases 32, 36 and 58, where it has them
    hash HEX     the SHA-256, the SHA-512 and the BLAKE2b-256 of the bytes as multihashes
    base NAME HEX   the bytes in the base of that name
    random SEED  a random DAG-CBOR block
    judge HEX    `good` where the bytes are a DAG-CBOR block that encodes to them again, or else `bad`
    code NAME    the number of a code in the table of multicodec, `none` where it is not there
"""

import random
import sys

import dag_cbor
from multiformats import CID, multibase, multicodec, multihash


def scalar(generator):
    kind = generator.randrange(7)
    if kind == 0:
        return generator.choice([None, True, False])
    if kind == 1:
        return generator.randrange(-(2 ** generator.randrange(1, 64)), 2 ** generator.randrange(1, 64))
    if kind == 2:
        return generator.uniform(-1, 1) * 10 ** generator.randrange(-300, 300)
    if kind == 3:
        return "".join(generator.choice("a\u00e9\u0301\u4e00\U0001f600") for _ in range(generator.randrange(40)))
    if kind == 4:
        return generator.randbytes(generator.randrange(300))
    digest = multihash.digest(generator.randbytes(4), "sha2-256")
    return CID("base32", 1, generator.choice(["raw", "dag-cbor", "dag-pb"]), digest)


def value(generator, depth):
    kind = generator.randrange(4 if depth < 4 else 2)
    if kind == 2:
        return [value(generator, depth + 1) for _ in range(generator.randrange(8))]
    if kind == 3:
        keys = {str(generator.randrange(10 ** generator.randrange(1, 30))) for _ in range(generator.randrange(8))}
        return {key: value(generator, depth + 1) for key in keys}
    return scalar(generator)


def answer(verb, argument, *rest):
    if verb == "cbor":
        return dag_cbor.encode(dag_cbor.decode(bytes.fromhex(argument))).hex()
    if verb == "cid":
        cid = CID.decode(argument)
        texts = [cid.encode(base) for base in ("base32", "base36", "base58btc")] if cid.version == 1 else [str(cid)]
        return " ".join([bytes(cid).hex(), *texts])
    if verb == "hash":
        content = bytes.fromhex(argument)
        return " ".join(multihash.digest(content, name).hex() for name in ("sha2-256", "sha2-512", "blake2b-256"))
    if verb == "base":
        return multibase.encode(bytes.fromhex(rest[0] if rest else ""), argument)
    if verb == "random":
        return dag_cbor.encode(value(random.Random(int(argument)), 0)).hex()
    if verb == "judge":
        return judgement(bytes.fromhex(argument))
    if verb == "code":
        return str(multicodec.get(argument).code) if multicodec.exists(argument) else "none"
    raise ValueError(verb)


def judgement(block):
    """Whether a block is good. Whatever a damaged one raises, it is not."""
    try:
        return "good" if dag_cbor.encode(dag_cbor.decode(block)) == block else "bad"
    except Exception:
        return "bad"


for line in sys.stdin:
    print(answer(*line.split()))
