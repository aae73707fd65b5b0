import KeyValue
import Tuples

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
        /// In how many partitions something that the sweeping takes could not be read, such as a damaged record. What goes
        /// without it was done all the same.
        public internal(set) var damaged = 0
        /// The first rows that could not be read, up to ``ScrubReport/damagedMax``. A round reads what crashed writers have
        /// named, what has expired, and the records of totals in doubt; it is ``RecordStore/scrubAll(pace:fromStart:progress:)``
        /// that reads everything.
        public internal(set) var damagedRows: [ScrubReport.DamagedRow] = []
        /// How many changes and totals were left for the next round, since others were busy with them.
        public internal(set) var left = 0

        mutating func note(_ damage: [RecordError]) {
            for error in damage where damagedRows.count < ScrubReport.damagedMax {
                guard let key = error.row, !damagedRows.contains(where: { $0.key == key }) else { continue }
                damagedRows.append(ScrubReport.DamagedRow(error, at: key))
            }
        }
    }

    /// One round over all partitions of the declared types: finishes what crashed writers have begun, counts anew what is
    /// in doubt, and deletes records that have expired. It is safe at any time and in any number of programs.
    ///
    /// It costs a look at each partition, and what there is to do; of a type whose totals over all partitions are behind,
    /// a look at each of those totals too. Records of a type that expires are all read, unless the
    /// type has a value index whose first column is its expiry.
    ///
    /// - Parameter pace: How many rows are read at once, and how long to rest after each partition.
    @discardableResult
    public func sweepAll(pace: IndexWorkPace = IndexWorkPace()) async throws -> SweepReport {
        var report = SweepReport()
        let view = try await schema.view()
        let readable = shapes.values.map { view.reading($0) }.sorted { $0.name < $1.name }
        let expiry = ExpirySweeper(writer: writer, pageSize: pace.pageSize)
        let begun = writer.wallClock()
        var seen: Set<RecordPartitions.Place> = []
        var behind: Set<RecordPartitions.Place> = []
        for shape in readable {
            let gone = try await expiry.sweepGlobal(shape)
            report.expired += gone.deleted
            report.note(gone.damage)
            guard let type = view.description[type: shape.name] else { continue }
            var partitions = RecordPartitions(type, writer.store, writer.layout)
            partitions.spaces = [.records, .reservedData]
            guard seen.insert(partitions.place).inserted else { continue }
            try await partitions.visit { partition in
                try Task.checkCancellation()
                report.partitions += 1
                let shapes = try await schema.view().shapes
                let swept = try await Sweeper(repairer: Repairer(writer: writer), shapes: shapes).sweep(partition)
                report.changes += swept.intents
                report.totals += swept.totals
                report.left += swept.left
                if swept.isBehind { behind.insert(partitions.place) }
                var damage = swept.damage
                for other in readable where other.partitionKey.group == type.group {
                    let gone = try await expiry.sweep(partition, of: other)
                    report.expired += gone.deleted
                    damage += gone.damage
                }
                if !damage.isEmpty { report.damaged += 1 }
                report.note(damage)
                if pace.rest > .zero { try await writer.environment.sleep(pace.rest) }
            }
        }
        for shape in readable {
            guard let type = view.description[type: shape.name] else { continue }
            let isBehind = behind.contains(RecordPartitions(type, writer.store, writer.layout).place)
            for index in shape.indexes where index.isPublished {
                report.left += try await publish(index, of: shape, type, isBehind ? nil : begun)
            }
        }
        return report
    }

    /// The end of a round for a published total: how many sums were left, since others were busy with them.
    private func publish(
        _ index: Index,
        of shape: RecordShape,
        _ type: RecordTypeDescription,
        _ begun: Timestamp?
    ) async throws -> Int {
        let publisher = TotalPublisher(writer: writer)
        if type[index: index.name]?.isBehind == true {
            let left = try await publisher.addUp(index, of: shape)
            guard left == 0 else { return left }
        }
        if let begun { try await publisher.note(begun, of: index, shape) }
        return 0
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
}
