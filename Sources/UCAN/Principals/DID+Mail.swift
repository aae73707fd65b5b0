extension DID {
    /// The name of whoever reads the mail of an address: `did:mailto:`, its domain and its local part, each with
    /// everything escaped but letters, digits and `-_.!~*'()`. Split at the last `@`, as quoted local parts may hold one.
    public static func mail(_ address: String) throws(UCANError) -> DID {
        guard let at = address.lastIndex(of: "@") else {
            throw UCANError(.malformed, "The text is no mail address: it has no '@'.")
        }
        let domain = address[address.index(after: at)...]
        return try DID("did:mailto:\(escaped(domain.utf8)):\(escaped(address[..<at].utf8))")
    }

    /// The mail address of a `did:mailto`; nil for any other, and where its parts are not two or not UTF-8.
    public var mailAddress: String? {
        guard method == "mailto" else { return nil }
        let parts = identifier.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let domain = DID.unescaped(parts[0]), let local = DID.unescaped(parts[1]) else {
            return nil
        }
        return "\(local)@\(domain)"
    }

    private static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            if isUnreserved(byte) {
                text.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                text += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
            || "-_.!~*'()".utf8.contains(byte)
    }

    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let byte = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
