public import Files
public import KeyValue
import RedisStore

/// Brings the uploads of a files service in Redis over while that service goes on writing, until the new one takes over.
///
/// The source is a Redis whose changes are captured: by the stream that replicas read, or by its keyspace events, as
/// `ForeignCapture` has it, whose guarantee this has. First everything is compared: uploads that are missing or other in
/// the target are written, and those that are gone from the source are removed. From then on every key that the source
/// names is looked at again, with the upload or the aliases that it belongs to. Where changes may have gone by, everything
/// is compared anew. So the target comes to hold what a ``FilesImporter`` would bring over from the source as it is then,
/// and nothing else: nobody but one follower is to write to it before the end.
///
/// What was carried over is noted in the source after it was written, so a run that was stopped or killed loses nothing;
/// each begins with comparing everything. <doc:LeavingRedis> tells how one service takes over from the other.
public struct FilesFollower: Sendable {
    /// When a run is at its end.
    public enum Ending: String, Hashable, Sendable, CaseIterable {
        /// When all is carried over that was changed before. For services that somebody else has stopped.
        case caughtUp = "caught-up"
        /// When nothing more can change: once few changes are left, all users of the Redis but the follower's own lose
        /// the right to write, and the rest is carried over. If that fails, they are let in again.
        case frozen
    }

    private let source: any ForeignCapture
    private let legacy: LegacySource
    private let target: UploadImport
    private let importer: FilesImporter
    private let sleep: @Sendable (Duration) async throws -> Void

    /// How many changed keys are carried over before that is noted, and how few have to be left before anybody is held up.
    private static let stepKeys = 256
    /// How long nothing is asked when nothing had changed.
    private static let pause = Duration.milliseconds(100)

    /// - Parameters:
    ///   - source: A Redis in which capture is installed.
    ///   - target: Where the uploads go.
    ///   - prefix: What the keys of the source begin with.
    ///   - width: How many uploads are written side by side, 1 at least.
    ///   - sleep: Waits.
    public init(
        from source: any ForeignCapture,
        to target: UploadImport,
        prefix: String = FilesImporter.prefix,
        width: Int = 32,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.source = source
        self.target = target
        self.sleep = sleep
        legacy = LegacySource(source, prefix: prefix)
        importer = FilesImporter(from: source, to: target, prefix: prefix, ifExists: .replace, width: width)
    }

    /// Follows until the end that is asked for, or until the task is cancelled.
    ///
    /// - Parameters:
    ///   - ending: When to end; nil for never.
    ///   - tell: Told of each thing that is not carried, once for as long as it stays so. What leads to no upload is not
    ///     told: while a service writes, that is only a matter of time.
    ///   - progress: Told of the report so far after each step.
    /// - Throws: `StoreError` where changes are not captured, where writers are let in again before the end, and what the
    ///   two stores throw; what `tell` throws.
    public func run(
        until ending: Ending? = nil,
        _ tell: (ImportFinding) async throws -> Void = { _ in },
        progress: (FollowReport) -> Void = { _ in }
    ) async throws -> FollowReport {
        var report = FollowReport()
        var isFrozen = false
        do {
            try await follow(until: ending, &report, &isFrozen, tell, progress)
        } catch {
            if isFrozen { try await admitWriters(after: error) }
            throw error
        }
        return report
    }

    private func follow(
        until ending: Ending?,
        _ report: inout FollowReport,
        _ isFrozen: inout Bool,
        _ tell: (ImportFinding) async throws -> Void,
        _ progress: (FollowReport) -> Void
    ) async throws {
        var comparedGaps: UInt64?
        while true {
            try Task.checkCancellation()
            let marks = try await changes()
            let capture = try await source.captureReport()
            guard capture.isInstalled else {
                throw StoreError.invalidArgument(
                    "Not every change is captured: install capture again.",
                    ["missing": capture.missing.joined(separator: ", ")]
                )
            }
            report.behind = marks.count
            if comparedGaps != capture.gaps {
                try await compareEverything(&report, tell, progress)
                comparedGaps = capture.gaps
                continue
            }
            try await carry(marks, &report, tell, progress)
            switch ending {
            case nil: break
            case .caughtUp: return
            case .frozen where isFrozen:
                guard capture.isRefusing else {
                    throw StoreError(.unavailable, "Somebody let the writers in again: see the users of the Redis.")
                }
                if marks.isEmpty { return }
            case .frozen:
                guard marks.count < FilesFollower.stepKeys else { continue }
                isFrozen = true
                try await source.refuseForeignWriters(waitMax: .seconds(10))
                continue
            }
            if marks.isEmpty { try await sleep(FilesFollower.pause) }
        }
    }

