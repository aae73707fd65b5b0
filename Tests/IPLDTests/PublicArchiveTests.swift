import IPLD
import TestSupport
import Testing

@Suite("Published archives", .enabled(if: PublicSuites.hasCheckouts, "WHEREHOUSE_SUITES names no folder"))
struct PublicArchiveTests {
    @Test(
        "Good archives are read, verified and written the same",
        arguments: [
            ("ipld/specs/transport/car/fixture/carv1-basic/carv1-basic.car", 8),
            ("ipld/specs/transport/car/fixture/carv2-basic/carv2-basic.car", 5),
            ("go-car/v2/testdata/sample-v1.car", 1_049), ("go-car/v2/testdata/sample-wrapped-v2.car", 1_049),
            ("go-car/v2/testdata/sample-v1-noidentity.car", 1_043),
            ("go-car/v2/testdata/sample-v2-indexless.car", 1_049),
            ("go-car/v2/testdata/sample-unixfs-v2.car", 3), ("go-car/v2/testdata/sample-rw-bs-v2.car", 3),
            ("go-car/cmd/car/testdata/inputs/simple-unixfs.car", 22),
        ]
    )
    func good(path: String, blocks: Int) throws {
        let bytes = try PublicSuites.checkouts.bytes(path)
        let archive = try CAR(decoding: bytes, verification: .known)
        #expect(archive.blocks.count == blocks)
        var reader = CARReader(verification: .known)
        reader.append(bytes)
        var sections: [CARSection] = []
        while let section = try reader.next() { sections.append(section) }
        try reader.finish()
        guard let layout = reader.layout else {
            #expect(archive.encoded() == bytes)
            return
        }
        let data = bytes[Int(layout.dataOffset)..<Int(layout.dataOffset + layout.dataSize)]
        #expect(archive.encoded() == Array(data))
        // The basic fixture is of a draft in which the index did not name its format.
        guard let indexOffset = layout.indexOffset, !path.contains("carv2-basic") else { return }
        let index = try CARIndex(decoding: Array(bytes[Int(indexOffset)...]))
        for section in sections where section.block.cid.hash.code != .identity {
            #expect(index.offsets(of: section.block.cid.hash).contains(section.offset))
        }
        #expect(index.encoded == Array(bytes[Int(indexOffset)...]))
    }

    @Test(
        "Damaged archives are refused",
        arguments: [
            "go-car/cmd/car/testdata/inputs/badheaderlength.car", "go-car/cmd/car/testdata/inputs/badsectionlength.car",
            "go-car/v2/testdata/sample-corrupt-pragma.car", "go-car/v2/testdata/sample-rootless-v42.car",
            "go-car/v2/testdata/sample-v1-tailing-corrupt-section.car",
            "go-car/v2/testdata/sample-v1-with-zero-len-section.car",
            "go-car/v2/testdata/sample-v1-with-zero-len-section2.car",
            "go-car/v2/testdata/sample-v2-corrupt-data-and-index.car",
        ]
    )
    func damaged(path: String) throws {
        let bytes = try PublicSuites.checkouts.bytes(path)
        #expect(throws: IPLDError.self) { try CAR(decoding: bytes, verification: .known) }
    }

    @Test(
        "Indexes of others are read, and written the same",
        arguments: [
            "go-car/v2/testdata/sample-index.carindex", "go-car/v2/testdata/sample-multihash-index-sorted.carindex",
        ]
    )
    func indexes(path: String) throws {
        let bytes = try PublicSuites.checkouts.bytes(path)
        let index = try CARIndex(decoding: bytes)
        #expect(index.count > 1_000)
        #expect(index.encoded == bytes)
    }
}
