public import Files
public import KeyValue
import Records
import RedisStore

/// Brings the uploads of a files service that kept them in Redis, as hashes and sets, into the records of `Files`.
///
/// The source is a raw view of that Redis, or a copy of one in any store. Nobody is to write to it meanwhile, nor to use
/// the records before the import is done. An import that was stopped is ended by another one: what is there already is
/// left as it is, and every run tells of all that is not carried. <doc:LeavingRedis> tells what that is.
public struct FilesImporter: Sendable {
    /// What the keys of the source begin with unless said otherwise.
    public static let prefix = "{ms-files}"

    private let source: LegacySource
    private let target: UploadImport
    private let policy: UploadImport.ExistingUpload
    private let width: Int

    /// - Parameters:
    ///   - source: What to read.
    ///   - target: Where the uploads go.
    ///   - prefix: What the keys of the source begin with.
    ///   - policy: What becomes of an upload that is there with other contents.
    ///   - width: How many uploads are written side by side, 1 at least.
    public init(
        from source: any KeyValueStore,
        to target: UploadImport,
        prefix: String = FilesImporter.prefix,
        ifExists policy: UploadImport.ExistingUpload = .keep,
        width: Int = 32
    ) {
        self.source = LegacySource(source, prefix: prefix)
        self.target = target
        self.policy = policy
        self.width = max(1, width)
    }

    /// Reads every key, writes every upload, and then lets every alias lead where it led.
    ///
    /// - Parameters:
    ///   - tell: Told of each thing that is not carried.
    ///   - progress: Told of the report so far after each page.
    /// - Throws: `StoreError` for a source that is no raw view, what the two stores throw, and what `tell` throws.
    public func run(
        _ tell: (ImportFinding) async throws -> Void = { _ in },
        progress: (ImportReport) -> Void = { _ in }
    ) async throws -> ImportReport {
        var report = ImportReport()
        for isForAliases in [false, true] {
            var cursor: Cursor?
            repeat {
                try Task.checkCancellation()
                let page = try await source.page(after: cursor, keysOnly: isForAliases)
                let findings =
                    isForAliases
                    ? try await settleAliases(page, &report) : try await takeUploads(page, &report)
                for finding in findings {
                    report.findings[finding.reason, default: 0] += 1
                    try await tell(finding)
                }
                progress(report)
                cursor = page.cursor
            } while cursor != nil
        }
        return report
    }
}

// MARK: - Uploads

/// An upload on its way, with where it came from.
private struct Draft: Sendable {
    let partition: [UInt8]
    let key: [UInt8]
    var upload: LegacyUpload
}

/// A key, or an entry of one, that should lead to an upload.
private struct Claim {
    let upload: String
    let finding: ImportFinding
}

/// What came of a draft.
private struct Saved: Sendable {
    let draft: Draft
    /// Nil for one that the target has no room for.
    let result: UploadImport.Result?
}

extension FilesImporter {
    func takeUploads(
        _ page: LegacySource.Page,
        _ report: inout ImportReport
    ) async throws -> [ImportFinding] {
        report.otherKeys += page.others
        var findings = page.strange.map { ImportFinding(.unknownKey, $0) }
        var drafts: [Draft] = []
        var claims: [[UInt8]: [Claim]] = [:]
        for found in page.found {
            guard let record = found.record else { continue }
            let kind = LegacyKey(found.text, record.content)
            switch kind {
            case .passing: report.passingKeys += 1
            case .unknown: findings.append(ImportFinding(.unknownKey, found.name))
            default: report.keys += 1
            }
            switch (kind, record.content) {
            case (.passing, _), (.unknown, _), (.aliases, .hash): break
            case (.upload(let id), .hash(let fields)):
                do throws(LegacyUpload.Refusal) {
                    let upload = try LegacyUpload(id, fields, expiresAt: record.expiresAtMilliseconds)
                    drafts.append(Draft(partition: found.partition, key: found.name, upload: upload))
                } catch {
                    findings.append(ImportFinding(error.reason, found.name, error.detail))
                }
            case (.part, .hash(let fields)):
                let claim = Claim(
                    upload: fields.text("uploadId") ?? "",
                    finding: ImportFinding(.partWithoutUpload, found.name)
                )
                claims[found.partition, default: []].append(claim)
            case (.postAction(let id), .string):
                let claim = Claim(upload: id, finding: ImportFinding(.postActionWithoutUpload, found.name))
                claims[found.partition, default: []].append(claim)
            case (.list, .set(let members)):
                claims[found.partition, default: []] += entries(members, of: found.name)
            case (.list, .sortedSet(let scores)):
                claims[found.partition, default: []] += entries(scores.keys, of: found.name)
            default: findings.append(ImportFinding(.wrongType, found.name, record.content.typeName))
            }
        }
        for (partition, claims) in claims { findings += try await strays(among: claims, in: partition) }
        return findings + (try await save(drafts, &report))
    }

