import Foundation
import IPLD
import UCAN

/// What inputs of ten million bytes cost that are made to be expensive: each is read in a process of its own.
func measureHostileInputs(_ bench: Workbench, _ results: inout Results) async throws {
    for input in HostileInput.allCases {
        var memory: [Reading] = []
        var times: [Reading] = []
        for _ in 0..<3 {
            let outcome = try Child.run("hostile", input.rawValue)
            memory.append(Reading(wall: Double(outcome.peakBytes), cpu: 0))
            times.append(Reading(wall: Double(outcome.records), cpu: Double(outcome.records)))
        }
        let name = "hostile input, \(input.rawValue)"
        results.figures += [
            Figure("\(name), memory beside the input", Series(name: name, readings: memory), .megabytesAtMost(50)),
            Figure(name, Series(name: name, readings: times), .timeAtMost(1e9)),
        ]
    }
}

/// Ten million bytes that claim much, lie deep or hold as many parts as fit.
enum HostileInput: String, CaseIterable {
    case deepLists = "lists in lists"
    case manyNulls = "a list of nulls"
    case manyLists = "lists of one value"
    case manyClaims = "lists that claim to be long"
    case manyKeys = "a map of many keys"
    case deepJSON = "JSON lists in lists"
    case manyJSON = "a JSON list of strings"
    case manyLinks = "DAG-PB of many links"
    case longName = "a long identifier"
    case manyBlocks = "an archive of tiny blocks"
    case manyGroups = "an index of empty groups"
    case longToken = "a long token"
    case longEnvelope = "a long envelope"
    case manyTokens = "an archive of many tokens"
    case manyInvocations = "a message of many invocations"

    private static let byteCount = 10_000_000

    private func bytes() throws -> [UInt8] {
        let count = HostileInput.byteCount
        func repeated(_ pattern: [UInt8], after head: [UInt8] = []) -> [UInt8] {
            var bytes = head
            bytes.reserveCapacity(count)
            while bytes.count + pattern.count <= count { bytes += pattern }
            return bytes
        }
        switch self {
        case .deepLists: return repeated([0x81])
        case .manyNulls: return repeated([0xF6], after: [0x9A, 0x00, 0x98, 0x96, 0x7B])
        // 262,143 values are just within the limit.
        case .manyLists: return repeated([0x81, 0xF6], after: [0x9A, 0x00, 0x01, 0xFF, 0xFF])
        case .manyClaims: return repeated([0x9A, 0x00, 0x01, 0xFF, 0xFF])
        case .manyKeys:
            var bytes: [UInt8] = [0xBA, 0x00, 0x03, 0xFF, 0xFF]
            for number in 0..<262_143 as Range<UInt32> {
                bytes.append(0x78)
                bytes.append(24)
                bytes += [UInt8](repeating: 0x61, count: 16)
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: 0x61 + number >> (28 - 4 * $0) & 0xF) }
                bytes.append(0xF6)
            }
            return bytes
        case .deepJSON: return repeated(Array("[".utf8))
        case .manyJSON: return repeated(Array(#""a","#.utf8), after: Array("[".utf8))
        // Each link is to the identity of no bytes.
        case .manyLinks: return repeated([0x12, 0x06, 0x0A, 0x04, 0x01, 0x55, 0x00, 0x00])
        case .longName: return repeated(Array("a".utf8), after: Array("b".utf8))
        case .manyBlocks:
            let identity = Block(CID(.raw, try Multihash(.identity, digest: [1])), unverified: [1])
            return CAR(roots: [], blocks: Array(repeating: identity, count: 131_072)).encoded()
        case .manyGroups:
            var bytes: [UInt8] = [0x81, 0x08, 0xFF, 0xFF, 0xFF, 0x7F]
            for code in 1...(UInt64(count) / 12) {
                withUnsafeBytes(of: code.littleEndian) { bytes += $0 }
                bytes += [0, 0, 0, 0]
            }
            return bytes
        case .longToken: return repeated(Array("a".utf8), after: Array("eyJhbGciOiJFZERTQSJ9.".utf8))
        case .longEnvelope: return repeated([0xF6], after: [0x82, 0x40, 0xA2, 0x61, 0x68, 0x40, 0x60, 0x9A, 0, 0x98])
        case .manyTokens: return try HostileTokens.archive()
        case .manyInvocations: return try HostileTokens.message()
        }
    }

    /// Reads it, whatever comes of it, and gives the nanoseconds and the bytes that took, the input aside.
    func cost(_ peakBytes: () throws -> Int) async throws -> (nanoseconds: Int, memory: Int) {
        let bytes = try bytes()
        // From here on the system counts the peak anew.
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .ascii)
        let before = try peakBytes()
        let start = Clock.wall()
        await read(bytes)
        let nanoseconds = Int(Clock.wall() - start)
        return (nanoseconds, try peakBytes() - before)
    }

    private func read(_ bytes: [UInt8]) async {
        do {
            switch self {
            case .deepLists, .manyNulls, .manyLists, .manyClaims, .manyKeys: _ = try DAGCBOR.decode(bytes)
            case .deepJSON, .manyJSON: _ = try DAGJSON.decode(bytes)
            case .manyLinks: _ = try DAGPB.decode(bytes)
            case .longName: _ = try CID(String(decoding: bytes, as: UTF8.self))
            case .manyBlocks: _ = try CAR(decoding: bytes)
            case .manyGroups: _ = try CARIndex(decoding: bytes)
            case .longToken: _ = try Token(String(decoding: bytes, as: UTF8.self))
            case .longEnvelope: _ = try Envelope(decoding: bytes)
            case .manyTokens: try await HostileTokens.authorize(try Delegation(archive: bytes))
            case .manyInvocations:
                let message = try Message(decoding: bytes)
                for link in message.execute { try await HostileTokens.authorize(try message.invocation(link)) }
            }
        } catch {
            // Most are refused; what is measured is what that costs.
        }
    }
}
