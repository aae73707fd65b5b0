public import IPLD

extension Token {
    /// The other name that the same content under the same key can have; nil unless it is signed with P-256.
    ///
    /// Of a signature (r, s) of ECDSA anybody can make a second that is valid, (r, n - s), and so a block with another
    /// hash. Who looks up whether a token was revoked has to look for both names.
    public var alternativeCID: CID? {
        get throws(UCANError) {
            guard signature.algorithm == .es256, signature.raw.count == 64,
                let other = Token.negated(Array(signature.raw[32...]))
            else { return nil }
            let signature = Signature(.es256, Array(signature.raw[..<32]) + other)
            guard cid.codec == .raw else { return try Token(payload, signature).cid }
            let text = try signedBytes() + [0x2E] + Array(Multibase.base64url.encodeBody(signature.raw).utf8)
            return Token(payload, signature, text: text).cid
        }
    }

    /// The order of P-256 minus a number of 32 bytes; nil unless the number is between 0 and the order.
    private static func negated(_ number: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var borrow = 0
        for (left, right) in zip(order.reversed(), number.reversed()) {
            let difference = Int(left) - Int(right) - borrow
            borrow = difference < 0 ? 1 : 0
            result.append(UInt8(truncatingIfNeeded: difference))
        }
        return borrow == 0 ? result.reversed() : nil
    }

    /// From FIPS 186-4, D.1.2.3.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
}
