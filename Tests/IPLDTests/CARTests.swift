import IPLD
import TestSupport
import Testing

@Suite("Archives")
struct CARTests {
    static let hello =
        "3aa265726f6f747381d82a582500015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b98246776657273"
        + "696f6e0129015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982468656c6c6f"

    @Test("An archive of one block has these bytes")
    func one() throws {
        let block = Block(.raw, Array("hello".utf8))
        let archive = CAR(roots: [block.cid], blocks: [block])
        let encoded = archive.encoded()
        #expect(encoded == bytes(hex: CARTests.hello))
        #expect(try CAR(decoding: encoded) == archive)
        #expect(CAR.cid(of: encoded).description == "bagbaierafeocf364jkcxijm7s26bdmsivbj37c36nswhgi3uc2avatbv6t7a")
        #expect(archive[block.cid] == block)
    }

    @Test("A section tells where it and its content lie")
    func offsets() throws {
        var written: [UInt8] = []
        let block = Block(.raw, Array("hello datawherehouse".utf8))
        var writer = CARWriter(roots: [block.cid], to: &written)
        let section = writer.append(block, to: &written)
        #expect(section.offset == 59)
        #expect(section.contentOffset == 96)
        #expect(writer.offset == 116)
        #expect(CAR.cid(of: written).description == "bagbaiera5tou2wrnlpxq64hzg4om6mf5mhh3rv2gdrfv5fe7dptdgmereopq")
        var reader = CARReader()
        reader.append(written)
        #expect(try reader.next() == section)
        #expect(try reader.next() == nil)
        try reader.finish()
    }

    @Test("An archive without roots and blocks is one")
    func empty() throws {
        let encoded = bytes(hex: "11a265726f6f7473806776657273696f6e01")
        #expect(CAR(roots: [], blocks: []).encoded() == encoded)
        #expect(try CAR(decoding: encoded) == CAR(roots: [], blocks: []))
    }

    @Test("Archives of another implementation are read, and written the same", arguments: ForeignArchive.all)
    func foreign(archive: ForeignArchive) throws {
        let encoded = try Multibase.base64url.decodeBody(archive.text)
        #expect(encoded.count == archive.byteCount)
        #expect(Multihash.sha256(of: encoded).digest == bytes(hex: archive.sha256))
        let car = try CAR(decoding: encoded)
        #expect(car.roots == [try CID(archive.root)])
        #expect(car.blocks.count == archive.blockCount)
        #expect(car.encoded() == encoded)
        for block in car.blocks {
            let node = try DAGCBOR.decode(block.bytes)
            #expect(try Block(node) == block)
        }
    }

    @Test("An archive is read alike in pieces of any size", arguments: [1, 2, 3, 7, 64, 1_000])
    func pieces(size: Int) throws {
        let archive = ForeignArchive.response
        let encoded = try Multibase.base64url.decodeBody(archive.text)
        var reader = CARReader()
        var blocks: [Block] = []
        for start in stride(from: 0, to: encoded.count, by: size) {
            reader.append(Array(encoded[start..<min(start + size, encoded.count)]))
            while let section = try reader.next() { blocks.append(section.block) }
        }
        try reader.finish()
        #expect(blocks == (try CAR(decoding: encoded).blocks))
        #expect(reader.roots == [try CID(archive.root)])
    }

    @Test("An archive that is cut off anywhere but behind a block is refused")
    func truncation() throws {
        let encoded = bytes(hex: CARTests.hello)
        for count in encoded.indices where count != 59 {
            #expect(throws: IPLDError.self) { try CAR(decoding: Array(encoded[..<count])) }
        }
        #expect(try CAR(decoding: Array(encoded[..<59])).blocks == [])
    }

    @Test("No flipped bit in a block or its identifier goes unnoticed")
    func damage() throws {
        let encoded = bytes(hex: CARTests.hello)
        for index in 59..<encoded.count {
            for bit in 0..<8 {
                var damaged = encoded
                damaged[index] ^= 1 << UInt8(bit)
                // The codec is no part of what the hash protects.
                if index == 61 {
                    let read = try? CAR(decoding: damaged)
                    #expect(read?.blocks.first?.cid.description != CIDTests.hello)
                } else {
                    #expect(throws: IPLDError.self, "byte \(index), bit \(bit)") { try CAR(decoding: damaged) }
                }
            }
        }
    }

    @Test("A block is verified unless the reader is told otherwise")
    func verification() throws {
        var encoded = bytes(hex: CARTests.hello)
        encoded[encoded.count - 1] ^= 1
        #expect(try CAR(decoding: encoded, verification: .none).blocks.count == 1)
        let mismatch = #expect(throws: IPLDError.self) { try CAR(decoding: encoded) }
        #expect(mismatch?.code == .hashMismatch)
        // SHA-3.
        let unknown = try #require(Multicodec(rawValue: 0x16))
        let cid = CID(.raw, try Multihash(unknown, digest: Array(repeating: 1, count: 32)))
        let other = CAR(roots: [], blocks: [Block(cid, unverified: [1, 2, 3])]).encoded()
        #expect(try CAR(decoding: other, verification: .known).blocks.count == 1)
        let unsupported = #expect(throws: IPLDError.self) { try CAR(decoding: other) }
        #expect(unsupported?.code == .unsupported)
    }

    @Test(
        "What is no archive is refused",
        arguments: [
            "", "00", "01a0", "0aa16776657273696f6e01", "0aa16776657273696f6e03",
            "11a265726f6f7473f66776657273696f6e01",
            "12a265726f6f747381016776657273696f6e01", "11a265726f6f7473806776657273696f6e0100", "ffffffffffffffffff01",
            "11a265726f6f7473806776657273696f6e0105010203", "11a265726f6f7473806776657273696f6e01ffffffff0f",
            "0aa16776657273696f6e02",
        ]
    )
    func refusals(hex: String) {
        #expect(throws: IPLDError.self) { try CAR(decoding: bytes(hex: hex)) }
    }

    @Test("A reader that has failed goes on failing")
    func failure() {
        var reader = CARReader()
        reader.append([0])
        #expect(throws: IPLDError.self) { try reader.next() }
        reader.append(bytes(hex: CARTests.hello))
        #expect(throws: IPLDError.self) { try reader.next() }
        #expect(throws: IPLDError.self) { try reader.finish() }
    }

    @Test("An archive with more or larger blocks than its limits is refused")
    func limits() throws {
        let encoded = CAR(roots: [], blocks: (0..<10).map { Block(.raw, [UInt8($0)]) }).encoded()
        #expect(try CAR(decoding: encoded, limits: CAR.Limits(blocksMax: 10)).blocks.count == 10)
        for limits in [CAR.Limits(blocksMax: 9), CAR.Limits(sectionBytesMax: 36), CAR.Limits(headerBytesMax: 16)] {
            let error = #expect(throws: IPLDError.self) { try CAR(decoding: encoded, limits: limits) }
            #expect(error?.code == .limitExceeded)
        }
    }
}