    /// Everything that has changed and is not carried over.
    private func changes() async throws(StoreError) -> [Mark] {
        guard let bin = try await source.bins().first else { return [] }
        var marks: [Mark] = []
        var cursor: Cursor?
        repeat {
            if Task.isCancelled { throw .cancelled }
            let page = try await source.marks(in: bin, limit: 1_000, after: cursor)
            marks += page.marks
            cursor = page.cursor
        } while cursor != nil
        return marks
    }

    /// In a task of its own, since this one may have been cancelled.
    private func admitWriters(after error: any Error) async throws {
        let admission = await Task { [source] in try await source.admitForeignWriters() }.result
        guard case .failure(let failure) = admission else { return }
        throw StoreError(
            .unavailable,
            "The import failed, and the writers are refused still: let them in with migrate foreign remove.",
            ["error": "\(error)"],
            cause: failure
        )
    }
}

// MARK: - Comparing everything

extension FilesFollower {
    private func compareEverything(
        _ report: inout FollowReport,
        _ tell: (ImportFinding) async throws -> Void,
        _ progress: (FollowReport) -> Void
    ) async throws {
        var found: [[UInt8]: Set<ImportFinding>] = [:]
        let before = report
        let imported = try await importer.run { finding in
            guard finding.reason.loss != .stray else { return }
            found[finding.key, default: []].insert(finding)
        } progress: { imported in
            var now = before
            now.compared += imported.saved + imported.unchanged + imported.replaced
            progress(now)
        }
        report.compared += imported.saved + imported.unchanged + imported.replaced
        report.written += imported.saved + imported.replaced
        report.comparisons += 1
        try await drop(found.values.flatMap { $0 }, &report)
        try await removeWhatIsGone(&report)
        try await settle(found, replacing: Array(report.standing.keys), &report, tell)
        progress(report)
    }

    private func removeWhatIsGone(_ report: inout FollowReport) async throws {
        let partitions = try await source.partitions(in: .records, limit: 16, after: nil).partitions
        var removed = 0
        try await target.visit { ids in
            var missing = Set(ids)
            for partition in partitions {
                // An identifier is kept in small letters, whatever it is there.
                for spelling in [{ $0 }, { $0.uppercased() }] as [(String) -> String] where !missing.isEmpty {
                    let names = missing.map { "files-data:" + spelling($0) }
                    let there = try await legacy.records(of: names, in: partition)
                    missing = missing.filter { there["files-data:" + spelling($0)] == nil }
                }
            }
            for id in missing where try await target.remove(id) { removed += 1 }
        }
        report.removed += removed
    }
}

// MARK: - Changes

/// An upload or an owner in the source.
private struct Place: Hashable {
    let partition: [UInt8]
    let name: String
}

extension FilesFollower {
    private func carry(
        _ marks: [Mark],
        _ report: inout FollowReport,
        _ tell: (ImportFinding) async throws -> Void,
        _ progress: (FollowReport) -> Void
    ) async throws {
        guard let bin = try await source.bins().first else { return }
        for start in stride(from: 0, to: marks.count, by: FilesFollower.stepKeys) {
            try Task.checkCancellation()
            let some = marks[start..<min(start + FilesFollower.stepKeys, marks.count)]
            try await carry(some.flatMap(\.keys), &report, tell)
            try await source.clearMarks(some.map(\.id), in: bin)
            report.changes += some.count
            report.behind = marks.count - start - some.count
            progress(report)
        }
    }

