import Crypto
import CryptoExtras
import JSONFormat
import StoreHTTP

/// The public keys that senders of signed notifications have, by their identifiers (RFC 7517).
///
/// Of a set, the RSA keys for signatures are read, the others passed over. Google publishes its set at
/// `/oauth2/v3/certs` and changes it every few days, so whoever serves has to bring a new one.
public struct NotificationKeys: Sendable {
    private let keys: [String: _RSA.Signing.PublicKey]
    private static let keysMax = 64

    /// The keys of a set, as JSON.
    ///
    /// - Throws: ``NotificationRefusal/Code/unreadable`` for what is no such set, or one without a key that can be used.
    public init(keySet: [UInt8]) throws(NotificationRefusal) {
        let refusal = NotificationRefusal(.unreadable, "This is no set of RSA keys: fetch that of the sender anew.")
        guard keySet.count <= 1 << 20, let listed = JSON(parsing: keySet)?["keys"]?.items,
            listed.count <= NotificationKeys.keysMax
        else { throw refusal }
        var keys: [String: _RSA.Signing.PublicKey] = [:]
        for key in listed where key["kty"]?.text == "RSA" && (key["use"]?.text ?? "sig") == "sig" {
            guard let name = key["kid"]?.text, let modulus = Base64URL.decode(key["n"]?.text ?? ""),
                let exponent = Base64URL.decode(key["e"]?.text ?? ""), (256...1_024).contains(modulus.count),
                (1...8).contains(exponent.count)
            else { throw refusal }
            do { keys[name] = try _RSA.Signing.PublicKey(n: modulus, e: exponent) } catch { throw refusal }
        }
        guard !keys.isEmpty else { throw refusal }
        self.keys = keys
    }

    /// Whether a signature of RS256 (RFC 7518, section 3.3) is that of these bytes by the key of this identifier.
    func isSignature(_ signature: [UInt8], of bytes: [UInt8], by key: String) -> Bool {
        guard let key = keys[key], signature.count == key.keySizeInBits / 8 else { return false }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        return key.isValidSignature(signature, for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
    }
}

/// What a push request of a subscription has to show: a token that Google signed for it (RFC 7519), with the account that
/// the subscription was given, for the audience that it was given.
public struct PushAuthenticity: Sendable {
    private let account: String
    private let audience: String
    /// How far two clocks may be apart, in seconds.
    private static let leeway: Int64 = 60
    private static let issuers: Set = ["accounts.google.com", "https://accounts.google.com"]

    /// - Parameters:
    ///   - account: The address of the service account that the subscription pushes as.
    ///   - audience: The audience that the subscription names; the URL it pushes to unless set otherwise.
    public init(account: String, audience: String) {
        self.account = account
        self.audience = audience
    }

    /// Throws unless the value of `Authorization` is `Bearer` and a token that is good now.
    ///
    /// - Parameters:
    ///   - header: The header; nil for none.
    ///   - keys: The keys that Google signs with.
    ///   - seconds: The time of day, in seconds since 1970.
    public func check(_ header: String?, keys: NotificationKeys, at seconds: Int64) throws(NotificationRefusal) {
        let refusal = NotificationRefusal(
            .notAuthentic,
            "The notification has no token that is good here: see the subscription's account and audience."
        )
        guard let header, header.utf8.count <= 16_384, header.lowercased().hasPrefix("bearer ") else { throw refusal }
        let parts = header.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let head = PushAuthenticity.object(parts[0]),
            let claims = PushAuthenticity.object(parts[1]),
            let signature = Base64URL.decode(parts[2]), head["alg"]?.text == "RS256", let key = head["kid"]?.text,
            head["crit"] == nil,
            keys.isSignature(signature, of: Array("\(parts[0]).\(parts[1])".utf8), by: key),
            let issuer = claims["iss"]?.text, PushAuthenticity.issuers.contains(issuer),
            claims["aud"]?.text == audience, claims["email"]?.text == account,
            claims["email_verified"]?.bool == true, let end = claims["exp"]?.integer,
            let start = claims["iat"]?.integer,
            Int64(start) <= seconds + PushAuthenticity.leeway,
            seconds < Int64(end).addingClamped(PushAuthenticity.leeway)
        else { throw refusal }
    }

    /// The object that a part of a token holds; nil for none, and for one that says something twice.
    private static func object(_ text: String) -> JSON? {
        guard let bytes = Base64URL.decode(text), let value = JSON(parsing: bytes), let members = value.members,
            Set(members.map(\.name)).count == members.count
        else { return nil }
        return value
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}

/// Base64 with the characters of URLs and without padding (RFC 7515, section 2).
enum Base64URL {
    static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.allSatisfy({ isCharacter($0) }) else { return nil }
        let usual = text.utf8.map { (byte) -> UInt8 in byte == 0x2D ? 0x2B : byte == 0x5F ? 0x2F : byte }
        return Base64.decode(usual + Array(repeating: 0x3D, count: (4 - usual.count % 4) % 4))
    }

    private static func isCharacter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
    }
}