    private func entries(_ members: some Collection<[UInt8]>, of list: [UInt8]) -> [Claim] {
        members.sorted { ByteOrder.precedes($0, $1) }.map { member in
            let id = String(decoding: member, as: UTF8.self)
            return Claim(upload: id, finding: ImportFinding(.entryWithoutUpload, list, id))
        }
    }

    private func strays(among claims: [Claim], in partition: [UInt8]) async throws -> [ImportFinding] {
        var strays: [ImportFinding] = []
        // A list may be as large as all uploads together.
        for start in stride(from: 0, to: claims.count, by: 1_024) {
            let some = claims[start..<min(start + 1_024, claims.count)]
            let names = Set(some.map { "files-data:\($0.upload)" })
            let found = try await source.records(of: Array(names), in: partition)
            strays += some.filter { found["files-data:\($0.upload)"] == nil }.map(\.finding)
        }
        return strays
    }

    private func save(_ drafts: [Draft], _ report: inout ImportReport) async throws -> [ImportFinding] {
        var findings: [ImportFinding] = []
        for start in stride(from: 0, to: drafts.count, by: width) {
            var some = Array(drafts[start..<min(start + width, drafts.count)])
            for place in some.indices { try await complete(&some[place]) }
            for saved in try await save(some) {
                findings += saved.draft.upload.notes.map { ImportFinding($0.reason, saved.draft.key, $0.detail) }
                guard let result = saved.result else {
                    findings.append(ImportFinding(.tooLarge, saved.draft.key))
                    continue
                }
                switch result.outcome {
                case .saved: report.saved += 1
                case .unchanged: report.unchanged += 1
                case .replaced: report.replaced += 1
                case .kept: findings.append(ImportFinding(.different, saved.draft.key))
                }
                if !result.hasAlias, let finding = try await lostAlias(of: saved.draft) { findings.append(finding) }
            }
        }
        return findings
    }

    private func save(_ drafts: [Draft]) async throws -> [Saved] {
        try await withThrowingTaskGroup(of: Saved.self) { group in
            for draft in drafts { group.addTask { try await save(draft) } }
            var all: [Saved] = []
            for try await saved in group { all.append(saved) }
            return all
        }
    }

    private func save(_ draft: Draft) async throws -> Saved {
        do {
            return Saved(draft: draft, result: try await target.save(draft.upload.upload, ifExists: policy))
        } catch let error as RecordError where error.code == .tooLarge {
            return Saved(draft: draft, result: nil)
        } catch let error as StoreError where error.code == .tooLarge {
            return Saved(draft: draft, result: nil)
        }
    }

    /// Reads what is kept beside an upload.
    private func complete(_ draft: inout Draft) async throws {
        let wanted = draft.upload.companions
        let action = wanted.postAction.map { "files-post:\($0)" }
        let names = wanted.parts.map { "upload-data:\($0)" } + [action].compactMap { $0 }
        guard !names.isEmpty else { return }
        let found = try await source.records(of: names, in: draft.partition)
        if let action, case .string(let bytes) = found[action], let text = String(validating: bytes, as: UTF8.self) {
            draft.upload.take(postAction: text)
        }
        var arrivals: [String: Int64] = [:]
        for part in wanted.parts {
            guard case .hash(let fields) = found["upload-data:\(part)"], fields.text("status") == "2" else { continue }
            arrivals[part] = fields.text("uploadedAt").flatMap { Int64($0) } ?? draft.upload.upload.startedAt
        }
        draft.upload.take(arrivals: arrivals)
    }

