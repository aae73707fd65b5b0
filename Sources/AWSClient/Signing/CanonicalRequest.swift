import StoreHTTP

/// The one form of a request that both sides hash, whatever way it was sent.
package struct CanonicalRequest {
    package let bytes: [UInt8]
    /// The names of the signed headers, in order, with semicolons between them.
    package let signedHeaders: String

    package init(_ request: SignableRequest, _ pathForm: RequestSigner.PathForm, payloadHash: [UInt8]) {
        let headers = CanonicalRequest.headers(of: request)
        signedHeaders = CanonicalRequest.names(of: headers)
        var bytes = Array(request.method.utf8)
        bytes.reserveCapacity(1_024)
        bytes.append(0x0A)
        CanonicalRequest.append(path: request.path, pathForm, to: &bytes)
        bytes.append(0x0A)
        bytes += CanonicalRequest.query(of: request)
        bytes.append(0x0A)
        for (name, values) in headers {
            bytes += name.utf8
            bytes.append(0x3A)
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                CanonicalRequest.append(trimmed: value, to: &bytes)
            }
            bytes.append(0x0A)
        }
        bytes.append(0x0A)
        bytes += signedHeaders.utf8
        bytes.append(0x0A)
        bytes += payloadHash
        self.bytes = bytes
    }

    package static func signedHeaders(of request: SignableRequest) -> String { names(of: headers(of: request)) }

    private static func names(of headers: [(name: String, values: [String])]) -> String {
        headers.map(\.name).joined(separator: ";")
    }

    /// Names in small letters and in order; the values of equal names in the order in which they are sent.
    private static func headers(of request: SignableRequest) -> [(name: String, values: [String])] {
        var values: [String: [String]] = ["host": [request.host]]
        for header in request.headers { values[header.name.lowercased(), default: []].append(header.value) }
        return values.sorted { $0.key < $1.key }.map { (name: $0.key, values: $0.value) }
    }

    /// A value without spaces at its ends, and with one in the place of several.
    private static func append(trimmed value: String, to bytes: inout [UInt8]) {
        var isAfterSpace = true
        var end = bytes.count
        for byte in value.utf8 {
            let isSpace = byte == 0x20 || byte == 0x09
            if isSpace, isAfterSpace { continue }
            bytes.append(isSpace ? 0x20 : byte)
            isAfterSpace = isSpace
            if !isSpace { end = bytes.count }
        }
        bytes.removeLast(bytes.count - end)
    }

    /// Encoded, and sorted by encoded name, then by encoded value.
    static func query(of request: SignableRequest) -> [UInt8] {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for pair in request.query {
            pairs.append(
                (Array(PercentEncoding.encode(pair.name).utf8), Array(PercentEncoding.encode(pair.value).utf8))
            )
        }
        pairs.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
        return Array(pairs.map { $0.name + [0x3D] + $0.value }.joined(separator: [0x26]))
    }

    private static func append(path: String, _ form: RequestSigner.PathForm, to bytes: inout [UInt8]) {
        switch form {
        case .verbatim: bytes += path.isEmpty ? [0x2F] : Array(path.utf8)
        case .normalized:
            var segments: [Substring] = []
            for segment in path.split(separator: "/") where segment != "." {
                if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
            }
            for segment in segments {
                bytes.append(0x2F)
                bytes += PercentEncoding.encode(segment.utf8).utf8
            }
            if segments.isEmpty || path.hasSuffix("/") { bytes.append(0x2F) }
        }
    }
}
