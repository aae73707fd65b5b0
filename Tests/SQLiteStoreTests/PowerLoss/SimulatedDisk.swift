#if SQLite
import TestSupport

/// A disk that loses its power: what of a record of events is there afterwards.
///
/// What it models:
///
/// - What was written to a file before its last completed flush is there. Of each later write, all is there, nothing,
///   or any of its blocks of 512 or 4,096 bytes; writes reach the disk in any order. Where two of them overlap, the
///   later one wins if it is kept: a block of the page cache has one version, and never goes back.
/// - A later change of a file's size has happened or not. A file that grew without its data holds zeros or garbage
///   there.
/// - Creations and deletions are safe after a flush of their directory: SQLite makes one when it flushes a log or
///   journal for the first time after creating it. Until then each name is as after any of the steps that it went
///   through. A file under a new name is another file, so that an old one can come back with its old content.
/// - After a flush that failed, the system takes the file's data for flushed. Each write before it was kept or not, and
///   a later flush that succeeds does not bring it back, unless it was written again.
/// - The log's index in shared memory means nothing: it is gone, or there with garbage.
///
/// What it does not model: a disk that damages what lies beside a write (SQLite relies on "powersafe overwrite"), damages
/// what it has flushed, or tears a block smaller than 512 bytes; file systems that lose a whole file or directory; several
/// directories. What it models as possible is more than any one file system does.
struct SimulatedDisk {
    /// What becomes of the writes that were not flushed.
    enum Fate: CaseIterable, Sendable {
        case allLost
        case allKept
        /// Those up to one are kept, and that one is torn.
        case beginningKept
        /// Each by itself is kept or lost.
        case someKept
        /// Each sector of 512 bytes by itself is kept or lost.
        case sectorsTorn
        /// Each block of 4,096 bytes by itself is kept or lost.
        case blocksTorn
    }

    private enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    private struct File {
        var safe: [UInt8] = []
        var unsafe: [Change] = []
    }

    private var files: [Int: File] = [:]
    private var names: [String: Int] = [:]
    /// What each name became since the directory was flushed, in order; nil for deleted.
    private var renamings: [String: [Int?]] = [:]
    /// Whether flushes do what they say.
    var honoursFlushes = true

    /// Does what the event says.
    mutating func apply(_ event: DiskEvent, _ generator: inout SeededGenerator) {
        switch event {
        case .found(let file, let name, let bytes):
            files[file] = File(safe: bytes)
            names[name] = file
        case .create(let file, let name):
            files[file] = File()
            renamings[name, default: []].append(file)
        case .delete(let name, let directory):
            renamings[name, default: []].append(nil)
            if directory { flushDirectory() }
        case .write(let file, let offset, let bytes):
            files[file]?.unsafe.append(.write(offset: offset, bytes: bytes))
        case .truncate(let file, let size):
            files[file]?.unsafe.append(.truncate(size: size))
        case .sync(let file, let directory):
            guard honoursFlushes, let flushed = files[file] else { return }
            files[file] = File(safe: SimulatedDisk.content(of: flushed, .allKept, &generator))
            if directory { flushDirectory() }
        case .syncDirectory: flushDirectory()
        case .failedSync(let file):
            guard let failed = files[file] else { return }
            let fate = Fate.allCases.randomElement(using: &generator) ?? .allLost
            files[file] = File(safe: SimulatedDisk.content(of: failed, fate, &generator))
        }
    }

    private mutating func flushDirectory() {
        guard honoursFlushes else { return }
        for (name, steps) in renamings {
            guard let last = steps.last else { continue }
            names[name] = last
        }
        renamings = [:]
        let present = Set(names.values)
        files = files.filter { present.contains($0.key) }
    }

    /// The names and contents that are there when the power comes back.
    func afterPowerLoss(_ fate: Fate, _ generator: inout SeededGenerator) -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in Set(names.keys).union(renamings.keys).sorted() {
            let versions = [names[name]] + (renamings[name] ?? [])
            let version: Int? =
                switch fate {
                case .allLost: versions[0]
                case .allKept: versions[versions.count - 1]
                default: versions.randomElement(using: &generator) ?? nil
                }
            guard let version, let file = files[version] else { continue }
            contents[name] = SimulatedDisk.content(of: file, fate, &generator)
        }
        return contents
    }

    // MARK: - One file

    private static func content(of file: File, _ fate: Fate, _ generator: inout SeededGenerator) -> [UInt8] {
        var content = file.safe
        let end = fate == .beginningKept ? Int.random(in: 0...file.unsafe.count, using: &generator) : file.unsafe.count
        for (index, change) in file.unsafe.enumerated() {
            let isKept =
                switch fate {
                case .allLost: false
                case .allKept: true
                case .beginningKept: index < end
                case .someKept, .sectorsTorn, .blocksTorn: Bool.random(using: &generator)
                }
            switch change {
            case .truncate(let size):
                if isKept { resize(&content, to: size) }
            case .write(let offset, let bytes):
                switch fate {
                case .allLost: break
                case .sectorsTorn: tear(bytes, at: offset, into: &content, block: 512, &generator)
                case .blocksTorn: tear(bytes, at: offset, into: &content, block: 4_096, &generator)
                case .beginningKept where index == end:
                    tear(bytes, at: offset, into: &content, block: 512, &generator)
                default:
                    if isKept {
                        put(bytes[...], at: offset, into: &content)
                    } else if offset + bytes.count > content.count, Int.random(in: 0..<4, using: &generator) == 0 {
                        grow(&content, to: offset + bytes.count, &generator)
                    }
                }
            }
        }
        return content
    }

    private static func tear(
        _ bytes: [UInt8],
        at offset: Int,
        into content: inout [UInt8],
        block: Int,
        _ generator: inout SeededGenerator
    ) {
        var begin = 0
        while begin < bytes.count {
            let end = min(bytes.count, ((offset + begin) / block + 1) * block - offset)
            if Bool.random(using: &generator) { put(bytes[begin..<end], at: offset + begin, into: &content) }
            begin = end
        }
    }

    private static func put(_ bytes: ArraySlice<UInt8>, at offset: Int, into content: inout [UInt8]) {
        if content.count < offset + bytes.count { resize(&content, to: offset + bytes.count) }
        content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    private static func grow(_ content: inout [UInt8], to size: Int, _ generator: inout SeededGenerator) {
        let added = size - content.count
        content += Bool.random(using: &generator) ? generator.bytes(added) : Array(repeating: 0, count: added)
    }

    private static func resize(_ content: inout [UInt8], to size: Int) {
        if size < content.count {
            content.removeLast(content.count - size)
        } else {
            content += Array(repeating: 0, count: size - content.count)
        }
    }
}
#endif
