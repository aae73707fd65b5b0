import KeyValue

extension ConformanceCase {
    /// A batch that is sent again under its identifier, after an outcome that nobody knows.
    static let resending: [ConformanceCase] = [
        ConformanceCase("resending/rows-tell-their-batch", .offer(.revisions)) { context in
            let key = context.key("a")
            // Any 64 bits, those of either sign included.
            for nonce in [0xA11CE, 0, 1, 1 << 63, .max, 0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF] as [UInt64] {
                let (own, other) = (WriteID(nonce: nonce), WriteID(nonce: nonce ^ 2))
                let batch = WriteBatch([WriteBatch.Operation(.put([1]), at: key)], id: own)
                let revision = try require(try await context.store.write(batch).outcomes[0].revision, "a revision")
                try expect(revision.isWritten(by: own) && !revision.isWritten(by: other), "the receipt tells the batch")
                try await context.eventually {
                    let entry = try require(try await context.store.get(key), "the record")
                    try expect(entry.revision.isWritten(by: own), "a get tells the batch that wrote the row")
                    let scanned = try require(try await context.rows(.all()).first, "the row of a scan")
                    try expect(scanned.revision.isWritten(by: own), "a scan tells the batch that wrote the row")
                }
                if context.capabilities.conditionalWrite {
                    try await context.write(.check, at: key, if: .revision(revision))
                }
            }
        },
        ConformanceCase("resending/applied-batch-meets-itself", .conditionalWrite) { context in
            let key = context.key("a")
            let id = WriteID(nonce: 0xA11CE)
            let batch = WriteBatch([WriteBatch.Operation(.put([1]), at: key, if: .absent)], id: id)
            _ = try await context.store.write(batch)
            try await expectOwnWrite(batch, id, context)
            try await context.expect(key, is: [1])
        },
        ConformanceCase("resending/addition-counts-once", .conditionalWrite, .integerAdd) { context in
            let key = context.key("counter")
            let id = WriteID(nonce: 0xA11CE)
            let revision = try await context.revision(putting: Counter.encode(10), at: key)
            let batch = WriteBatch([WriteBatch.Operation(.add(5), at: key, if: .revision(revision))], id: id)
            _ = try await context.store.write(batch)
            try await expectOwnWrite(batch, id, context)
            try await expectOwnWrite(batch, id, context)
            try await context.expect(key, is: Counter.encode(15), "a counter after an addition sent three times")
        },
        ConformanceCase("resending/does-not-undo-a-later-write", .conditionalWrite) { context in
            let key = context.key("a")
            let batch = WriteBatch(
                [WriteBatch.Operation(.put([1]), at: key, if: .absent)],
                id: WriteID(nonce: 0xA11CE)
            )
            _ = try await context.store.write(batch)
            try await context.put([2], at: key)
            _ = try await context.attempt(batch)
            try await context.expect(key, is: [2], "what was put between two sendings")
        },
        ConformanceCase("resending/of-one-that-was-not-applied", .conditionalWrite) { context in
            let key = context.key("a")
            let batch = WriteBatch(
                [WriteBatch.Operation(.put([1]), at: key, if: .absent)],
                id: WriteID(nonce: 0xA11CE)
            )
            try await context.put([2], at: key)
            let refused = try await context.attempt(batch)
            try expect(refused == nil, "a put if absent where something is")
            try await context.write(.delete, at: key)
            _ = try await context.store.write(batch)
            try await context.expect(key, is: [1], "a batch that was refused and sent again")
        },
        ConformanceCase("resending/of-many-operations", .conditionalWrite, .batchScope(.partition)) { context in
            let keys = ["a", "b", "c", "d"].map { context.key($0) }
            try await context.fill([keys[1], keys[2]])
            var batch = WriteBatch(id: WriteID(nonce: 0xA11CE))
            batch.put([1], at: keys[0], if: .vacant)
            batch.bury(keys[1], if: .exists)
            batch.delete(keys[2])
            batch.check(keys[3], .absent)
            _ = try await context.store.write(batch)
            try await context.expectUnchanged(by: "a batch of many operations that is sent again") {
                _ = try await context.attempt(batch)
            }
        },
        ConformanceCase("resending/after-a-lost-reply", .conditionalWrite, .offer(.faults)) { context in
            let key = context.key("a")
            let id = WriteID(nonce: 0xA11CE)
            let batch = WriteBatch([WriteBatch.Operation(.put([1]), at: key, if: .vacant)], id: id)
            try await context.place.inject?(.lostReply)
            do {
                _ = try await context.store.write(batch)
            } catch let error as StoreError {
                try expectEqual(error.code, .outcomeUnknown, "the error of a lost reply")
                try expectEqual(error.retry, .conditionally, "whether it may be sent again")
            }
            try await expectOwnWrite(batch, id, context)
            try await context.expect(key, is: [1])
        },
    ]

    /// Sends a batch of one operation again that was applied: it succeeds or finds its own write, and does nothing.
    private static func expectOwnWrite(
        _ batch: WriteBatch,
        _ id: WriteID,
        _ context: ConformanceContext
    ) async throws {
        try await context.expectUnchanged(by: "a batch that is sent again") {
            do throws(StoreError) {
                _ = try await context.store.write(batch)
            } catch {
                try expectEqual(error.code, .preconditionFailed, "the error of a batch that is sent again")
                let conflict = try require(error.conflicts.first, "what is there instead")
                switch conflict.occupant {
                case .unknown: break
                case .row(let entry): try expect(entry.revision.isWritten(by: id), "what is there is its own write")
                case .vacant: try expect(false, "what the batch wrote is there")
                }
            }
        }
    }
}
