import IPLD

/// A signature and the algorithm that it was made by.
///
/// The binary form is the algorithm's code, the length and the signature, with the algorithm's name behind them where it
/// has no code of its own.
public struct Signature: Hashable, Sendable {
    /// The algorithm.
    public let algorithm: SignatureAlgorithm
    /// The signature itself. Empty when it is absent.
    public let raw: [UInt8]

    /// The most bytes of a signature that are read: RSA with 8,192 bits makes 1,024.
    public static let rawBytesMax = 1_024

    /// A signature from its parts.
    public init(_ algorithm: SignatureAlgorithm, _ raw: [UInt8]) {
        self.algorithm = algorithm
        self.raw = raw
    }

    /// The signature of a principal that has no key, such as a mail address: somebody else attests what it delegates.
    public static let absent = Signature(.other(""), [])

    /// The binary form.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [algorithm.code, UInt64(raw.count)] {
            var rest = number
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(truncatingIfNeeded: rest))
        }
        bytes += raw
        if case .other(let name) = algorithm { bytes += Array(name.utf8) }
        return bytes
    }

    /// Reads the binary form, which has to be all of `bytes`.
    public init(decoding bytes: [UInt8]) throws(UCANError) {
        let (code, codeCount) = try translating { () throws(IPLDError) in try Varint.decode(bytes) }
        let (count, countCount) = try translating { () throws(IPLDError) in
            try Varint.decode(bytes.dropFirst(codeCount))
        }
        guard count <= UInt64(Signature.rawBytesMax) else {
            throw UCANError(.limitExceeded, "A signature has more bytes than are read here.")
        }
        let rest = bytes.dropFirst(codeCount + countCount)
        let name = rest.dropFirst(Int(count))
        guard rest.count >= Int(count), name.count <= SignatureAlgorithm.nameBytesMax else {
            throw UCANError(.malformed, "A signature has not the length that it says.")
        }
        raw = Array(rest.prefix(Int(count)))
        if code == SignatureAlgorithm.otherCode {
            guard let text = String(validating: name, as: UTF8.self) else {
                throw UCANError(.malformed, "The name of a signature's algorithm is not UTF-8.")
            }
            algorithm = SignatureAlgorithm(name: text)
            guard algorithm.code == code else {
                throw UCANError(.malformed, "The algorithm of a signature has a code of its own.")
            }
        } else {
            guard name.isEmpty else { throw UCANError(.malformed, "There are bytes behind a signature.") }
            guard let known = SignatureAlgorithm(code: code) else {
                throw UCANError(.unsupported, "Unknown signature algorithm code 0x\(hexadecimal(code)).")
            }
            algorithm = known
        }
    }
}
