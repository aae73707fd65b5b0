#if CouchDB
public import KeyValue
import StoreHTTP

extension CouchDBStore {
    /// How often a write begins anew since somebody else was faster.
    private static let roundsMax = 200

    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await write(each: [batch])[0].get()
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var writes: [DocumentWrite] = []
        for batch in batches {
            var write = DocumentWrite(batch, nonce: batch.id?.nonce ?? environment.random())
            do throws(StoreError) {
                try batch.validate(for: capabilities)
                try requireOpen()
            } catch {
                write.result = .failure(error)
            }
            writes.append(write)
        }
        for _ in 0..<CouchDBStore.roundsMax {
            let open = writes.indices.filter { writes[$0].result == nil }
            guard !open.isEmpty else { break }
            await round(open, &writes)
        }
        return writes.map { write in
            write.result
                ?? .failure(StoreError(.locked, "Others write the record all the time: try again when they are done."))
        }
    }

    /// Judges and sends each of these writes once. What loses against somebody else stays open.
    private func round(_ open: [Int], _ writes: inout [DocumentWrite]) async {
        await admit(open, &writes)
        await read(open.filter { writes[$0].needsRow(in: identity) }, &writes)
        var group: [Int] = []
        var bytes = 0
        for place in open where writes[place].result == nil {
            writes[place].judge(in: identity)
            guard writes[place].result == nil else { continue }
            group.append(place)
            bytes += writes[place].bytes
            if group.count == DocumentWrite.countMax || bytes >= DocumentWrite.bytesMax {
                await send(group, &writes)
                group = []
                bytes = 0
            }
        }
        if !group.isEmpty { await send(group, &writes) }
    }

    /// Checks writes against the fence.
    private func admit(_ open: [Int], _ writes: inout [DocumentWrite]) async {
        let fence: Fence
        do throws(StoreError) {
            fence = try await currentFence(for: open.compactMap { writes[$0].epoch }.max())
        } catch {
            for place in open { writes[place].result = .failure(error) }
            return
        }
        for place in open where writes[place].result == nil {
            do throws(StoreError) {
                try fence.admit(epoch: writes[place].epoch)
            } catch {
                writes[place].result = .failure(error)
            }
        }
    }

    private func read(_ places: [Int], _ writes: inout [DocumentWrite]) async {
        let places = places.filter { writes[$0].result == nil }
        let keys = places.map { writes[$0].operation.key }
        do throws(StoreError) {
            for (place, row) in zip(places, try await rows(at: keys)) { writes[place].row = .read(row) }
        } catch {
            for place in places { writes[place].result = .failure(error) }
        }
    }

    private func send(_ group: [Int], _ writes: inout [DocumentWrite]) async {
        // Again, since reading took its time: what is sent was admitted by a copy that is young.
        await admit(group, &writes)
        let places = group.filter { writes[$0].result == nil }
        guard !places.isEmpty else { return }
        var documents: [UInt8] = []
        for place in places {
            if !documents.isEmpty { documents.append(0x2C) }
            writes[place].append(to: &documents, in: identity)
        }
        let isConditional = places.contains { writes[$0].operation.precondition != nil }
        let fates: [CouchDatabase.DocumentFate]
        do throws(StoreError) {
            if Task.isCancelled { throw .cancelled }
            // Without a precondition the cluster's own quorum will do.
            let copies = isConditional ? facts.copies : facts.copies / 2 + 1
            fates = try await database.write(documents, count: places.count, copies: copies)
        } catch {
            let failure = error
            guard failure.code == .outcomeUnknown else {
                for place in places { writes[place].result = .failure(failure) }
                return
            }
            fates = places.map { _ in .failed(failure) }
        }
        var unresolved: [Int] = []
        for (place, fate) in zip(places, fates) {
            switch fate {
            case .written(let revision): writes[place].succeed(revision, in: identity)
            case .conflict: writes[place].row = .unread
            case .accepted(let revision): await settle(revision, &writes[place])
            case .failed(let error):
                writes[place].result = .failure(error)
                if error.code == .outcomeUnknown { unresolved.append(place) }
            }
        }
        if !unresolved.isEmpty { await lookUp(unresolved, &writes) }
    }

    /// Looks whether writes of unknown outcome are there; those that are have succeeded. The others may still be on
    /// their way.
    private func lookUp(_ places: [Int], _ writes: inout [DocumentWrite]) async {
        do throws(StoreError) {
            let rows = try await rows(at: places.map { writes[$0].operation.key })
            for (place, row) in zip(places, rows) where row?.nonce == writes[place].nonce {
                guard let row, !writes[place].isDeletion else { continue }
                writes[place].succeed(row.revision, in: identity)
            }
        } catch {
            // Their outcome stays unknown.
            return
        }
    }

    /// Finds out what became of a write that fewer nodes have taken than were asked to.
    ///
    /// Somebody else may have written as well, with as little success: then all nodes choose the same one of the two,
    /// and the other is removed, so that it does not come back when the first is deleted. Whose was removed everywhere
    /// has certainly lost. The other has not certainly won: a reply that fewer nodes have taken it does not tell whether
    /// one of them is down, and that one may have taken another.
    private func settle(_ revision: String, _ write: inout DocumentWrite) async {
        do throws(StoreError) {
            let id = DocumentID.of(write.operation.key)
            let leaves = try await database.leaves([id])[0]
            let losers = leaves.dropFirst().filter { !$0.isDeleted }
            var isRemoved = false
            if !losers.isEmpty {
                var documents: [UInt8] = []
                for loser in losers {
                    if !documents.isEmpty { documents.append(0x2C) }
                    StoredDocument.append(
                        .delete,
                        id: id,
                        nonce: environment.random(),
                        replacing: loser.revision,
                        to: &documents
                    )
                }
                let fates = try await database.write(documents, count: losers.count, copies: facts.copies)
                for (loser, fate) in zip(losers, fates) where loser.revision == revision {
                    if case .written = fate { isRemoved = true }
                }
            }
            // Nothing was asked of what it replaces, so it may have been replaced in turn.
            guard write.operation.precondition != nil else { return write.succeed(revision, in: identity) }
            // Unless no node has it any more, somebody may have read it, or built on it.
            guard isRemoved else { throw CouchDBStore.tooFewCopies }
            write.row = .unread
        } catch {
            write.result = .failure(error.code == .outcomeUnknown ? error : CouchDBStore.tooFewCopies)
        }
    }

    private static var tooFewCopies: StoreError {
        StoreError(
            .outcomeUnknown,
            "Not all nodes have taken the write, since some are down or others wrote at the same time: read the record."
        )
    }
}
#endif
