import Foundation
import IPLD
import SwiftProtobuf

/// What a service keeps of an upload: the metadata by whose shape formats are compared.
struct Upload: Codable {
    struct Part: Codable {
        var cid: CID
        var offset: UInt64
        var length: UInt64
    }

    var name: String
    var contentType: String
    var owner: String
    var size: UInt64
    var created: Int64
    var root: CID
    var isPublic: Bool
    var tags: [String]
    var parts: [Part]
    var labels: [String: String]

    static let sample = Upload(
        name: "harbour/2026/november/pier-at-dawn-0412.jpg",
        contentType: "image/jpeg",
        owner: "did:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALi",
        size: 48_234_496,
        created: 1_793_283_600,
        root: CID(.dagCBOR, .sha256(of: [4])),
        isPublic: true,
        tags: ["harbour", "dawn", "long exposure photograph"],
        parts: (0..<4).map { index in
            Part(cid: CID(.raw, .sha256(of: [index])), offset: UInt64(index) * 12_058_624, length: 12_058_624)
        },
        labels: ["camera": "X100V", "project": "coastline survey 2026"]
    )

    /// The same fields in Protocol Buffers.
    var message: UploadMessage {
        UploadMessage.with {
            $0.name = name
            $0.contentType = contentType
            $0.owner = owner
            $0.size = size
            $0.created = created
            $0.root = Data(root.bytes)
            $0.isPublic = isPublic
            $0.tags = tags
            $0.parts = parts.map { part in
                UploadMessage.Part.with {
                    $0.cid = Data(part.cid.bytes)
                    $0.offset = part.offset
                    $0.length = part.length
                }
            }
            $0.labels = labels
        }
    }
}
