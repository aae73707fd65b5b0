import KeyValue

extension ConformanceCase {
    /// What a store finds that is opened where another was closed.
    static let reopening: [ConformanceCase] = [
        ConformanceCase(
            "reopening/everything-is-there",
            .offer(.reopening),
            .offer(.partitions),
            .offer(.reservedSpace)
        ) { context in
            let keys = KeySpace.allCases.flatMap { space in
                confusableKeys.map { Key(partition: $0.partition, bytes: $0.bytes, space: space) }
            }
            try await context.fill(keys)
            try await context.put([], at: keys[0])
            try await context.bury(keys[1])
            try await context.write(.delete, at: keys[2])
            try await context.settle()
            let before = try await context.everything()
            let later = try await context.reopened()
            try await later.eventually {
                let after = try await later.everything()
                try expectEqual(after.map(\.key), before.map(\.key), "the keys after reopening")
                try expectEqual(after.map(\.value), before.map(\.value), "the values after reopening")
                try expectEqual(after.map(\.isTombstone), before.map(\.isTombstone), "the tombstones after reopening")
            }
        },
        ConformanceCase("reopening/the-last-write-is-there", .offer(.reopening)) { context in
            var present = context
            for round in UInt8(0)..<6 {
                try await present.put([round], at: present.key("\(round)"))
                present = try await present.reopened()
                for earlier in 0...round {
                    try await present.expect(present.key("\(earlier)"), is: [earlier], "what was put earlier")
                }
            }
        },
        ConformanceCase("reopening/batches-are-there-to-tell", .offer(.reopening), .offer(.revisions)) { context in
            let id = WriteID(nonce: 0xA11CE)
            let key = context.key("a")
            _ = try await context.store.write(WriteBatch([.init(.put([1]), at: key)], id: id))
            let later = try await context.reopened()
            try await later.eventually {
                let entry = try require(try await later.store.get(key), "the record after reopening")
                try expect(entry.revision.isWritten(by: id), "a row tells its batch after reopening")
            }
        },
        ConformanceCase("reopening/names-its-bins-alike", .offer(.reopening), .offer(.bins)) { context in
            let before = try await context.store.bins()
            let later = try await context.reopened()
            try expectEqual(try await later.store.bins(), before, "the bins after reopening")
        },
        ConformanceCase("reopening/conditional-writes-go-on", .offer(.reopening), .conditionalWrite) { context in
            let keys = [context.key("live"), context.key("buried")]
            try await context.fill([keys[0]])
            try await context.bury(keys[1])
            let later = try await context.reopened()
            for key in keys {
                let vacant = try await later.attempt(.put([9]), at: key, if: .vacant)
                try expect(vacant == nil, "a row of before is no vacancy")
                let row = try require(try await later.row(key), "the row at \(key)")
                try await later.put([2], at: key, if: .revision(row.revision))
                try await later.expect(key, is: [2])
            }
        },
    ]
}
