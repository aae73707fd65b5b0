import Crypto

/// Signs the locations of objects in a directory: HMAC-SHA256 over all that a location allows.
struct LocationSigner: Sendable {
    /// What a location allows.
    struct Grant: Hashable, Sendable {
        var method: String
        var name: String
        /// The second since 1970 from which on it allows nothing.
        var expires: Int64
        /// What else it is bound to, by the names of the query: for sending `length`, `type`, `encoding` and `md5`; for
        /// fetching `as`, the name to be saved under.
        var terms: [String: String]
    }

    private let key: SymmetricKey

    init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

    /// Each piece with its length before it, so that no two grants are signed alike.
    private static func bytes(of grant: Grant) -> [UInt8] {
        var pieces = [grant.method, grant.name, "\(grant.expires)"]
        for (name, value) in grant.terms.sorted(by: { $0.key < $1.key }) { pieces += [name, value] }
        return pieces.flatMap { Array("\($0.utf8.count):".utf8) + Array($0.utf8) }
    }

    /// 64 hexadecimal digits.
    func signature(of grant: Grant) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: LocationSigner.bytes(of: grant), using: key)
        return Hexadecimal.text(of: Array(code))
    }

    /// Whether a signature is that of a grant; how long it takes to say so tells nothing.
    func isSigned(_ grant: Grant, by signature: String) -> Bool {
        guard let code = Hexadecimal.bytes(of: signature) else { return false }
        return HMAC<SHA256>
            .isValidAuthenticationCode(code, authenticating: LocationSigner.bytes(of: grant), using: key)
    }
}

/// Bytes as hexadecimal digits, in small letters.
enum Hexadecimal {
    static func text(of bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func bytes(of text: String) -> [UInt8]? {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[start], let low = digits[start + 1] else { return nil }
            bytes.append(UInt8(high * 16 + low))
        }
        return bytes
    }
}
