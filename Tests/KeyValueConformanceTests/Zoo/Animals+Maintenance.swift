import KeyValue

extension Animal {
    /// Listings of partitions that are wrong.
    static let listing: [Animal] = [
        Animal("partitions-come-with-each-row", caughtBy: "partitions/with-many-rows-come-once") { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                let options = ScanOptions(limit: limit, includesTombstones: true)
                let page = try await base.scan(.all(in: space), options, after: cursor)
                return PartitionPage(partitions: page.map { Array($0.partition) }, cursor: page.cursor)
            }
        },
        Animal(
            "partitions-of-tombstones-are-left-out",
            caughtBy: "partitions/come-and-go-with-their-rows"
        ) { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                let page = try await base.partitions(in: space, limit: limit, after: cursor)
                var live: [[UInt8]] = []
                for partition in page.partitions {
                    let count = try await base.count(.partition(partition, in: space), ReadOptions())
                    if count.value > 0 { live.append(partition) }
                }
                return PartitionPage(partitions: live, cursor: page.cursor)
            }
        },
        Animal("partitions-of-all-spaces", caughtBy: "partitions/of-one-space") { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                let page = try await base.partitions(in: space, limit: limit, after: cursor)
                guard page.cursor == nil else { return page }
                let more = try await base.partitions(in: .reservedData, limit: limit, after: nil)
                return PartitionPage(partitions: page.partitions + more.partitions, cursor: nil)
            }
        },
        Animal("partitions-are-one-page", caughtBy: "partitions/each-once-at-any-page-size") { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                let page = try await base.partitions(in: space, limit: limit, after: cursor)
                return PartitionPage(partitions: page.partitions, cursor: nil)
            }
        },
        Animal("partitions-never-end", caughtBy: "partitions/of-nothing") { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                let page = try await base.partitions(in: space, limit: limit, after: cursor)
                let last = Cursor(after: Key(partition: [0xFF], bytes: [0], space: space))
                return PartitionPage(partitions: page.partitions, cursor: page.cursor ?? last)
            }
        },
        Animal("partition-cursors-count", caughtBy: "partitions/go-on-when-their-rows-are-gone") { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                let offset = cursor.flatMap { Counter.decode($0.bytes) }.map { Int($0) } ?? 0
                let all = try await base.partitions(in: space, limit: 10_000, after: nil).partitions
                let some = Array(all.dropFirst(offset).prefix(limit))
                let next = offset + some.count
                let more = next < all.count ? Cursor(bytes: Counter.encode(Int64(next))) : nil
                return PartitionPage(partitions: some, cursor: more)
            }
        },
        Animal("partition-cursors-are-not-checked", caughtBy: "partitions/refuse-what-makes-no-sense") { store, _ in
            store.onPartitions = { (base, space, limit, cursor) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.partitions(in: space, limit: limit, after: cursor)
                } catch {
                    guard error.code == .invalidArgument else { throw error }
                    return try await base.partitions(in: space, limit: max(1, limit), after: nil)
                }
            }
        },
    ]

    /// Counts, sizes and deletions that are wrong.
    static let maintenance: [Animal] = [
        Animal("counts-take-in-reserved-space", caughtBy: "measurements/leave-out-reserved-space") { store, _ in
            store.onCount = { (base, range, options) async throws(StoreError) in
                var sum = 0
                for space in KeySpace.allCases {
                    let other = KeyRange(space: space, extent: range.extent)
                    sum += try await base.count(other, options).value
                }
                return Measurement(sum, .exact)
            }
        },
        Animal("counts-take-in-tombstones", caughtBy: "measurements/leave-out-tombstones") { store, _ in
            store.onCount = { (base, range, _) async throws(StoreError) in
                try await base.count(range, ReadOptions(includesTombstones: true))
            }
        },
        Animal("counts-leave-out-empty-values", caughtBy: "measurements/count-empty-values") { store, _ in
            store.onCount = { (base, range, options) async throws(StoreError) in
                let rows = try await list(range, ScanOptions(), base)
                return Measurement(rows.count { !$0.value.isEmpty }, .exact)
            }
        },
        Animal("counts-are-of-one-page", caughtBy: "measurements/of-more-than-a-page") { store, _ in
            store.onCount = { (base, range, options) async throws(StoreError) in
                Measurement(try await base.scan(range, ScanOptions(), after: nil).count, .exact)
            }
        },
        Animal("counts-are-of-partitions", caughtBy: "measurements/count-and-size-of-ranges") { store, _ in
            store.onCount = { (base, range, options) async throws(StoreError) in
                guard case .keys(let partition, _, _) = range.extent else {
                    return try await base.count(range, options)
                }
                return try await base.count(.partition(partition, in: range.space), options)
            }
        },
        Animal("counts-are-one-too-many", caughtBy: "measurements/of-a-new-store") { store, _ in
            store.onCount = { (base, range, options) async throws(StoreError) in
                Measurement(try await base.count(range, options).value + 1, .exact)
            }
        },
        Animal("sizes-leave-out-keys", caughtBy: "measurements/count-and-size-of-ranges") { store, _ in
            store.onSize = { (base, range, options) async throws(StoreError) in
                let rows = try await list(range, ScanOptions(), base)
                return Measurement(rows.reduce(0) { $0 + $1.value.count }, .exact)
            }
        },
        Animal("deletions-take-the-partition", caughtBy: "range-deletion/takes-the-range-and-no-more") { store, _ in
            store.changeDeletions { range, _ in
                if case .keys(let partition, _, _) = range.extent {
                    range.extent = .keys(partition: partition, lower: nil, upper: nil)
                }
            }
        },
        Animal("deletions-take-no-more-than-a-step", caughtBy: "range-deletion/of-everything") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                let step = try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
                return DeletedRange(deleted: step.deleted, cursor: nil)
            }
        },
        Animal("deletions-take-all-at-once", caughtBy: "range-deletion/goes-on-from-kept-bytes") { store, _ in
            store.changeDeletions { if $1 > 0 { $1 = 100_000 } }
        },
        Animal("deletions-take-tombstones", caughtBy: "range-deletion/leaves-tombstones") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                let step = try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
                guard step.cursor == nil else { return step }
                for row in try await list(range, ScanOptions(), base) where row.isTombstone {
                    try await base.delete(row.key)
                }
                return step
            }
        },
        Animal("deletions-bury", caughtBy: "range-deletion/takes-the-range-and-no-more") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                let page = try await base.scan(range, ScanOptions(limit: limit), after: cursor)
                for row in page { _ = try await base.write(WriteBatch([.init(.bury, at: row.key)], epoch: epoch)) }
                return DeletedRange(deleted: page.count, cursor: page.cursor)
            }
        },
        Animal("deletions-count-what-was-examined", caughtBy: "range-deletion/leaves-tombstones") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                let options = ScanOptions(limit: limit, keysOnly: true, includesTombstones: true)
                let examined = try await base.scan(range, options, after: cursor).count
                let step = try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
                return DeletedRange(deleted: examined, cursor: step.cursor)
            }
        },
        Animal("deletions-take-reserved-records", caughtBy: "range-deletion/leaves-reserved-space") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                let step = try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
                let reserved = KeyRange(space: .reservedData, extent: range.extent)
                for row in try await list(reserved, ScanOptions(), base) { try await base.delete(row.key) }
                return step
            }
        },
        Animal("deletions-of-reserved-ranges", caughtBy: "range-deletion/of-reserved-space-is-refused") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                guard range.space != .records else {
                    return try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
                }
                for row in try await list(range, ScanOptions(), base) { try await base.delete(row.key) }
                return DeletedRange(deleted: 0, cursor: nil)
            }
        },
        Animal("deletions-of-nothing-are-allowed", caughtBy: "range-deletion/refuses-what-makes-no-sense") { store, _ in
            store.changeDeletions { $1 = max(1, $1) }
        },
        Animal("deletions-drop-neighbours", caughtBy: "range-deletion/of-a-dropped-partition") { store, _ in
            store.changeDeletions { range, _ in
                if case .keys(_, nil, nil) = range.extent { range.extent = .all }
            }
        },
        Animal("deletions-swallow-errors", caughtBy: "faults/a-failing-deletion-is-thrown") { store, _ in
            store.onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
                } catch {
                    guard error.code == .unavailable else { throw error }
                    return DeletedRange(deleted: 0, cursor: nil)
                }
            }
        },
        Animal("counts-swallow-errors", caughtBy: "faults/a-failing-read-is-thrown") { store, _ in
            store.onCount = { (base, range, options) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.count(range, options)
                } catch {
                    guard error.code == .unavailable else { throw error }
                    return Measurement(0, .exact)
                }
            }
        },
    ]
}

extension BrokenStore {
    /// Changes the range and the limit of every deletion.
    mutating func changeDeletions(_ change: @escaping @Sendable (inout KeyRange, inout Int) -> Void) {
        onDelete = { (base, range, limit, epoch, cursor) async throws(StoreError) in
            var (range, limit) = (range, limit)
            change(&range, &limit)
            return try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
        }
    }
}