    /// Tells of an alias that another upload has, unless the owner's aliases say that it leads to this one: then it will.
    private func lostAlias(of draft: Draft) async throws -> ImportFinding? {
        let upload = draft.upload.upload
        guard let alias = upload.alias else { return nil }
        let name = "files-ptr-user:\(upload.owner)"
        if case .hash(let aliases) = try await source.records(of: [name], in: draft.partition)[name],
            aliases.text(alias)?.lowercased() == upload.id
        {
            return nil
        }
        return ImportFinding(.aliasTaken, draft.key, alias)
    }
}

// MARK: - Aliases

/// An alias of an owner, and where it leads.
private struct Pointer: Sendable {
    let owner: String
    let alias: String
    let upload: String
}

/// What came of an alias.
private struct Settled: Sendable {
    let pointer: Pointer
    let outcome: UploadImport.AliasOutcome
}

extension FilesImporter {
    private func settleAliases(
        _ page: LegacySource.Page,
        _ report: inout ImportReport
    ) async throws -> [ImportFinding] {
        var findings: [ImportFinding] = []
        for found in page.found {
            guard case .aliases(let owner) = LegacyKey(found.text, nil),
                case .hash(let aliases) = try await source.records(of: [found.text], in: found.partition)[found.text]
            else { continue }
            findings += try await settle(aliases, of: owner, at: found.name, &report) { _, _ in false }
        }
        return findings
    }

    /// Lets the aliases of an owner lead where they led, but for those that are known to do so; what is not carried.
    func settle(
        _ aliases: [[UInt8]: [UInt8]],
        of owner: String,
        at key: [UInt8],
        _ report: inout ImportReport,
        unless isSettled: (_ alias: String, _ upload: String) -> Bool
    ) async throws -> [ImportFinding] {
        var findings: [ImportFinding] = []
        var pointers: [Pointer] = []
        for (alias, upload) in aliases.sorted(by: { ByteOrder.precedes($0.key, $1.key) }) {
            let (alias, upload) = (String(decoding: alias, as: UTF8.self), String(decoding: upload, as: UTF8.self))
            if isSettled(alias, upload.lowercased()) { continue }
            if ImportedUpload.isAlias(alias) {
                pointers.append(Pointer(owner: owner, alias: alias, upload: upload.lowercased()))
            } else {
                findings.append(ImportFinding(.unsuitableAlias, key, alias))
            }
        }
        for start in stride(from: 0, to: pointers.count, by: width) {
            let some = pointers[start..<min(start + width, pointers.count)]
            for settled in try await settle(Array(some), aliases) {
                let pointer = settled.pointer
                switch settled.outcome {
                case .unchanged, .moved(from: nil): report.aliases += 1
                case .moved(from: let other?):
                    report.aliases += 1
                    let loser = source.prefix + Array("files-data:\(other)".utf8)
                    findings.append(ImportFinding(.aliasTaken, loser, pointer.alias))
                case .second: findings.append(ImportFinding(.secondAlias, key, pointer.alias))
                case .noUpload: findings.append(ImportFinding(.aliasWithoutUpload, key, pointer.alias))
                }
            }
        }
        return findings
    }

    /// Settles one after the other those that lead to one upload, and the rest side by side.
    private func settle(_ pointers: [Pointer], _ aliases: [[UInt8]: [UInt8]]) async throws -> [Settled] {
        try await withThrowingTaskGroup(of: [Settled].self) { group in
            for same in Dictionary(grouping: pointers, by: \.upload).values {
                group.addTask { try await settleInOrder(same, aliases) }
            }
            var all: [Settled] = []
            for try await settled in group { all += settled }
            return all.sorted { $0.pointer.alias < $1.pointer.alias }
        }
    }

    private func settleInOrder(_ pointers: [Pointer], _ aliases: [[UInt8]: [UInt8]]) async throws -> [Settled] {
        var all: [Settled] = []
        for pointer in pointers {
            let outcome = try await target.settle(alias: pointer.alias, of: pointer.owner, to: pointer.upload) {
                other in
                aliases.text(other)?.lowercased() == pointer.upload
            }
            all.append(Settled(pointer: pointer, outcome: outcome))
        }
        return all
    }
}
