import IPLD
import TestSupport
import Testing

@Suite("Indexes of archives")
struct CARIndexTests {
    @Test("An index of one block has these bytes")
    func one() throws {
        let block = Block(.raw, Array("hello datawherehouse".utf8))
        let index = CARIndex(.multihashSorted, of: [(cid: block.cid, offset: 59 as UInt64)])
        let encoded = bytes(
            hex: """
                8108 01000000 1200000000000000 01000000 28000000 2800000000000000
                9f62f612d131f350e5ec7ffb5fdb3b5ff932a60155707d4097a247ef1567dc99 3b00000000000000
                """
        )
        #expect(index.encoded == encoded)
        #expect(try CARIndex(decoding: encoded) == index)
        #expect(index.offsets(of: block.cid.hash) == [59])
        #expect(
            CID(.carMultihashIndexSorted, .sha256(of: encoded)).description
                == "bagaqqeratzbgyc3lx4h5m6dpme3cqavmugv6urn6jexusbu7fllyb6apksuq"
        )
    }

    @Test("Every block of an archive of version 2 is found by its hash", arguments: CARIndex.Format.allCases)
    func lookUp(format: CARIndex.Format) throws {
        var generator = SeededGenerator(seed: 7)
        var blocks = (0..<300).map { _ in Block(.raw, generator.bytes(Int.random(in: 0...40, using: &generator))) }
        blocks.append(blocks[0])
        blocks.append(Block(CID(.raw, .sha512(of: [1])), unverified: [1]))
        blocks.append(Block(CID(.raw, try Multihash(.identity, digest: [1])), unverified: [1]))
        var data: [UInt8] = []
        var writer = CARWriter(roots: [], to: &data)
        let sections = blocks.map { writer.append($0, to: &data) }
        let index = CARIndex(format, of: sections.map { (cid: $0.block.cid, offset: $0.offset) })
        #expect(index.count == 302)
        let layout = CARLayout(dataSize: UInt64(data.count), isIndexed: true)
        let archive = layout.encoded + data + index.encoded

        for size in [archive.count, 100, 1] {
            var reader = CARReader()
            var read: [CARSection] = []
            for start in stride(from: 0, to: archive.count, by: size) {
                reader.append(Array(archive[start..<min(start + size, archive.count)]))
                while let section = try reader.next() { read.append(section) }
            }
            try reader.finish()
            #expect(read == sections)
            #expect(reader.layout == layout)
        }
        let decoded = try CARIndex(decoding: Array(archive[Int(try #require(layout.indexOffset))...]))
        #expect(decoded == index)
        for section in sections where section.block.cid.hash.code != .identity {
            #expect(decoded.offsets(of: section.block.cid.hash).contains(section.offset))
        }
        #expect(decoded.offsets(of: blocks[0].cid.hash).count >= 2)
        #expect(decoded.offsets(of: .sha256(of: Array("not there".utf8))) == [])
        var entries = 0
        index.forEachEntry { _, _, _ in entries += 1 }
        #expect(entries == index.count)
    }

    @Test("The index of an archive is kept only if asked for, and held to its blocks", arguments: [1, 100, 10_000])
    func verification(size: Int) throws {
        let blocks = (0..<20).map { Block(.raw, [UInt8($0)]) }
        let identity = Block(CID(.raw, try Multihash(.identity, digest: [1])), unverified: [1])
        var data: [UInt8] = []
        var writer = CARWriter(roots: [], to: &data)
        let places = (blocks + [identity, blocks[0]]).map { block in
            (cid: block.cid, offset: writer.append(block, to: &data).offset)
        }
        for format in CARIndex.Format.allCases {
            let index = CARIndex(format, of: places)
            var layout = CARLayout(dataSize: UInt64(data.count), isIndexed: true)
            layout.indexOffset = layout.indexOffset.map { $0 + 5 }
            let archive = layout.encoded + data + [UInt8](repeating: 0, count: 5) + index.encoded
            func read(keepsIndex: Bool, limits: CAR.Limits = CAR.Limits()) throws -> CARIndex? {
                var reader = CARReader(limits: limits, keepsIndex: keepsIndex)
                for start in stride(from: 0, to: archive.count, by: size) {
                    reader.append(Array(archive[start..<min(start + size, archive.count)]))
                    while try reader.next() != nil {}
                }
                try reader.finish()
                return try reader.index()
            }
            #expect(try read(keepsIndex: true) == index)
            #expect(try read(keepsIndex: false) == nil)
            let error = #expect(throws: IPLDError.self) {
                try read(keepsIndex: true, limits: CAR.Limits(indexBytesMax: index.encoded.count - 1))
            }
            #expect(error?.code == .limitExceeded)
            try index.verify(places)
            // Of a block that is there twice one place is enough.
            try CARIndex(format, of: places.dropLast()).verify(places)
            #expect(throws: IPLDError.self) { try CARIndex(format, of: places.dropFirst()).verify(places.dropLast()) }
            #expect(throws: IPLDError.self) { try index.verify(places.dropFirst(2)) }
            #expect(throws: IPLDError.self) { try index.verify(places.map { (cid: $0.cid, offset: $0.offset + 1) }) }
        }
        // The same digest under another function's name.
        let renamed = [
            (cid: CID(.raw, try Multihash(.blake2b256, digest: blocks[0].cid.hash.digest)), offset: 7 as UInt64)
        ]
        let named = CARIndex(.multihashSorted, of: [(cid: blocks[0].cid, offset: 7 as UInt64)])
        #expect(throws: IPLDError.self) { try named.verify(renamed) }
    }

    @Test("No flipped bit in a layout or an index goes unnoticed", arguments: CARIndex.Format.allCases)
    func damage(format: CARIndex.Format) throws {
        var data: [UInt8] = []
        var writer = CARWriter(roots: [], to: &data)
        let blocks = [Block(.raw, [1]), Block(.raw, [2, 3]), Block(CID(.raw, .sha512(of: [4])), unverified: [4])]
        let places = blocks.map { (cid: $0.cid, offset: writer.append($0, to: &data).offset) }
        let layout = CARLayout(dataSize: UInt64(data.count), isIndexed: true)
        let archive = layout.encoded + data + CARIndex(format, of: places).encoded

        func check(_ archive: [UInt8]) throws {
            var reader = CARReader(keepsIndex: true)
            reader.append(archive)
            var found: [(cid: CID, offset: UInt64)] = []
            while let section = try reader.next() { found.append((section.block.cid, section.offset)) }
            try reader.finish()
            try #require(try reader.index()).verify(found)
        }
        try check(archive)
        for count in archive.indices { #expect(throws: (any Error).self) { try check(Array(archive[..<count])) } }
        // What the characteristics promise is not asked of an archive.
        let unchecked = CARLayoutPlaces.characteristics
        for index in archive.indices where !unchecked.contains(index) {
            let isData = (CARLayoutPlaces.end..<CARLayoutPlaces.end + data.count).contains(index)
            for bit in 0..<8 where !isData {
                var damaged = archive
                damaged[index] ^= 1 << UInt8(bit)
                #expect(throws: (any Error).self, "byte \(index), bit \(bit)") { try check(damaged) }
            }
        }
    }

    /// Where an archive of version 2 has its characteristics, and where its layout ends.
    private enum CARLayoutPlaces {
        static let characteristics = 11..<27
        static let end = 51
    }

    @Test("An index that is cut off, out of order or claims too much is refused")
    func refusals() throws {
        let index = CARIndex(.sorted, of: (0..<3).map { (cid: CID(.raw, .sha256(of: [$0])), offset: UInt64($0)) })
        let encoded = index.encoded
        for count in encoded.indices {
            #expect(throws: IPLDError.self) { try CARIndex(decoding: Array(encoded[..<count])) }
        }
        #expect(throws: IPLDError.self) { try CARIndex(decoding: encoded + [0]) }
        var unordered = encoded
        unordered.swapAt(18, 58)
        #expect(throws: IPLDError.self) { try CARIndex(decoding: unordered) }
        for hex in ["8308", "8008ffffffff", "80080100000000000000", "80080100000028000000ffffffffffffffff"] {
            #expect(throws: IPLDError.self) { try CARIndex(decoding: bytes(hex: hex)) }
        }
        #expect(try CARIndex(decoding: bytes(hex: "800800000000")).count == 0)
        #expect(CARIndex(.sorted, of: EmptyCollection()).encoded == bytes(hex: "800800000000"))
    }

    @Test("An archive of version 2 whose parts overlap or end early is refused")
    func layout() throws {
        let data = bytes(hex: CARTests.hello)
        for (dataOffset, dataSize, indexOffset) in [(50, 101, 0), (51, 0, 0), (51, 100, 0), (51, 101, 60)] {
            var layout = CARLayout(dataSize: UInt64(dataSize), isIndexed: false)
            layout.dataOffset = UInt64(dataOffset)
            layout.indexOffset = indexOffset == 0 ? nil : UInt64(indexOffset)
            #expect(throws: IPLDError.self) { try CAR(decoding: layout.encoded + data) }
        }
        var layout = CARLayout(dataSize: 101, isIndexed: false)
        layout.dataOffset += 7
        #expect(try CAR(decoding: layout.encoded + [UInt8](repeating: 0, count: 7) + data).blocks.count == 1)
        #expect(throws: IPLDError.self) { try CAR(decoding: layout.encoded + data.dropLast()) }
    }
}
