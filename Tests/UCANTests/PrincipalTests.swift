import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Principals")
struct PrincipalTests {
    @Test("The published keys have their names, in text and bytes")
    func publishedKeys() throws {
        let keys = [
            (Principals.alice, "did:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALi"),
            (Principals.bob, "did:key:z6MkffDZCkCTWreg8868fG1FGFogcJj5X6PY93pPcWDn9bob"),
            (Principals.mallory, "did:key:z6MktafZTREjJkvV5mfJxcLpNBoVPwDLhTuMg9ng7dY4zMAL"),
        ]
        for (seed, name) in keys {
            let key = try Principals.key(seed)
            #expect(key.did.text == name)
            #expect(key.did == (try DID(name)))
            #expect(try DID(decoding: key.did.bytes) == key.did)
            #expect(try key.did.bytes.starts(with: [0xED, 0x01]))
            #expect(try key.did.key == key.publicKey)
        }
        let service = try Principals.service()
        #expect(service.did.text == "did:web:up.example.com")
        let key = try SigningKey(ed25519: Multihash.sha256(of: Array("service".utf8)).digest)
        #expect(key.did.text == "did:key:z6MkgVxeWxEJbNnShydfsBwaNJ54Etp4yhnYpwj7XgjXq7cu")
    }

    @Test("The private key has its published text, and is read from it")
    func secretText() throws {
        let alice = try Principals.key(Principals.alice)
        let text =
            "MgCZT5vOnYZoVAeyjnzuJIVY9J4LNtJ+f8Js0cTPuKUpFne0BVEDJjEu6quFIU8yp91/TY/+MYK8GvlKoTDnqOCovCVM="
        #expect(alice.secretText == text)
        #expect(try SigningKey(secretText: text).did == alice.did)
        #expect("\(alice)" == alice.did.text)
        var generator = SeededGenerator(seed: 1)
        let other = try SigningKey.p256(using: &generator)
        #expect(try SigningKey(secretText: other.secretText).did == other.did)
        let bytes = try Multibase.decode(text).bytes
        let mixed = Array(bytes.prefix(34)) + other.publicKey.bytes
        #expect(error { _ = try SigningKey(secretText: Multibase.base64Padded.encode(mixed)) } == .malformed)
        let unknown = [0x80, 0x24] + bytes.dropFirst(2)
        #expect(
            error { _ = try SigningKey(secretText: Multibase.base64Padded.encode(unknown)) } == .unsupportedKeyType
        )
    }

    @Test("Names that are no keys have the bytes of their text")
    func otherMethods() throws {
        let cases = [
            ("did:web:web3.storage", "9d1a7765623a776562332e73746f72616765"),
            ("did:mailto:web.mail:alice", "9d1a6d61696c746f3a7765622e6d61696c3a616c696365"),
        ]
        for (text, hex) in cases {
            let did = try DID(text)
            #expect(try did.bytes == (try bytes(hex: hex)))
            #expect(try DID(decoding: bytes(hex: hex)) == did)
            #expect(try did.key == nil)
        }
        #expect(try DID.web("up.example.com").identifier == "up.example.com")
    }

    /// The cases are those of storacha/w3up packages/did-mailto/test (Apache-2.0 or MIT).
    @Test(
        "Mail addresses become names and come back",
        arguments: [
            ("alice@web.mail", "did:mailto:web.mail:alice"),
            ("tag+alice@web.mail", "did:mailto:web.mail:tag%2Balice"),
            ("\"email@1\"@example.com", "did:mailto:example.com:%22email%401%22"),
            ("jürgen@example.com", "did:mailto:example.com:j%C3%BCrgen"),
        ]
    )
    func mail(address: String, name: String) throws {
        let did = try DID.mail(address)
        #expect(did.text == name)
        #expect(did.mailAddress == address)
    }

    @Test("What is no mail address has no name, and what is no such name no address")
    func noMail() throws {
        #expect(error { _ = try DID.mail("no-address") } == .malformed)
        #expect(error { _ = try DID.mail("") } == .malformed)
        #expect(try DID("did:mailto:only").mailAddress == nil)
        #expect(try DID("did:mailto:a:b:c").mailAddress == nil)
        #expect(try DID("did:mailto:a:b%2").mailAddress == nil)
        #expect(try DID("did:mailto:a:b%FF").mailAddress == nil)
        #expect(try DID("did:web:a").mailAddress == nil)
    }

    @Test(
        "What is no name is refused",
        arguments: [
            "", "did", "did:", "did:key", "did:key:", "did::x",
            "d1d:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALi",
            "did:Web:x", "did:web:a b", "did:web:a/b", "did:web:ä", "did:key:z", "did:key:z6Mkk89", "did:key:u7QE",
            "did:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALl0",
        ]
    )
    func malformed(text: String) {
        #expect(error { _ = try DID(text) } == .malformed)
    }

    @Test("Hostile names cost little")
    func limits() throws {
        #expect(error { _ = try DID("did:web:" + String(repeating: "a", count: 3_000)) } == .limitExceeded)
        #expect(error { _ = try DID(decoding: Array(repeating: 0x61, count: 3_000)) } == .limitExceeded)
        let long: [UInt8] = [0x85, 0x24] + Array(repeating: 1, count: 1_100)
        #expect(error { _ = try DID("did:key:" + Multibase.base58btc.encode(long)) } == .limitExceeded)
        #expect(error { _ = try DID(decoding: [0x9D, 0x1A] + Array("key:z6Mk".utf8)) } == .malformed)
        #expect(error { _ = try DID(decoding: [0x9D, 0x1A, 0x77, 0x3A, 0xFF]) } == .malformed)
        #expect(error { _ = try DID(decoding: [0x55, 1, 2]) } == .unsupportedKeyType)
        #expect(error { _ = try DID(decoding: [0xED, 0x01, 2]) } == .malformed)
    }
}

