import KeyValue

extension RecordStore {
    /// How often a transaction is tried, unless said otherwise.
    public static let transactionAttemptsMax = 16

    /// Reads and changes records of one partition as if nobody else did anything meanwhile.
    ///
    /// The body works on what it reads and stages its changes; they are written in one batch when it returns, if
    /// everything that it read is as it was, down to the records that its queries did not find since they were not
    /// there. Otherwise it is called again, so it does nothing but read, compute and stage. While it runs, what it has
    /// read may not be of one moment; then whatever it returns or throws counts for nothing.
    ///
    /// A unique value can go from one record to another in a transaction where its index is local, or where the store's
    /// batches reach all of it.
    ///
    /// - Parameters:
    ///   - address: The address of any record of the partition, there or not. Types whose partition keys have the same
    ///     group and values share a partition.
    ///   - body: What the transaction reads and writes; it may be called again.
    ///   - attemptsMax: How often the body is called at most. Between attempts it waits, up to a tenth of a second.
    /// - Throws: What the body throws; ``RecordError/Code/contended`` when others were always faster, which may be tried
    ///   again; ``RecordError/Code/tooLarge`` for more than a batch of the store can hold;
    ///   ``RecordError/Code/unsupported`` where the store's batches don't reach a partition; and `outcomeUnknown` of
    ///   `StoreError` where nobody can tell any more whether it was written: look before it is tried again.
    public func transact<Result>(
        inPartitionOf address: RecordAddress,
        attemptsMax: Int = RecordStore.transactionAttemptsMax,
        _ body: (RecordTransaction) async throws -> Result
    ) async throws -> Result {
        guard writer.store.capabilities.batchScope >= .partition else {
            throw RecordError(
                .unsupported,
                "Transactions need a store whose batches reach a partition.",
                ["store": writer.store.system]
            )
        }
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        for attempt in 0..<attemptsMax {
            if attempt > 0 { try await rest(after: attempt) }
            let view = try await schema.view()
            let transaction = RecordTransaction(self, view, partition: partition)
            do {
                let result = try await body(transaction)
                if try await transaction.commit() { return result }
            } catch let error as TransactionFailure {
                throw error.cause
            } catch let error where !(error is CancellationError) {
                // What was thrown over records that were never there together counts for nothing.
                if try await transaction.wasOneMoment() { throw error }
            }
        }
        throw RecordError(.contended, "Others changed what the transaction read again and again: try later.")
    }

    /// Twice as long after each attempt, up to 64 milliseconds, and by chance up to half as long again.
    private func rest(after attempt: Int) async throws {
        let microseconds = UInt64(1_000) << UInt64(min(attempt - 1, 6))
        let chance = writer.environment.random() % (microseconds / 2)
        try await writer.environment.sleep(.microseconds(Int64(microseconds + chance)))
    }
}

/// An error of a transaction's end, which is thrown whatever was read.
struct TransactionFailure: Error {
    let cause: any Error
}

extension RecordTransaction {
    /// Writes what is staged: false if what was read has changed.
    func commit() async throws(TransactionFailure) -> Bool {
        do {
            var commit = makeCommit()
            return try await commit.run()
        } catch {
            throw TransactionFailure(cause: error)
        }
    }

    /// Whether everything that was read was so at one moment.
    func wasOneMoment() async throws -> Bool {
        var look = makeCommit(changing: false)
        return try await look.run()
    }
}

extension RecordStore.Condition {
    var wanted: Change.Condition {
        switch self {
        case .none: .none
        case .absent: .absent
        case .present: .present
        case .version(let version): .version(version)
        }
    }
}
