import KeyValue
import Tuples

/// The moment before which no change is missing in what an index has published.
///
/// Format 1: a byte 1, and a tuple of the moment.
struct MomentRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    let moment: Timestamp

    init(_ moment: Timestamp) { self.moment = moment }

    func encoded() throws(RecordError) -> [UInt8] {
        [MomentRow.format] + (try RecordLayout.encode([.timestamp(moment)]))
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        // Why bytes are no tuple is of no interest.
        guard bytes.first == MomentRow.format, let tuple = try? Tuple(decoding: Array(bytes.dropFirst())),
            tuple.elements.count == 1, case .timestamp(let moment) = tuple.elements[0]
        else { throw .damaged("The moment at which totals were published can't be read.") }
        self.moment = moment
    }
}

extension TotalPublisher {
    /// Says that nothing from before a moment is missing any more, unless somebody has said more.
    func note(_ moment: Timestamp, of index: Index, _ shape: RecordShape) async throws {
        let name = RecordLayout.name(of: index, shape)
        let key = try writer.layout.key(.moment, name, [], in: try writer.layout.schemaKey().partition)
        let known = try await writer.store.get(key, ReadOptions(includesTombstones: true))
        if let known, !known.isTombstone, try MomentRow(known.value).moment >= moment { return }
        let precondition: Precondition = known.map { .revision($0.revision) } ?? .vacant
        let put = WriteBatch.Operation(.put(try MomentRow(moment).encoded()), at: key, if: precondition)
        // Whoever has said something meanwhile has swept too; there is a next round.
        if case .failure(let error) = await writer.write([put]), !RecordWriter.beginsAnew(error) { throw error }
    }
}
