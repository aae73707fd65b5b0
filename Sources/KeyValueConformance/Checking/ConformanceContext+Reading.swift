import KeyValue

extension ConformanceContext {
    /// More pages than any case makes.
    private static let pagesMax = 5_000

    /// A key in the partition that most cases use.
    func key(_ text: String, space: KeySpace = .records) -> Key { Key("p", text, space: space) }

    /// A key in a partition of this name, or in that of most cases where there is no other.
    func key(_ text: String, in partition: String) -> Key { Key(offers(.partitions) ? partition : "p", text) }

    /// Runs `body` until it throws no ``ConformanceFailure``: once where reads show every acknowledged write, a
    /// bounded number of times where they may lag.
    func eventually<Result>(_ body: () async throws -> Result) async throws -> Result {
        let attempts = capabilities.consistency == .linearizable ? 1 : subject.readAttemptsMax
        for _ in 1..<attempts {
            do {
                return try await body()
            } catch is ConformanceFailure {
                try await subject.wait(.milliseconds(1))
            }
        }
        return try await body()
    }

    /// Expects that the key has this value, or no live record.
    func expect(
        _ key: Key,
        is value: [UInt8]?,
        _ message: @autoclosure () -> String = "the value read back",
        file: StaticString = #fileID,
        line: UInt = #line
    ) async throws {
        try await eventually {
            let entry = try await store.get(key)
            try expectEqual(entry?.value, value, "\(message()) at \(key)", file: file, line: line)
        }
    }

    /// The row at a key, tombstones included.
    func row(_ key: Key) async throws(StoreError) -> Entry? {
        try await store.get(key, ReadOptions(includesTombstones: true))
    }

    /// All rows of a range, page by page; each page is held to its bounds.
    func rows(
        _ range: KeyRange,
        _ options: ScanOptions = ScanOptions(),
        betweenPages: (ScanPage) async throws -> Void = { _ in }
    ) async throws -> [Entry] {
        try await rows(options, betweenPages: betweenPages, scan: { try await store.scan(range, options, after: $0) })
    }

    /// The same in a snapshot.
    func rows(
        _ range: KeyRange,
        _ options: ScanOptions = ScanOptions(),
        in snapshot: any StoreSnapshot,
        betweenPages: () async throws -> Void = {}
    ) async throws -> [Entry] {
        let scan = { cursor in try await snapshot.scan(range, options, after: cursor) }
        return try await rows(options, betweenPages: { _ in try await betweenPages() }, scan: scan)
    }

    private func rows(
        _ options: ScanOptions,
        betweenPages: (ScanPage) async throws -> Void,
        scan: (Cursor?) async throws -> ScanPage
    ) async throws -> [Entry] {
        var rows: [Entry] = []
        var cursor: Cursor?
        for _ in 0..<ConformanceContext.pagesMax {
            let page = try await scan(cursor)
            try expectBounded(page, options)
            rows += page.map(\.entry).filter { $0.key != ConformanceContext.settling }
            guard let next = page.cursor else { return rows }
            try await betweenPages(page)
            cursor = next
        }
        throw ConformanceFailure(
            "a scan of \(rows.count) rows so far",
            expected: "an end",
            found: "\(ConformanceContext.pagesMax) pages",
            SourceLocation(file: #fileID, line: #line)
        )
    }

    private func expectBounded(_ page: ScanPage, _ options: ScanOptions) throws(ConformanceFailure) {
        let limit = min(options.limit, capabilities.limits.pageKeysMax)
        try KeyValueConformance.expect(
            page.examined <= limit && page.count <= page.examined,
            "at most \(limit) keys examined for a page, and no more shown: \(page.examined), \(page.count)"
        )
        let bytes = page.dropLast().reduce(0) { $0 + $1.keyBytes.count + $1.value.count }
        try KeyValueConformance.expect(
            bytes < options.bytesMax,
            "a page ends with the row that reaches \(options.bytesMax) bytes: \(bytes) are before the last"
        )
    }

    /// Expects that a range shows exactly these keys, in the order of the store.
    func expectKeys(
        _ range: KeyRange,
        _ options: ScanOptions = ScanOptions(),
        are expected: [Key],
        _ message: @autoclosure () -> String = "the keys of a range",
        file: StaticString = #fileID,
        line: UInt = #line
    ) async throws {
        try await eventually {
            let found = try await rows(range, options).map(\.key)
            let text = "\(message()), \(range.extent)"
            try expectEqual(found.sorted(), expected.sorted(), text, file: file, line: line)
            try expectOrder(found, reverse: options.reverse, text, file: file, line: line)
        }
    }

    /// Expects that keys come in the order that the store declares.
    func expectOrder(
        _ keys: [Key],
        reverse: Bool = false,
        _ message: @autoclosure () -> String,
        file: StaticString = #fileID,
        line: UInt = #line
    ) throws(ConformanceFailure) {
        let forward = reverse ? keys.reversed() : keys
        let ordered: [Key]
        switch capabilities.order {
        case .none: return
        case .store: ordered = forward.sorted()
        case .partition:
            // Each partition in one piece, in the order in which the store came to it.
            var partitions: [[UInt8]] = []
            for key in forward where partitions.last != key.partition { partitions.append(key.partition) }
            ordered = partitions.flatMap { partition in forward.filter { $0.partition == partition }.sorted() }
        }
        try expectEqual(forward, ordered, "\(message()): order", file: file, line: line)
    }

    /// Every row of every space, in the order of keys.
    func everything() async throws -> [Entry] {
        var found: [Entry] = []
        for space in KeySpace.allCases {
            found += try await rows(.all(in: space), ScanOptions(limit: 256, includesTombstones: true))
        }
        return found.sorted { $0.key < $1.key }
    }

    /// Expects that the store holds after `body` what it held before.
    @discardableResult
    func expectUnchanged<Result>(
        by message: @autoclosure () -> String,
        file: StaticString = #fileID,
        line: UInt = #line,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try await settle()
        let before = try await everything()
        let result = try await body()
        try await settle()
        let after = try await everything()
        let what = "what is there after \(message())"
        if offers(.revisions) {
            try expectEqual(after, before, what, file: file, line: line)
        } else {
            try expectEqual(after.map(\.key), before.map(\.key), what, file: file, line: line)
            try expectEqual(after.map(\.value), before.map(\.value), what, file: file, line: line)
        }
        return result
    }
}

extension ConformanceContext {
    /// Where it writes: in no range that a case looks at, but for the whole of its space.
    private static let settling = Key("settling", "s", space: .reservedLocal)

    /// Where reads may lag: writes until they have caught up, so that what was written before is seen too.
    func settle(epoch: UInt64? = nil) async throws {
        guard capabilities.consistency != .linearizable else { return }
        guard offers(.reservedSpace) else {
            // Among the records then, and gone again.
            try await put([1], at: key("settling"))
            try await expect(key("settling"), is: [1], "catching up")
            try await write(.delete, at: key("settling"))
            return try await expect(key("settling"), is: nil, "catching up")
        }
        let key = ConformanceContext.settling
        let before = try await store.get(key).flatMap { Counter.decode($0.value) } ?? 0
        let value = Counter.encode(before + 1)
        _ = try await writeAgain(WriteBatch([WriteBatch.Operation(.put(value), at: key)], epoch: epoch))
        try await expect(key, is: value, "catching up")
    }

    /// Lets pass what ``Capabilities/fencing`` allows a batch of an earlier epoch.
    func waitForFence() async throws {
        if case .leased(let lease) = capabilities.fencing { try await subject.wait(lease) }
    }
}
