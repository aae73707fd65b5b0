import IPLD

extension Token {
    /// The JSON Web Token (RFC 7519): header, payload and signature in base64url without padding, with dots between.
    public var jwt: String {
        get throws(UCANError) {
            guard cid.codec == .raw else {
                let signed = String(decoding: try signedBytes(), as: UTF8.self)
                return signed + "." + Multibase.base64url.encodeBody(signature.raw)
            }
            return String(decoding: block.bytes, as: UTF8.self)
        }
    }

    /// Reads a JSON Web Token. Proofs may be the names of tokens, or tokens themselves as in version 0.8.
    public init(_ jwt: String, limits: Limits = Limits()) throws(UCANError) {
        let text = Array(jwt.utf8)
        guard text.count <= limits.tokenBytesMax else {
            throw UCANError(.limitExceeded, "A token has more bytes than are read.")
        }
        let parts = jwt.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw UCANError(.malformed, "A JSON Web Token has three parts with dots between.")
        }
        let header = try Token.map(parts[0])
        let map = try Token.map(parts[1])
        guard header["ucv"] != nil || map["ucv"] == nil else {
            throw UCANError(.unsupported, "Tokens of version 0.8 and 0.9 are read, and this is one of 0.10.")
        }
        guard header["typ"] == .string("JWT"), header.count == 3,
            let ucv = try Payload.text(header["ucv"], "ucv").string,
            let algorithmName = try Payload.text(header["alg"], "alg").string,
            algorithmName.utf8.count <= SignatureAlgorithm.nameBytesMax
        else {
            throw UCANError(.malformed, "A token's header has not 'alg', 'ucv' and the 'typ' of JSON Web Tokens alone.")
        }
        guard map.allSatisfy({ Token.claims.contains($0.key) }) else {
            throw UCANError(.unsupported, "A token says more than UCAN knows of.")
        }
        var proofs: [CID] = []
        for node in try Payload.list(map["prf"], "prf") {
            proofs.append(try Token.proof(try Payload.text(node, "prf").description))
        }
        let payload = try Payload(
            map,
            version: ucv,
            issuer: try DID(try Payload.text(map["iss"], "iss").description),
            audience: try DID(try Payload.text(map["aud"], "aud").description),
            proofs: proofs,
            limits: limits
        )
        let raw = try translating { () throws(IPLDError) in try Multibase.base64url.decodeBody(parts[2]) }
        guard raw.count <= Signature.rawBytesMax else {
            throw UCANError(.limitExceeded, "A signature has more bytes than are read here.")
        }
        let signature = Signature(SignatureAlgorithm(name: algorithmName), raw)
        let usual = try Token(payload, signature)
        if try usual.jwt.utf8.elementsEqual(text) {
            self = usual
        } else {
            self.init(payload, signature, text: text)
        }
    }

    private static let claims: Set<Text> = ["att", "aud", "exp", "fct", "iss", "nbf", "nnc", "prf"]

    private static func map(_ part: Substring) throws(UCANError) -> NodeMap {
        let node = try translating { () throws(IPLDError) in
            try DAGJSON.decode(try Multibase.base64url.decodeBody(part), .lenient)
        }
        guard case .map(let map) = node else { throw UCANError(.malformed, "A part of a token is not a JSON object.") }
        return map
    }

    /// A proof by its name, or one that stands in the token itself: its name is then its whole text.
    private static func proof(_ text: String) throws(UCANError) -> CID {
        guard text.utf8.contains(0x2E) else { return try translating { () throws(IPLDError) in try CID(text) } }
        return try translating { () throws(IPLDError) in
            CID(.raw, try Multihash(.identity, digest: Array(text.utf8)))
        }
    }

    /// What is signed of a payload: header and payload as a JSON Web Token has them, in the one form of DAG-JSON.
    static func signedBytes(of payload: Payload, algorithm: SignatureAlgorithm) throws(UCANError) -> [UInt8] {
        let header: Node = [
            "alg": .string(Text(algorithm.name)), "typ": "JWT", "ucv": .string(Text(payload.version)),
        ]
        var map = try payload.sharedNode()
        map["iss"] = .string(Text(payload.issuer.text))
        map["aud"] = .string(Text(payload.audience.text))
        map["prf"] = .list(payload.proofs.map { .string(Text($0.description)) })
        var bytes: [UInt8] = []
        for node in [header, .map(map)] {
            if !bytes.isEmpty { bytes.append(0x2E) }
            let json = try translating { () throws(IPLDError) in try DAGJSON.encode(node) }
            bytes += Array(Multibase.base64url.encodeBody(json).utf8)
        }
        return bytes
    }
}
