import Crypto
import Foundation
import IPLD

/// An archive that is verified as it arrives, beside what nothing that verifies can do without: the hash of every block.
func measureArchives(_ bench: Workbench, _ results: inout Results) async throws {
    for (name, blockBytes, target) in [
        ("1 MiB", 1 << 20, Target.shareAtLeast(0.8)), ("4 KiB", 4 << 10, .none),
    ] {
        try await measureArchive(of: (128 << 20) / blockBytes, blockBytes, name, target, bench, &results)
    }
    var readings: [Reading] = []
    for _ in 0..<3 {
        let outcome = try Child.run("archive", "\(1 << 30)")
        readings.append(Reading(wall: Double(outcome.peakBytes), cpu: 0))
    }
    results.figures.append(
        Figure(
            "archive of 1 GiB written, read and verified, memory of its process",
            Series(name: "archive of 1 GiB", readings: readings),
            .megabytesAtMost(32)
        )
    )
}

private func measureArchive(
    of count: Int,
    _ blockBytes: Int,
    _ name: String,
    _ target: Target,
    _ bench: Workbench,
    _ results: inout Results
) async throws {
    var generator = SplitMix(state: 7)
    let blocks = (0..<count).map { _ in Block(.raw, generator.bytes(blockBytes)) }
    let archive = CAR(roots: [blocks[0].cid], blocks: blocks).encoded()
    // As a file or a connection would give it.
    let pieces = stride(from: 0, to: archive.count, by: 1 << 20)
        .map { Array(archive[$0..<min($0 + (1 << 20), archive.count)]) }
    let digests = blocks.map(\.cid.hash.digest)

    func reading(_ verification: CAR.Verification) -> (Int) throws -> Int {
        { _ in
            var seen = 0
            var reader = CARReader(verification: verification)
            for piece in pieces {
                reader.append(piece)
                while try reader.next() != nil { seen += 1 }
            }
            try reader.finish()
            return seen
        }
    }
    let read = reading(.none)
    let verify = reading(.all)
    let series = try await interleave(
        [
            Body(name: "bare SHA-256", operations: count) { _ in
                zip(blocks, digests).reduce(0) { sum, pair in
                    sum + (SHA256.hash(data: pair.0.bytes).elementsEqual(pair.1) ? 1 : 0)
                }
            },
            Body(name: "copy of the blocks", operations: count) { _ in
                blocks.reduce(0) { sum, block in
                    let copy = [UInt8](unsafeUninitializedCapacity: blockBytes) { target, count in
                        count = target.update(fromContentsOf: block.bytes)
                    }
                    return sum + (copy.last == block.bytes.last ? 1 : 0)
                }
            },
            Body(name: "archive, unverified", operations: count) { round in try read(round) },
            Body(name: "archive, verified", operations: count) { round in try verify(round) },
        ],
        repeats: bench.repeats
    )
    results.figures += [
        Figure("archive verified, a block of \(name); bound bare SHA-256", series[3], against: series[0], target),
        Figure("archive read unverified, a block of \(name); bound a copy", series[2], against: series[1], .none),
    ]
}

/// Writes an archive of about so many bytes piece by piece, reads each piece as it is written, and gives the number of
/// blocks that were read.
func streamArchive(ofBytes byteCount: Int) throws -> Int {
    var generator = SplitMix(state: 9)
    var piece: [UInt8] = []
    var writer = CARWriter(roots: [], to: &piece)
    var reader = CARReader()
    var seen = 0
    while writer.offset < byteCount {
        writer.append(Block(.raw, generator.bytes(1 << 20)), to: &piece)
        reader.append(piece)
        piece.removeAll(keepingCapacity: true)
        while try reader.next() != nil { seen += 1 }
    }
    try reader.finish()
    return seen
}

extension SplitMix {
    fileprivate mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            for offset in stride(from: 0, to: count, by: 8) {
                withUnsafeBytes(of: next()) { word in
                    let end = min(offset + 8, count)
                    raw[offset..<end].copyBytes(from: word.prefix(end - offset))
                }
            }
            initialized = count
        }
    }
}
