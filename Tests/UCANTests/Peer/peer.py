"""What an independent library of cryptography makes of the lines of standard input, one line of output for each.

    verify TOKEN        whether the JSON Web Token is signed by the did:key that it names as its issuer
    issue KEY PAYLOAD   a JSON Web Token of the payload, a JSON object whose issuer is a new key of this type: ed25519,
                        p256 or the bits of an RSA key
"""

import base64
import json
import sys

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


def issue(kind, payload):
    raw, compressed = serialization.Encoding.Raw, serialization.PublicFormat.CompressedPoint
    if kind == "ed25519":
        key, algorithm = ed25519.Ed25519PrivateKey.generate(), "EdDSA"
        public = b"\xed\x01" + key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
    elif kind == "p256":
        key, algorithm = ec.generate_private_key(ec.SECP256R1()), "ES256"
        public = b"\x80\x24" + key.public_key().public_bytes(serialization.Encoding.X962, compressed)
    else:
        key, algorithm = rsa.generate_private_key(65537, int(kind)), "RS256"
        der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        public = b"\x85\x24" + der
    content = json.loads(payload) | {"iss": "did:key:z" + base58(public)}
    header = as_json({"alg": algorithm, "typ": "JWT", "ucv": "0.9.1"})
    signed = f"{encoded(header)}.{encoded(as_json(content))}"
    if algorithm == "EdDSA":
        signature = key.sign(signed.encode())
    elif algorithm == "ES256":
        halves = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = b"".join(half.to_bytes(32, "big") for half in halves)
    else:
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


for line in sys.stdin:
    verb, *arguments = line.split(maxsplit=2)
    print({"verify": verify, "issue": issue}[verb](*[argument.strip() for argument in arguments]))
