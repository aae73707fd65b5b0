import IPLD
import KeyValue

/// An archive that is read from a file, a block at a time.
struct ArchiveInput {
    private static let pieceBytes = 1 << 20
    private let path: String
    private let input: InputFile
    private(set) var reader: CARReader
    private(set) var hash = Multihash.SHA256Stream()
    private(set) var byteCount = 0

    init(_ path: String, verification: CAR.Verification = .all, keepsIndex: Bool = false) throws {
        self.path = path
        input = try InputFile(path)
        reader = CARReader(verification: verification, keepsIndex: keepsIndex)
    }

    /// The next block; nil at the end of the archive, which has been read to its last byte by then.
    mutating func next() async throws -> CARSection? {
        do {
            while true {
                if let section = try reader.next() { return section }
                let piece = try await input.read(ArchiveInput.pieceBytes)
                if piece.isEmpty {
                    try reader.finish()
                    return nil
                }
                hash.append(piece)
                byteCount += piece.count
                reader.append(piece)
            }
        } catch let error as IPLDError {
            throw CommandError(error, path: path)
        }
    }

    /// The archive's index, if it has one and it leads to these places, to be asked for at the end. Nil also for one in
    /// an unknown format, if that is let pass.
    func verifiedIndex(
        of places: [(cid: CID, offset: UInt64)],
        orUnknown letsUnknownPass: Bool
    ) throws -> CARIndex? {
        do throws(IPLDError) {
            let index = try reader.index()
            try index?.verify(places)
            return index
        } catch {
            if letsUnknownPass, error.code == .unsupported { return nil }
            throw CommandError(error, path: path)
        }
    }
}

extension CommandError {
    /// Why a file is not what it was read as.
    init(_ error: IPLDError, path: String) {
        var metadata = ["path": path]
        if let offset = error.offset { metadata["offset"] = "\(offset)" }
        self.init(.failed, error.message, metadata)
    }
}

extension InputFile {
    /// All bytes of a file that is a block.
    static func block(_ path: String, bytesMax: Int = CAR.Limits().sectionBytesMax) async throws -> [UInt8] {
        let input = try InputFile(path)
        var bytes: [UInt8] = []
        while true {
            let piece = try await input.read(1 << 20)
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= bytesMax else {
                throw CommandError(
                    .failed,
                    "The file is too large for a block: split it.",
                    ["path": path, "bytesMax": "\(bytesMax)"]
                )
            }
        }
    }
}
