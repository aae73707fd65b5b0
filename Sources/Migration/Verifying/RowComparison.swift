import KeyValue

/// Compares two ordered streams of rows: the pure half of a ``Verifier``. Pages are fed in, steps come out.
struct RowComparison {
    enum Side {
        case source
        case target
    }

    enum Step: Equatable {
        /// The next page of this side, or its end, has to be fed in.
        case needs(Side)
        case equal
        case differs(Difference)
        case done
    }

    private struct Input {
        var rows: [Row] = []
        var index = 0
        var isEnded = false
        var needsPage: Bool { index >= rows.count && !isEnded }
        var row: Row? { index < rows.count ? rows[index] : nil }
    }

    private var source = Input()
    private var target = Input()

    /// Feeds in a page that was asked for; nil at the end. Throws ``StoreError/Code/corrupted`` for rows that are not
    /// in ascending order, since a comparison of such would prove nothing.
    mutating func feed(_ page: [Row]?, to side: Side) throws(StoreError) {
        switch side {
        case .source: try RowComparison.feed(page, to: &source)
        case .target: try RowComparison.feed(page, to: &target)
        }
    }

    private static func feed(_ page: [Row]?, to input: inout Input) throws(StoreError) {
        guard let page else {
            input.isEnded = true
            return
        }
        var previous = input.rows.last?.key
        for row in page {
            if let previous, !(previous < row.key) {
                throw StoreError(
                    .corrupted,
                    "A store delivers keys out of order or twice, so nothing can be proven of it.",
                    ["key": "\(row.key)", "after": "\(previous)"]
                )
            }
            previous = row.key
        }
        input.rows = page
        input.index = 0
    }

    mutating func next() -> Step {
        if source.needsPage { return .needs(.source) }
        if target.needsPage { return .needs(.target) }
        guard let left = source.row else {
            guard let right = target.row else { return .done }
            target.index += 1
            return .differs(Difference(kind: .extra, key: right.key))
        }
        guard let right = target.row, !(left.key < right.key) else {
            source.index += 1
            return .differs(Difference(kind: .missing, key: left.key))
        }
        target.index += 1
        if right.key < left.key { return .differs(Difference(kind: .extra, key: right.key)) }
        source.index += 1
        return left.value == right.value ? .equal : .differs(Difference(kind: .different, key: left.key))
    }
}
