import KeyValue
import Tuples

extension RecordStore {
    /// Finishes what crashed writers have left in the partition of an address, and counts anew what is in doubt.
    ///
    /// - Returns: How many changes and totals are still open, since others were busy with them: sweep again later.
    /// - Throws: When all the rest is done, ``RecordError`` with the key of a row that can't be read.
    @discardableResult
    public func sweep(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        let shapes = try await schema.view().shapes
        let report = try await Sweeper(repairer: Repairer(writer: writer), shapes: shapes).sweep(partition)
        if let error = report.damage.first { throw error }
        return report.left
    }

    /// Holds every record, entry and claim in the partition of an address against each other, and mends what is amiss.
    /// It reads the whole partition.
    @discardableResult
    public func scrub(partitionOf address: RecordAddress) async throws -> ScrubReport {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        let shapes = try await schema.view().shapes
        return try await Scrubber(repairer: Repairer(writer: writer), shapes: shapes).scrub(partition)
    }

    /// The same for all global indexes of a type, which it reads whole.
    @discardableResult
    public func scrubGlobalIndexes(of type: String) async throws -> ScrubReport {
        let shapes = try await schema.view().shapes
        let shape = try shapes[type] ?? shape(type)
        let scrubber = Scrubber(repairer: Repairer(writer: writer), shapes: shapes)
        var report = ScrubReport()
        for place in try writer.layout.partitions(ofIndexesOf: shape) { report.add(try await scrubber.scrub(place)) }
        return report
    }

    /// The same for all partitions and all global indexes of the declared types, one row after the other, while everybody
    /// goes on.
    ///
    /// It reads everything. What was done is kept: after a crash, call it again, and it goes on where it was, and its
    /// report is of the whole. A row that can't be read is left as it is, and reported.
    ///
    /// - Parameters:
    ///   - pace: How many rows are read at once, and how long to rest after each page.
    ///   - fromStart: Whether it begins anew, whatever was done before.
    ///   - progress: Called after each page, from the task that scrubs.
    public func scrubAll(
        pace: IndexWorkPace = IndexWorkPace(),
        fromStart: Bool = false,
        progress: @escaping @Sendable (IndexWorkProgress) -> Void = { _ in }
    ) async throws -> ScrubReport {
        let scrub = FullScrub(
            writer: writer,
            schema: schema,
            shapes: shapes,
            pace: pace,
            watch: IndexWorkWatch(progress)
        )
        return try await scrub.run(fromStart: fromStart)
    }

    func shape(_ type: String) throws(RecordError) -> RecordShape {
        guard let shape = shapes[type] else {
            throw RecordError(.invalidDeclaration, "No record type of this name is declared.", ["type": type])
        }
        return shape
    }
}
