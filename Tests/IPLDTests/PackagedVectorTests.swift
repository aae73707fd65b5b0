import Foundation
import IPLD
import TestSupport
import Testing

/// Published vectors that packages carry; Scripts/vectors tells which, whose they are and under which licence.
@Suite("Packaged vectors")
struct PackagedVectorTests {
    @Test("Each block has its name, and the same value in every format")
    func codecFixtures() throws {
        var byFolder: [String: [(path: String, node: Node)]] = [:]
        var count = 0
        for path in PublicSuites.packaged.paths(below: "libipld/fixtures") {
            guard let format = BlockFormat.of(path) else { continue }
            count += 1
            let url = URL(filePath: path)
            let bytes = try PublicSuites.packaged.bytes(path)
            let node = try format.decode(bytes, .strict)
            #expect(try format.encode(node) == bytes, "\(path)")
            #expect(CID(format.codec, .sha256(of: bytes)).description == url.deletingPathExtension().lastPathComponent)
            byFolder[url.deletingLastPathComponent().lastPathComponent, default: []].append((path, node))
        }
        #expect(count == 273)
        for entries in byFolder.values {
            for entry in entries.dropFirst() { #expect(entry.node == entries[0].node, "\(entry.path)") }
        }
    }

    @Test(
        "Blocks that lie too deep are refused",
        arguments: ["semi_torture_nested_lists", "torture_nested_lists", "torture_nested_maps"]
    )
    func tooDeep(name: String) throws {
        let bytes = try PublicSuites.packaged.bytes("libipld/\(name).dagcbor")
        #expect(throws: IPLDError.self) { try DAGCBOR.decode(bytes) }
    }

    @Test("A block of a hundred thousand links is refused, unless so many are let in, and then written the same")
    func manyLinks() throws {
        let bytes = try PublicSuites.packaged.bytes("libipld/torture_cids.dagcbor")
        let error = #expect(throws: IPLDError.self) { try DAGCBOR.decode(bytes) }
        #expect(error?.code == .limitExceeded)
        let node = try DAGCBOR.decode(bytes, limits: DecodingLimits(linksMax: 1 << 17))
        #expect(try DAGCBOR.encode(node) == bytes)
    }

    @Test("Each hash belongs to its bytes")
    func hashes() throws {
        var computed = 0
        for line in try PublicSuites.packaged.lines("multiformats/multihash-test-str-vectors.csv").dropFirst() {
            let hash = try Multihash(decoding: bytes(hex: line[3]))
            #expect(hash.bytes == bytes(hex: line[3]))
            guard hash.isComputable else { continue }
            computed += 1
            #expect(try hash.matches(Array(line[2].utf8)))
        }
        #expect(computed > 5)
    }

    @Test("An archive of a server of the AT Protocol is read, verified and written the same")
    func archive() throws {
        let bytes = try PublicSuites.packaged.bytes("arroba/snarfed2.car")
        let archive = try CAR(decoding: bytes, verification: .all)
        #expect(archive.encoded() == bytes)
        for block in archive.blocks {
            #expect(try DAGCBOR.encode(try DAGCBOR.decode(block.bytes)) == block.bytes)
        }
    }
}