@Suite("Names of the did:key method")
struct KeyMethodTests {
    /// Of the vectors of w3c-ccg/did-method-key that ipld/js-dag-ucan test/did.spec.js has (Apache-2.0 or MIT).
    private static let supported: [(String, KeyType)] = [
        ("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", .ed25519),
        ("did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG", .ed25519),
        ("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", .p256),
        ("did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", .p256),
        (
            "did:key:z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVNjq8HCuW1w24nhBFGkRE4"
                + "cd2Uf2tfrB3N7h4mnyPp1BF3ZttHTYv3DLUPi1zMdkULiow3M1GfXkoC6DoxDUm1jmN6GBj22SjVsr6dxezRVQc7aj9TxE7JLbMH1wh5"
                + "X3kA58H3DFW8rnYMakFGbca5CB2Jf6CnGQZmL7o5uJAdTwXfy2iiiyPxXEGerMhHwhjTA1mKYobyk2CpeEcmvynADfNZ5MBvcCS7m3Xk"
                + "FCMNUYBS9NQ3fze6vMSUPsNa6GVYmKx2x6JrdEjCk3qRMMmyjnjCMfR4pXbRMZa3i", .rsa
        ),
    ]

    private static let unsupported: [(String, KeyType)] = [
        ("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", .secp256k1),
        ("did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", .secp256k1),
        (
            "did:key:zUC7K4ndUaGZgV7Cp2yJy6JtMoUHY6u7tkcSYUvPrEidqBmLCTLmi6d5WvwnUqejscAkERJ3bfjEiSYtdPkRSE8kSa11hFBr4sTg"
                + "nbZ95SJj19PN2jdvJjyzpSZgxkyyxNnBNnY", .bls12381G2
        ),
        ("did:key:z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9", .p384),
        (
            "did:key:z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7",
            .p521
        ),
    ]

    @Test("Keys that are verified with are read", arguments: supported)
    func keys(text: String, type: KeyType) throws {
        let did = try DID(text)
        #expect(try did.key?.type == type)
        #expect(try did.key?.did == did)
        #expect(try DID(decoding: did.bytes) == did)
    }

    @Test("Keys of other types are names, and say that their type is not supported", arguments: unsupported)
    func others(text: String, type: KeyType) throws {
        let did = try DID(text)
        #expect(try DID(decoding: did.bytes).text == text)
        #expect(error { _ = try did.key } == .unsupportedKeyType)
    }
}

@Suite("Signatures")
struct SignatureTests {
    @Test(
        "Every algorithm has the code of the table and comes back",
        arguments: [
            ("EdDSA", 0xD0ED), ("ES256K", 0xD0E7), ("BLS12381G1", 0xD0EA), ("BLS12381G2", 0xD0EB), ("ES256", 0xD01200),
            ("ES384", 0xD01201), ("ES512", 0xD01202), ("RS256", 0xD01205), ("EIP191", 0xD191), ("GOZ256", 0xD000),
        ] as [(String, UInt64)]
    )
    func algorithms(name: String, code: UInt64) throws {
        let signature = Signature(SignatureAlgorithm(name: name), Array("parse<->format \(name)".utf8))
        #expect(signature.algorithm.code == code)
        #expect(signature.algorithm.name == name)
        #expect(try Signature(decoding: signature.bytes) == signature)
        #expect(try Varint.decode(signature.bytes).number == code)
    }

    @Test("The absent signature and Ed25519's have their published bytes")
    func published() throws {
        #expect(Signature.absent.bytes == (try bytes(hex: "80a00300")))
        #expect(Signature(.edDSA, Array(repeating: 7, count: 64)).bytes.starts(with: [0xED, 0xA1, 0x03, 0x40]))
    }

    @Test(
        "What is no signature is refused",
        arguments: [
            "", "ed", "eda103", "eda10340", "eda1030101ff", "eda103ff7f", "80a0030045644453 41", "0000", "80a00300ff",
        ]
    )
    func malformed(hex: String) throws {
        let input = try bytes(hex: hex.filter { $0 != " " })
        #expect(error { _ = try Signature(decoding: input) } != nil)
    }

    @Test("A key verifies its own signature of the same bytes alone")
    func verifying() throws {
        var generator = SeededGenerator(seed: 2)
        for key in [try SigningKey.ed25519(using: &generator), try SigningKey.p256(using: &generator)] {
            let message = generator.bytes(100)
            let signature = try key.sign(message)
            #expect(key.publicKey.verifies(signature, of: message))
            #expect(!key.publicKey.verifies(signature, of: message + [0]))
            for index in signature.raw.indices {
                var raw = signature.raw
                raw[index] ^= 1
                #expect(!key.publicKey.verifies(Signature(signature.algorithm, raw), of: message))
            }
            #expect(!key.publicKey.verifies(Signature(.rs256, signature.raw), of: message))
            #expect(!key.publicKey.verifies(Signature(signature.algorithm, []), of: message))
            #expect(!key.publicKey.verifies(.absent, of: message))
            #expect(!(try SigningKey.ed25519(using: &generator)).publicKey.verifies(signature, of: message))
        }
    }

    @Test("A named key signs under the name")
    func named() throws {
        let service = try Principals.service()
        let signature = try service.sign([1, 2])
        #expect(service.algorithm == .edDSA)
        #expect(
            try DID("did:key:z6MkgVxeWxEJbNnShydfsBwaNJ54Etp4yhnYpwj7XgjXq7cu").key?.verifies(signature, of: [1, 2])
                == true
        )
        #expect(try AbsentSigner(DID("did:mailto:web.mail:alice")).sign([1]) == .absent)
    }
}
