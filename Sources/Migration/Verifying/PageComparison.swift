import KeyValue

/// Compares two ordered streams of pages, row by row where they lie: the pure half of a ``Verifier``. Pages are fed in,
/// steps come out, and what differs gathers until it is taken.
struct PageComparison {
    enum Step: Equatable {
        /// The next page of this side, or its end, has to be fed in.
        case needs(Side)
        case done
    }

    private struct Input {
        var page: ScanPage?
        var index = 0
        var isEnded = false
        var last: Key?
        var digest = StoreDigest()

        var needsPage: Bool { index >= (page?.count ?? 0) && !isEnded }
    }

    private let hash: RowHash
    private var source = Input()
    private var target = Input()
    private var differences: [Difference] = []

    /// Compares, and sums this hash of each row.
    init(_ hash: RowHash) { self.hash = hash }

    /// What a side has delivered.
    func digest(of side: Side) -> StoreDigest { side == .source ? source.digest : target.digest }

    /// What has been found since the last call, at most as much as three pages hold.
    mutating func takeDifferences() -> [Difference] {
        defer { differences.removeAll(keepingCapacity: true) }
        return differences
    }

    /// Feeds in a page that was asked for; nil at the end. Throws `StoreError.Code.corrupted` for rows that are not
    /// in ascending order, since a comparison of such would prove nothing.
    mutating func feed(_ page: ScanPage?, to side: Side) throws(StoreError) {
        switch side {
        case .source: try PageComparison.feed(page, to: &source)
        case .target: try PageComparison.feed(page, to: &target)
        }
    }

    private static func feed(_ page: ScanPage?, to input: inout Input) throws(StoreError) {
        guard let page, let last = page.last else {
            input.isEnded = true
            return
        }
        let stray =
            if let before = input.last, let first = page.first?.key, !(before < first) { 0 } else {
                page.firstRowOutOfOrder
            }
        if let stray {
            throw StoreError(
                .corrupted,
                "A store delivers keys out of order or twice, so nothing can be proven of it.",
                ["key": "\(page[stray].key)"]
            )
        }
        input.last = last.key
        input.page = page
        input.index = 0
    }

    /// Compares as far as the pages that are there go.
    mutating func advance() -> Step {
        if source.needsPage { return .needs(.source) }
        if target.needsPage { return .needs(.target) }
        if let left = source.page, let right = target.page, !source.isEnded, !target.isEnded { merge(left, right) }
        // What one side has behind the end of the other.
        if target.isEnded { PageComparison.passRest(of: &source, as: .missing, hash, to: &differences) }
        if source.isEnded { PageComparison.passRest(of: &target, as: .extra, hash, to: &differences) }
        return source.isEnded && target.isEnded ? .done : .needs(source.needsPage ? .source : .target)
    }

    private static func passRest(
        of input: inout Input,
        as kind: Difference.Kind,
        _ hash: RowHash,
        to differences: inout [Difference]
    ) {
        guard let page = input.page, !input.isEnded else { return }
        page.block.withUnsafeBytes { block in
            for index in input.index..<page.count {
                input.digest.add(hash.of(page.spans[index], in: block, of: page.space))
                differences.append(Difference(kind: kind, key: page[index].key))
            }
        }
        input.index = page.count
    }

    /// Compares the pages until one of them is at its end.
    private mutating func merge(_ left: ScanPage, _ right: ScanPage) {
        let spaceOrder = Int(left.space.rawValue) - Int(right.space.rawValue)
        let (leftSpans, rightSpans) = (left.spans, right.spans)
        var (leftIndex, rightIndex) = (source.index, target.index)
        left.block.withUnsafeBytes { leftBlock in
            right.block.withUnsafeBytes { rightBlock in
                while leftIndex < leftSpans.count, rightIndex < rightSpans.count {
                    let (leftSpan, rightSpan) = (leftSpans[leftIndex], rightSpans[rightIndex])
                    let order =
                        spaceOrder != 0 ? spaceOrder : leftSpan.compareKey(in: leftBlock, rightSpan, in: rightBlock)
                    guard order == 0 else {
                        if order < 0 {
                            source.digest.add(hash.of(leftSpan, in: leftBlock, of: left.space))
                            differences.append(Difference(kind: .missing, key: left[leftIndex].key))
                            leftIndex += 1
                        } else {
                            target.digest.add(hash.of(rightSpan, in: rightBlock, of: right.space))
                            differences.append(Difference(kind: .extra, key: right[rightIndex].key))
                            rightIndex += 1
                        }
                        continue
                    }
                    let sum = hash.of(leftSpan, in: leftBlock, of: left.space)
                    source.digest.add(sum)
                    if leftSpan.hasValue(in: leftBlock, of: rightSpan, in: rightBlock) {
                        target.digest.add(sum)
                    } else {
                        target.digest.add(hash.of(rightSpan, in: rightBlock, of: right.space))
                        differences.append(Difference(kind: .different, key: left[leftIndex].key))
                    }
                    leftIndex += 1
                    rightIndex += 1
                }
            }
        }
        (source.index, target.index) = (leftIndex, rightIndex)
    }
}

/// What a comparison sums of each row.
enum RowHash {
    /// The hash of the row.
    case computed(RowHasher)
    /// The row's value, which is the hash of another.
    case stored

    @inline(__always)
    func of(_ span: RowSpan, in block: UnsafeRawBufferPointer, of space: KeySpace) -> UInt128 {
        switch self {
        case .computed(let hasher): hasher.hash(span, in: block, of: space).row
        case .stored: UInt128(storedIn: UnsafeRawBufferPointer(rebasing: block[span.value]))
        }
    }
}

extension UInt128 {
    /// A hash as the value of a row while rows are sorted.
    var stored: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }

    init(storedIn bytes: UnsafeRawBufferPointer) {
        self = bytes.reversed().reduce(0) { $0 << 8 | UInt128($1) }
    }
}

extension RowSpan {
    @inline(__always)
    fileprivate func compareKey(
        in block: UnsafeRawBufferPointer,
        _ other: RowSpan,
        in otherBlock: UnsafeRawBufferPointer
    ) -> Int {
        let order = ByteOrder.compare(
            UnsafeRawBufferPointer(rebasing: block[partition]),
            UnsafeRawBufferPointer(rebasing: otherBlock[other.partition])
        )
        if order != 0 { return order }
        return ByteOrder.compare(
            UnsafeRawBufferPointer(rebasing: block[key]),
            UnsafeRawBufferPointer(rebasing: otherBlock[other.key])
        )
    }

    @inline(__always)
    fileprivate func hasValue(
        in block: UnsafeRawBufferPointer,
        of other: RowSpan,
        in otherBlock: UnsafeRawBufferPointer
    ) -> Bool {
        value.count == other.value.count
            && ByteOrder.compare(
                UnsafeRawBufferPointer(rebasing: block[value]),
                UnsafeRawBufferPointer(rebasing: otherBlock[other.value])
            ) == 0
    }
}

extension ScanPage {
    /// The first row that does not sort behind the one before it.
    fileprivate var firstRowOutOfOrder: Int? {
        let spans = spans
        return block.withUnsafeBytes { block in
            for index in spans.indices.dropFirst()
            where spans[index - 1].compareKey(in: block, spans[index], in: block) >= 0 {
                return index
            }
            return nil
        }
    }
}