    private func carry(
        _ keys: [Key],
        _ report: inout FollowReport,
        _ tell: (ImportFinding) async throws -> Void
    ) async throws {
        var uploads: Set<Place> = []
        var owners: Set<Place> = []
        for key in keys where key.bytes.starts(with: legacy.prefix) {
            let name = key.bytes.dropFirst(legacy.prefix.count)
            guard let text = String(validating: name, as: UTF8.self) else { continue }
            switch LegacyKey(text, nil) {
            case .upload(let id), .postAction(let id): uploads.insert(Place(partition: key.partition, name: id))
            case .part(let name):
                // Behind the owner's digest.
                let pieces = name.split(separator: "/", omittingEmptySubsequences: false)
                if pieces.count == 3 { uploads.insert(Place(partition: key.partition, name: String(pieces[1]))) }
            case .aliases(let owner): owners.insert(Place(partition: key.partition, name: owner))
            case .list, .passing, .unknown: break
            }
        }
        // Uploads whose alias leads elsewhere by now are written anew as they are.
        for owner in owners {
            let now = try await aliases(of: owner)
            for (alias, id) in try await target.aliases(of: owner.name) where now[alias] != id {
                uploads.insert(Place(partition: owner.partition, name: id))
            }
        }
        let refreshed = try await refresh(uploads, &report)
        var found = refreshed.findings
        for owner in owners.union(refreshed.owners) {
            let (key, findings) = try await settleAliases(of: owner)
            found[key] = findings
        }
        let uploadKeys = uploads.map { legacy.prefix + Array("files-data:\($0.name)".utf8) }
        try await settle(found, replacing: uploadKeys, &report, tell)
    }

    /// Makes uploads what they are in the source; whose they are, and what of them is not carried, by their keys.
    private func refresh(
        _ uploads: Set<Place>,
        _ report: inout FollowReport
    ) async throws -> (owners: Set<Place>, findings: [[UInt8]: Set<ImportFinding>]) {
        var owners: Set<Place> = []
        var page = LegacySource.Page()
        for (partition, places) in Dictionary(grouping: uploads, by: \.partition) {
            let names = places.map { "files-data:" + $0.name }
            let found = try await legacy.found(names, in: partition)
            for (place, name) in zip(places, names) {
                if let there = found[name] {
                    page.found.append(there)
                    if case .hash(let fields) = there.record?.content, let owner = fields.text("owner") {
                        owners.insert(Place(partition: partition, name: owner))
                    }
                } else if try await target.remove(place.name.lowercased()) {
                    report.removed += 1
                }
            }
        }
        var imported = ImportReport()
        let all = try await importer.takeUploads(page, &imported)
        report.written += imported.saved + imported.replaced
        try await drop(all, &report)
        return (owners, Dictionary(grouping: all, by: \.key).mapValues { Set($0) })
    }

    /// Lets the aliases of an owner that do not lead where they led in the source lead there.
    private func settleAliases(of owner: Place) async throws -> (key: [UInt8], findings: Set<ImportFinding>) {
        let name = "files-ptr-user:" + owner.name
        let key = legacy.prefix + Array(name.utf8)
        let there = try await legacy.found([name], in: owner.partition)[name]
        guard let there, case .hash(let aliases) = there.record?.content else { return (key, []) }
        let known = try await target.aliases(of: owner.name)
        var imported = ImportReport()
        let findings = try await importer.settle(aliases, of: owner.name, at: key, &imported) { alias, upload in
            known[alias] == upload
        }
        return (key, Set(findings))
    }

    private func aliases(of owner: Place) async throws(StoreError) -> [String: String] {
        let name = "files-ptr-user:" + owner.name
        let there = try await legacy.records(of: [name], in: owner.partition)[name]
        guard case .hash(let fields) = there else { return [:] }
        var aliases: [String: String] = [:]
        for (alias, upload) in fields {
            aliases[String(decoding: alias, as: UTF8.self)] = String(decoding: upload, as: UTF8.self).lowercased()
        }
        return aliases
    }
}

// MARK: - What is not carried

extension FilesFollower {
    /// Removes uploads that can't be carried as they are now: what they were is over.
    private func drop(_ findings: [ImportFinding], _ report: inout FollowReport) async throws {
        for finding in findings where finding.reason.loss == .upload {
            let name = String(decoding: finding.key.dropFirst(legacy.prefix.count), as: UTF8.self)
            guard case .upload(let id) = LegacyKey(name, nil) else { continue }
            if try await target.remove(id.lowercased()) { report.removed += 1 }
        }
    }

    /// Takes down what of some keys is not carried now, and tells of what is new.
    private func settle(
        _ found: [[UInt8]: Set<ImportFinding>],
        replacing keys: [[UInt8]],
        _ report: inout FollowReport,
        _ tell: (ImportFinding) async throws -> Void
    ) async throws {
        for key in Set(keys).union(found.keys).sorted(by: ByteOrder.precedes) {
            let before = report.standing[key] ?? []
            let now = (found[key] ?? []).filter { $0.reason.loss != .stray }
            report.standing[key] = now.isEmpty ? nil : now
            for finding in now.subtracting(before).sorted(by: { $0.detail < $1.detail }) { try await tell(finding) }
        }
    }
}
