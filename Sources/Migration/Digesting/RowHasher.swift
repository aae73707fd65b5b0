import KeyValue

/// Hashes the rows of pages where they lie.
struct RowHasher {
    private let start: SipHash

    init(_ seed: DigestSeed) { start = SipHash(key: seed) }

    /// The hash of one row, and that of its key alone, which is free of what the value is.
    @inline(__always)
    func hash(_ span: RowSpan, in block: UnsafeRawBufferPointer, of space: KeySpace) -> (row: UInt128, state: SipHash) {
        var state = start
        state.append(UInt64(span.partition.count) << 8 | UInt64(space.rawValue))
        state.append(UInt64(span.key.count))
        state.append(UnsafeRawBufferPointer(rebasing: block[span.partition]))
        state.append(UnsafeRawBufferPointer(rebasing: block[span.key]))
        let keyState = state
        state.append(UnsafeRawBufferPointer(rebasing: block[span.value]))
        return (state.finish(), keyState)
    }
}
