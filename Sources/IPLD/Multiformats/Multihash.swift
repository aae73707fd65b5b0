internal import Crypto
public import FoundationEssentials

/// A digest together with the function that made it.
///
/// Its bytes are the function's code, the digest's length, both as varints, and the digest, as in the
/// [multihash specification](https://github.com/multiformats/multihash).
public struct Multihash: Hashable, Sendable {
    /// The hash function.
    public let code: Multicodec
    /// The digest.
    public let digest: [UInt8]

    /// A digest that was made elsewhere, of at most ``digestBytesMax`` bytes. It may be shortened, as the specification
    /// allows, but then it proves nothing here: ``matches(_:)`` wants the whole digest.
    public init(_ code: Multicodec, digest: [UInt8]) throws(IPLDError) {
        guard digest.count <= Multihash.digestBytesMax else {
            throw IPLDError(.limitExceeded, "A digest is at most \(Multihash.digestBytesMax) bytes long here.")
        }
        if let whole = Multihash.digestBytes(of: code), digest.count > whole {
            throw IPLDError(.malformed, "A \(code) digest is at most \(whole) bytes long, not \(digest.count).")
        }
        self.code = code
        self.digest = digest
    }

    init(checked code: Multicodec, _ digest: [UInt8]) {
        self.code = code
        self.digest = digest
    }

    /// The most bytes of a digest: what the identity function may hold inline.
    public static let digestBytesMax = 4_096

    /// The SHA-256 of bytes.
    public static func sha256(of bytes: some ContiguousBytes) -> Multihash {
        Multihash(checked: .sha256, Array(SHA256.digest(of: bytes)))
    }

    /// The SHA-512 of bytes.
    public static func sha512(of bytes: some ContiguousBytes) -> Multihash {
        Multihash(checked: .sha512, Array(SHA512.digest(of: bytes)))
    }

    /// The BLAKE2b of 256 bits of bytes.
    public static func blake2b256(of bytes: some ContiguousBytes) -> Multihash {
        Multihash(checked: .blake2b256, bytes.withUnsafeBytes(BLAKE2b256.digest))
    }

    /// Whether this is the hash of `bytes`; throws ``IPLDError/Code/unsupported`` for a function that can't be computed
    /// here (identity, SHA-256, SHA-512 and BLAKE2b-256 can), and for a shortened digest, which others may share.
    public func matches(_ bytes: some ContiguousBytes) throws(IPLDError) -> Bool {
        guard isComputable else {
            throw IPLDError(
                .unsupported,
                "The hash function \(code) can't be computed here, or its digest is shortened."
            )
        }
        switch code {
        case .identity: return bytes.withUnsafeBytes { $0.elementsEqual(digest) }
        case .sha256: return Multihash.sha256(of: bytes).digest == digest
        case .blake2b256: return Multihash.blake2b256(of: bytes).digest == digest
        default: return Multihash.sha512(of: bytes).digest == digest
        }
    }

    /// Whether ``matches(_:)`` can tell.
    public var isComputable: Bool {
        switch code {
        case .identity: true
        case .sha256, .sha512, .blake2b256: digest.count == Multihash.digestBytes(of: code)
        default: false
        }
    }

    /// The binary form.
    public var bytes: [UInt8] { [UInt8](count: byteCount, append) }

    /// How many bytes the binary form has.
    public var byteCount: Int {
        Varint.byteCount(of: code.rawValue) + Varint.byteCount(of: UInt64(digest.count)) + digest.count
    }

    func append(to bytes: inout [UInt8]) {
        Varint.appendUnchecked(code.rawValue, to: &bytes)
        Varint.appendUnchecked(UInt64(digest.count), to: &bytes)
        bytes.append(contentsOf: digest)
    }

    /// Reads the binary form, which has to be all of `bytes`.
    public init(decoding bytes: [UInt8]) throws(IPLDError) {
        self = try bytes.withReader { (reader) throws(IPLDError) in
            let hash = try Multihash(&reader)
            try reader.requireEnd(behind: "multihash")
            return hash
        }
    }

    init(_ reader: inout ByteReader) throws(IPLDError) {
        let code = Multicodec(unchecked: try reader.varint())
        let count = try reader.length()
        guard count <= Multihash.digestBytesMax else {
            throw IPLDError(.limitExceeded, "A digest is longer than is read here.", offset: reader.offset)
        }
        let digest = try reader.take(count)
        try self.init(code, digest: Array(digest))
    }

    private static func digestBytes(of code: Multicodec) -> Int? {
        switch code {
        case .sha256, .blake2b256: 32
        case .sha512: 64
        default: nil
        }
    }
}

extension HashFunction {
    fileprivate static func digest(of bytes: some ContiguousBytes) -> Digest {
        var hash = Self()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize()
    }
}
