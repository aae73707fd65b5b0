import KeyValue
import Tuples

extension RecordStore {
    /// Finishes what crashed writers have left in the partition of an address, and counts anew what is in doubt.
    ///
    /// - Returns: How many changes and totals are still open, since others were busy with them: sweep again later.
    @discardableResult
    public func sweep(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        let shapes = try await schema.view().shapes
        return try await Sweeper(repairer: Repairer(writer: writer), shapes: shapes).sweep(partition).left
    }

    /// Holds every record, entry and claim in the partition of an address against each other, and mends what is amiss.
    /// It reads the whole partition.
    ///
    /// - Returns: How many rows were amiss.
    @discardableResult
    public func scrub(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        let shapes = try await schema.view().shapes
        return try await Scrubber(repairer: Repairer(writer: writer), shapes: shapes).scrub(partition).mended
    }

    /// The same for all global indexes of a type, which it reads whole.
    @discardableResult
    public func scrubGlobalIndexes(of type: String) async throws -> Int {
        let shapes = try await schema.view().shapes
        let shape = try shapes[type] ?? shape(type)
        let scrubber = Scrubber(repairer: Repairer(writer: writer), shapes: shapes)
        var mended = 0
        for index in shape.indexes {
            guard case .global(let shards) = index.scope else { continue }
            for shard in 0..<shards {
                let place = try writer.layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)]))
                mended += try await scrubber.scrub(place).mended
            }
        }
        return mended
    }

    func shape(_ type: String) throws(RecordError) -> RecordShape {
        guard let shape = shapes[type] else {
            throw RecordError(.invalidDeclaration, "No record type of this name is declared.", ["type": type])
        }
        return shape
    }
}
