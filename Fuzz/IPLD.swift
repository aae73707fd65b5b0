import IPLD

/// The first byte of an input chooses the parser that reads the rest. What is read strictly must be written the same,
/// what is read leniently must be written in a form that is read the same, and archives are read alike in pieces.
/// The fuzzer calls this, and reports each trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    let text = String(decoding: bytes, as: UTF8.self)
    do throws(IPLDError) {
        switch kind % 10 {
        case 0: try checkCBOR(bytes)
        case 1: try checkJSON(bytes)
        case 2: check(try DAGPB.encode(DAGPB.decode(bytes)) == bytes, "dag-pb is written otherwise")
        case 3: check(try CID(decoding: bytes).bytes == bytes, "an identifier has other bytes")
        case 4:
            let cid = try CID(text)
            check(try CID(cid.description) == cid, "an identifier has another text")
        case 5: check(try Multihash(decoding: bytes).bytes == bytes, "a hash has other bytes")
        case 6:
            let (base, decoded) = try Multibase.decode(text)
            check(try Multibase.decode(base.encode(decoded)).bytes == decoded, "a base has another text")
        case 7: check(try CARIndex(decoding: bytes).encoded == bytes, "an index is written otherwise")
        case 8: checkArchive(bytes)
        default: try checkTypes(bytes)
        }
    } catch {
        return 0
    }
    return 0
}

/// The condition is evaluated before the call, so that it may throw.
private func check(_ condition: Bool, _ message: String) { precondition(condition, message) }

private func checkCBOR(_ bytes: [UInt8]) throws(IPLDError) {
    let node = try DAGCBOR.decode(bytes, .lenient)
    if let strict = try? DAGCBOR.decode(bytes) {
        check(try DAGCBOR.encode(strict) == bytes, "DAG-CBOR is written otherwise")
    }
    let written = try DAGCBOR.encode(node)
    check(try DAGCBOR.decode(written) == node, "DAG-CBOR is read otherwise")
}

private func checkJSON(_ bytes: [UInt8]) throws(IPLDError) {
    let node = try DAGJSON.decode(bytes, .lenient)
    let written = try DAGJSON.encode(node)
    check(try DAGJSON.decode(written) == node, "DAG-JSON is read otherwise")
}

/// A type with a property of every kind. What it takes from a block it puts into one that it takes again alike.
private struct Sample: Codable, Equatable {
    enum Word: String, Codable { case one, two }

    var list: [Sample]?
    var map: [String: Int8]?
    var word: Word?
    var text: String?
    var bytes: [UInt8]?
    var link: CID?
    var flag: Bool?
    var small: UInt8?
    var large: UInt64?
    var wide: Int?
    var real: Double?
    var short: Float?
    var optionals: [Int?]?
}

private func checkTypes(_ bytes: [UInt8]) throws(IPLDError) {
    let node = try DAGCBOR.decode(bytes, .lenient)
    do {
        let sample = try node.decode(as: Sample.self)
        let again = try Node(encoding: sample).decode(as: Sample.self)
        check(again == sample, "a type is taken from a block otherwise")
    } catch let error as DecodingError {
        _ = error.place
    } catch {
        preconditionFailure("a type is refused for another reason")
    }
    let numbers = try? node.decode(as: [String: [Double]].self)
    if let numbers { check((try? Node(encoding: numbers)) != nil, "numbers are not written") }
}

extension DecodingError {
    /// Where it happened, so that finding that out is tried too.
    fileprivate var place: [String] {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context.codingPath.map(\.stringValue)
        @unknown default: []
        }
    }
}

private func checkArchive(_ bytes: [UInt8]) {
    let limits = CAR.Limits(headerBytesMax: 1_024, sectionBytesMax: 4_096)
    let whole = try? CAR(decoding: bytes, verification: .known, limits: limits)
    var reader = CARReader(verification: .known, limits: limits, keepsIndex: true)
    var blocks: [Block] = []
    var places: [(cid: CID, offset: UInt64)] = []
    let isRead: Bool
    do throws(IPLDError) {
        for start in stride(from: 0, to: bytes.count, by: 7) {
            reader.append(Array(bytes[start..<min(start + 7, bytes.count)]))
            while let section = try reader.next() {
                blocks.append(section.block)
                places.append((section.block.cid, section.offset))
            }
        }
        try reader.finish()
        isRead = true
        if let index = try? reader.index() { try? index.verify(places) }
    } catch {
        isRead = false
    }
    check(isRead == (whole != nil), "an archive is refused whole or in pieces alone")
    if let whole { check(whole.blocks == blocks, "an archive is read otherwise in pieces") }
}
