import KeyValue
public import Tuples

extension RecordStore {
    /// What a round of sweeping did.
    public struct SweepReport: Hashable, Sendable {
        /// How many partitions were looked at.
        public internal(set) var partitions = 0
        /// How many changes of crashed writers were finished.
        public internal(set) var changes = 0
        /// How many totals were counted anew.
        public internal(set) var totals = 0
        /// How many expired records were deleted.
        public internal(set) var expired = 0
        /// In how many partitions something could not be read, such as a damaged record: scrub them to learn what. The
        /// rest of such a partition was left.
        public internal(set) var damaged = 0
        /// How many changes and totals were left for the next round, since others were busy with them.
        public internal(set) var left = 0
    }

    /// One round over all partitions of the declared types: finishes what crashed writers have begun, counts anew what is
    /// in doubt, and deletes records that have expired. It is safe at any time and in any number of programs.
    ///
    /// It costs a look at each partition, and what there is to do. Records of a type that expires are all read, unless the
    /// type has a value index whose first column is its expiry.
    ///
    /// - Parameter pace: How many rows are read at once, and how long to rest after each partition.
    @discardableResult
    public func sweepAll(pace: IndexWorkPace = IndexWorkPace()) async throws -> SweepReport {
        var report = SweepReport()
        let view = try await schema.view()
        let readable = shapes.values.map { view.reading($0) }.sorted { $0.name < $1.name }
        let expiry = ExpirySweeper(writer: writer, pageSize: pace.pageSize)
        var seen: Set<RecordPartitions.Place> = []
        for shape in readable {
            report.expired += try await expiry.sweepGlobal(shape)
            guard let type = view.description[type: shape.name] else { continue }
            var partitions = RecordPartitions(type, writer.store, writer.layout)
            partitions.spaces = [.records, .reservedData]
            guard seen.insert(partitions.place).inserted else { continue }
            try await partitions.visit { partition in
                try Task.checkCancellation()
                report.partitions += 1
                do {
                    let shapes = try await schema.view().shapes
                    let swept = try await Sweeper(repairer: Repairer(writer: writer), shapes: shapes).sweep(partition)
                    report.changes += swept.intents
                    report.totals += swept.totals
                    report.left += swept.left
                    for other in readable where other.partitionKey.group == type.group {
                        report.expired += try await expiry.sweep(partition, of: other)
                    }
                } catch let error as RecordError where error.code == .corrupted || error.code == .newerVersion {
                    report.damaged += 1
                }
                if pace.rest > .zero { try await writer.environment.sleep(pace.rest) }
            }
        }
        return report
    }

    /// Sweeps round after round until the task is cancelled: what a service runs beside its work, in one program or in
    /// several.
    ///
    /// What a crash has left is gone, and an expired record deleted, within `interval` and the time of two rounds.
    ///
    /// - Parameters:
    ///   - interval: How long to rest between two rounds, on the clock of the environment.
    ///   - pace: How many rows are read at once, and how long to rest after each partition.
    ///   - report: Called after each round, with what it did or why it ended early. A round that fails is not the last.
    public func keepSwept(
        every interval: Duration,
        pace: IndexWorkPace = IndexWorkPace(),
        report: @Sendable (Result<SweepReport, any Error>) -> Void = { _ in }
    ) async {
        while !Task.isCancelled {
            do {
                report(.success(try await sweepAll(pace: pace)))
            } catch {
                if Task.isCancelled { return }
                report(.failure(error))
            }
            do { try await writer.environment.sleep(interval) } catch { return }
        }
    }

    /// The count or sum that an index keeps of one group of all records of a type whose partitions are shards: that of
    /// each shard, added up. It costs one read a shard, whatever the number of records.
    ///
    /// - Returns: The total; exact where those of the shards are, and are read as of one moment.
    public func total<Message>(
        _ index: String,
        of group: Tuple = [],
        as type: RecordType<Message>
    ) async throws -> Total {
        guard case .shards(let count, _) = type.shape.partitionKey.kind else {
            throw RecordError(
                .unsupported,
                "Only a type whose partitions are shards has a total over all of them: name the partition.",
                ["type": type.name]
            )
        }
        return try await total(index, of: group, in: (0..<count).map { Tuple([TupleElement($0)]) }, as: type)
    }
}
