import Foundation
@_spi(Measuring) import Records
import SwiftProtobuf

/// Rows of records made and read, beside the messages in them alone.
func measureRecordEnvelopes(_ bench: Workbench, _ results: inout Results) async throws {
    let type = try UploadRecords.type([])
    let count = 20_000
    for (size, message) in [("small", UploadRecords.small), ("large", Upload.sample.message)] {
        let body: [UInt8] = try message.serializedBytes()
        let row = try type.row(of: message)
        let series = try await interleave(
            [
                Body(name: "\(size) message, encode", operations: count) { _ in
                    try (0..<count).reduce(0) { sum, _ in
                        let bytes: [UInt8] = try message.serializedBytes()
                        return sum + min(1, bytes.count)
                    }
                },
                Body(name: "\(size) row, encode", operations: count) { _ in
                    try (0..<count).reduce(0) { sum, _ in sum + min(1, try type.row(of: message).count) }
                },
                Body(name: "\(size) message, decode", operations: count) { _ in
                    try (0..<count).reduce(0) { sum, _ in
                        sum + min(1, Int(try UploadMessage(serializedBytes: body).size))
                    }
                },
                Body(name: "\(size) row, decode", operations: count) { _ in
                    try (0..<count).reduce(0) { sum, _ in sum + min(1, Int(try type.message(ofRow: row).size)) }
                },
            ],
            repeats: bench.repeats
        )
        let bound = "of \(body.count) bytes; bound the message alone"
        results.figures += [
            Figure("row of a record made \(bound)", series[1], against: series[0], .ratioAtMost(1.3)),
            Figure("row of a record read \(bound)", series[3], against: series[2], .ratioAtMost(1.3)),
        ]
    }
}
