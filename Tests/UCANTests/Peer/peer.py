"""What an independent library of cryptography makes of the lines of standard input, one line of output for each.

    verify TOKEN        whether the JSON Web Token is signed by the did:key that it names as its issuer
    issue KEY PAYLOAD   a JSON Web Token of the payload, a JSON object whose issuer is a new key of this type: ed25519,
                        p256 or the bits of an RSA key
    envelope KEY        the hexadecimal digits of a delegation of version 1.0 by such a key
"""

import base64
import json
import sys

import dag_cbor
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return text


def unbase58(text):
    number = 0
    for character in text:
        number = number * 58 + BASE58.index(character)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify(token):
    header, payload, signature = token.split(".")
    signed, raw = f"{header}.{payload}".encode(), decoded(signature)
    key = unbase58(json.loads(decoded(payload))["iss"].removeprefix("did:key:z"))
    algorithm = json.loads(decoded(header))["alg"]
    try:
        if algorithm == "EdDSA" and key[:2] == b"\xed\x01":
            ed25519.Ed25519PublicKey.from_public_bytes(key[2:]).verify(raw, signed)
        elif algorithm == "ES256" and key[:2] == b"\x80\x24":
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key[2:])
            halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            public.verify(encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))
        else:
            return "unknown"
    except InvalidSignature:
        return "invalid"
    return "valid"


def new_key(kind):
    """A private key, the name of its algorithm, and the bytes of its did:key."""
    raw, compressed = serialization.Encoding.Raw, serialization.PublicFormat.CompressedPoint
    if kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
        return key, "EdDSA", b"\xed\x01" + key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
    if kind == "p256":
        key = ec.generate_private_key(ec.SECP256R1())
        return key, "ES256", b"\x80\x24" + key.public_key().public_bytes(serialization.Encoding.X962, compressed)
    key = rsa.generate_private_key(65537, int(kind))
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return key, "RS256", b"\x85\x24" + der


def sign(key, algorithm, signed):
    if algorithm == "EdDSA":
        return key.sign(signed)
    if algorithm == "ES256":
        halves = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return b"".join(half.to_bytes(32, "big") for half in halves)
    return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def issue(kind, payload):
    key, algorithm, public = new_key(kind)
    content = json.loads(payload) | {"iss": "did:key:z" + base58(public)}
    header = as_json({"alg": algorithm, "typ": "JWT", "ucv": "0.9.1"})
    signed = f"{encoded(header)}.{encoded(as_json(content))}"
    return f"{signed}.{encoded(sign(key, algorithm, signed.encode()))}"


# Version 1 of varsig: the algorithm, its two numbers, DAG-CBOR.
HEADERS = {"EdDSA": "3401ed01ed011371", "ES256": "3401ec0180241271", "RS256": "34018524128002" + "71"}


def envelope(kind):
    key, algorithm, public = new_key(kind)
    did = "did:key:z" + base58(public)
    payload = {"iss": did, "aud": "did:web:y", "sub": did, "cmd": "/a", "pol": [["==", ".a", ["é", 1]]]}
    payload |= {"nonce": b"\0\1", "exp": None, "meta": {"z": "last"}}
    signed = {"h": bytes.fromhex(HEADERS[algorithm]), "ucan/dlg@1.0.0-rc.1": payload}
    return dag_cbor.encode([sign(key, algorithm, dag_cbor.encode(signed)), signed]).hex()


for line in sys.stdin:
    verb, *arguments = line.split(maxsplit=2)
    print({"verify": verify, "issue": issue, "envelope": envelope}[verb](*[argument.strip() for argument in arguments]))
