import Glibc

/// Gives the bytes of one object, which stay the same whatever becomes of the object meanwhile.
public final class ObjectReader: Sendable {
    /// The size of the object.
    public let contentLength: Int64
    /// The headers that go with it, by their names in lower case.
    public let headers: [String: String]
    private let file: CInt

    init(path: String, factsPath: String, fileName: String?) async throws {
        let (file, length, facts) = try await OffPool.run {
            guard let facts = try ObjectDirectory.read(factsPath).flatMap({ StoredFacts($0) }) else {
                throw ObjectReader.notFound
            }
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw ObjectReader.notFound }
            var status = stat()
            guard fstat(file, &status) == 0 else {
                close(file)
                throw ObjectDirectory.failure
            }
            return (file, Int64(status.st_size), facts)
        }
        self.file = file
        contentLength = length
        var headers = [
            "content-type": facts.contentType, "etag": "\"\(Hexadecimal.text(of: facts.md5))\"",
            "accept-ranges": "bytes",
            // What a client sent is never run as a page of this server.
            "x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'",
        ]
        headers["content-encoding"] = facts.contentEncoding
        if let fileName { headers["content-disposition"] = ObjectReader.disposition(fileName) }
        self.headers = headers
    }

    deinit { close(file) }

    private static let notFound = ObjectRefusal(.notFound, "There is no such object.")

    /// Up to so many bytes from an offset on; fewer at the end.
    public func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        let file = file
        defer { withExtendedLifetime(self) {} }
        return try await OffPool.run { try ObjectDirectory.read(file, at: offset, count: count) }
    }

    /// The bytes that a `Range` header asks for (RFC 9110, section 14): all of them without one, and for one that is of
    /// another unit, of several ranges or can't be read.
    ///
    /// - Throws: ``ObjectRefusal/Code/noSuchRange`` where the object has none of them.
    public func range(_ header: String?) throws(ObjectRefusal) -> Range<Int64> {
        let whole = 0..<contentLength
        guard let header, header.hasPrefix("bytes=") else { return whole }
        let pieces = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard pieces.count == 2 else { return whole }
        func number(_ text: Substring) -> Int64? {
            text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
        }
        let missing = ObjectRefusal(.noSuchRange, "The object has no such range.")
        switch (pieces[0].isEmpty, pieces[1].isEmpty) {
        case (true, true): return whole
        case (true, false):
            guard let count = number(pieces[1]) else { return whole }
            guard count > 0, contentLength > 0 else { throw missing }
            return max(0, contentLength - count)..<contentLength
        case (false, let isOpen):
            guard let first = number(pieces[0]), let last = isOpen ? Int64.max - 1 : number(pieces[1]), first <= last
            else { return whole }
            guard first < contentLength else { throw missing }
            return first..<min(last, contentLength - 1) + 1
        }
    }

    /// The name in both writings of RFC 6266.
    static func disposition(_ name: String) -> String {
        let plain = String(
            name.unicodeScalars.map { scalar in
                scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\"" && scalar != "\\"
                    ? Character(scalar) : "_"
            }
        )
        let encoded = name.utf8.map { byte -> String in
            let small = byte | 0x20
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(small)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~".utf8.contains(byte)
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
    }
}
