import IPLD
import UCAN

/// The keys of alice, bob and mallory that ipld/js-dag-ucan publishes in test/fixtures.js (Apache-2.0 or MIT), by their
/// seeds, and the service of the worked examples.
enum Principals {
    static let alice = "U+bzp2GaFQHso587iSFWPSeCzbSfn/CbNHEz7ilKRZ0"
    static let bob = "G4+QCX1b3a45IzQsQd4gFMMe0UB1UOx9bCsh8uOiKLE"
    static let mallory = "LR9AL2MYkMARuvmV3MJV8sKvbSOdBtpggFCW8K62oZA"

    static func key(_ seed: String) throws -> SigningKey {
        try SigningKey(ed25519: try Multibase.base64.decodeBody(seed))
    }

    static func service() throws -> NamedSigner<SigningKey> {
        try SigningKey(ed25519: Multihash.sha256(of: Array("service".utf8)).digest)
            .named(DID.web("up.example.com"))
    }
}

/// The bytes of a text of hexadecimal digits, which a test gives.
func bytes(hex text: String) throws -> [UInt8] { try Multibase.base16.decodeBody(text) }

/// The error that a body throws; nil when it throws none of this module.
func error(of body: () throws -> Void) -> UCANError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? UCANError)?.code
    }
}
