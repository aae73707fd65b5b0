import KeyValue

extension Animal {
    /// Scans that show the wrong rows, or in the wrong order.
    static let scanning: [Animal] = [
        Animal("order-is-of-signed-bytes", caughtBy: "keys/order-within-a-partition") { store, identity in
            store.scanByList(identity) {
                $0.bytes.map { Int8(bitPattern: $0) }.lexicographicallyPrecedes($1.bytes.map { Int8(bitPattern: $0) })
            }
        },
        Animal("order-is-of-lengths", caughtBy: "keys/order-within-a-partition") { store, identity in
            store.scanByList(identity) { ($0.bytes.count, $0) < ($1.bytes.count, $1) }
        },
        Animal("order-is-of-text", caughtBy: "keys/order-within-a-partition") { store, identity in
            store.scanByList(identity) { left, right in
                let texts = [left, right].map { String(decoding: $0.bytes, as: UTF8.self) }
                return texts[0] == texts[1] ? left < right : texts[0] < texts[1]
            }
        },
        Animal("order-mixes-partitions", caughtBy: "keys/order-of-partitions") { store, identity in
            store.scanByList(identity) { left, right in
                let order = ByteOrder.compare(left.bytes, right.bytes)
                return order != 0 ? order < 0 : left < right
            }
        },
        Animal(
            "partitions-come-in-pieces",
            .partitionScope,
            caughtBy: "keys/one-partition-in-one-piece"
        ) { store, identity in
            store.scanByList(identity) { left, right in
                let order = ByteOrder.compare(left.bytes, right.bytes)
                return order != 0 ? order < 0 : left < right
            }
        },
        Animal("partitions-bleed-into-those-they-begin", caughtBy: "scans/one-partition-and-no-other") { store, _ in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                guard case .keys(let partition, nil, nil) = range.extent, !partition.isEmpty else {
                    return try await base.scan(range, options, after: cursor)
                }
                let upper = ByteOrder.end(ofPrefix: partition)
                let wider = KeyRange(space: range.space, extent: .partitions(lower: partition, upper: upper))
                return try await base.scan(wider, options, after: cursor)
            }
        },
        Animal("lower-bounds-are-exclusive", caughtBy: "scans/bounds-are-half-open") { store, _ in
            store.changeBounds { lower, _ in
                lower.map { $0 + [0] }
            } upper: { upper, _ in
                upper
            }
        },
        Animal("upper-bounds-are-inclusive", caughtBy: "scans/bounds-are-half-open") { store, _ in
            store.changeBounds { lower, _ in
                lower
            } upper: { upper, _ in
                upper.map { $0 + [0] }
            }
        },
        Animal("reverse-upper-bounds-are-inclusive", caughtBy: "scans/reverse-mirrors-forward") { store, _ in
            store.changeBounds { lower, _ in
                lower
            } upper: { upper, reverse in
                upper.map { reverse ? $0 + [0] : $0 }
            }
        },
        Animal("prefixes-of-0xff-are-empty", caughtBy: "scans/prefixes") { store, _ in
            store.changeBounds { lower, _ in
                lower
            } upper: { upper, _ in
                upper ?? [0xFF]
            }
        },
        Animal("ranges-of-partitions-are-open", caughtBy: "scans/ranges-of-partitions") { store, _ in
            store.changeScans { range, _ in
                if case .partitions(let lower, _) = range.extent {
                    range.extent = .partitions(lower: lower, upper: nil)
                }
            }
        },
        Animal("reverse-is-forward", caughtBy: "scans/reverse-mirrors-forward") { store, _ in
            store.changeScans { $1.reverse = false }
        },
        Animal("keys-only-has-values", caughtBy: "scans/keys-only-leaves-values-out") { store, _ in
            store.changeScans { $1.keysOnly = false }
        },
        Animal("scans-leave-values-out", caughtBy: "scans/rows-are-whole") { store, _ in
            store.changeScans { $1.keysOnly = true }
        },
        Animal("reserved-records-show", caughtBy: "spaces/reserved-records-don't-show") { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                guard range.space == .records, page.cursor == nil else { return page }
                var other = range
                other.space = .reservedData
                let more = try await base.scan(other, options, after: nil)
                let rows = page.map(\.entry) + more.map(\.entry)
                return rebuilt(rows, page.cursor, .records, options, identity)
            }
        },
        Animal(
            "reserved-space-can-not-be-scanned-whole",
            caughtBy: "spaces/scan-across-partitions"
        ) { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                guard range.space != .records, range.extent == .all else {
                    return try await base.scan(range, options, after: cursor)
                }
                return rebuilt([], nil, range.space, options, identity)
            }
        },
        Animal("scans-of-nothing-fail", caughtBy: "scans/of-nothing") { store, _ in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                guard page.examined > 0 else { throw .invalidArgument("There is nothing.") }
                return page
            }
        },
        Animal("bounds-without-order-are-ignored", .unordered, caughtBy: "scans/bounds-refused") { store, _ in
            store.changeScans { range, _ in
                if case .keys(let partition, _, _) = range.extent {
                    range.extent = .keys(partition: partition, lower: nil, upper: nil)
                }
            }
        },
        Animal(
            "partition-ranges-without-order-are-all",
            .partitionScope,
            caughtBy: "scans/ranges-of-partitions-refused"
        ) { store, _ in
            store.changeScans { range, _ in
                if case .partitions = range.extent { range.extent = .all }
            }
        },
        Animal("reverse-where-there-is-none", .eventual, caughtBy: "scans/reverse-refused") { store, _ in
            store.changeScans { $1.reverse = false }
        },
    ]

    /// Scans that lose their way between pages.
    static let paging: [Animal] = [
        Animal("empty-pages-are-the-end", caughtBy: "paging/limit-counts-what-is-examined") { store, identity in
            store.changePages(identity) { page, _, _ in (page.map(\.entry), page.isEmpty ? nil : page.cursor) }
        },
        Animal("short-pages-are-the-end", caughtBy: "paging/bytes-end-a-page") { store, identity in
            store.changePages(identity) { page, options, _ in
                (page.map(\.entry), page.count < options.limit ? nil : page.cursor)
            }
        },
        Animal("the-last-page-is-left-out", caughtBy: "scans/one-partition-and-no-other") { store, identity in
            store.changePages(identity) { page, options, cursor in
                (page.cursor == nil && cursor != nil ? [] : page.map(\.entry), page.cursor)
            }
        },
        Animal("pages-repeat-their-edge", caughtBy: "paging/each-once-at-any-page-size") { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                guard let cursor, let edge = try await base.get(try cursor.position(in: range)) else { return page }
                let rows = ([edge] + page.map(\.entry)).prefix(options.limit)
                return rebuilt(Array(rows), page.cursor, range.space, options, identity)
            }
        },
        Animal("pages-skip-a-row-between", caughtBy: "paging/each-once-at-any-page-size") { store, identity in
            store.changePages(identity) { page, _, cursor in
                (Array(page.map(\.entry).dropFirst(cursor == nil ? 0 : 1)), page.cursor)
            }
        },
        Animal("limits-count-what-is-shown", caughtBy: "paging/limit-counts-what-is-examined") { store, identity in
            store.scanByList(identity, countsShown: true) { $0 < $1 }
        },
        Animal("limits-are-ignored", caughtBy: "paging/each-once-at-any-page-size") { store, _ in
            store.changeScans { if $1.limit > 0 { $1.limit = 10_000 } }
        },
        Animal("bytes-are-ignored", caughtBy: "paging/bytes-end-a-page") { store, _ in
            store.changeScans { if $1.bytesMax > 0 { $1.bytesMax = .max } }
        },
        Animal("large-values-are-left-out", caughtBy: "paging/a-value-larger-than-a-page") { store, identity in
            store.changePages(identity) { page, options, _ in
                (page.map(\.entry).filter { $0.value.count <= options.bytesMax }, page.cursor)
            }
        },
        Animal("scans-never-end", caughtBy: "scans/of-nothing") { store, identity in
            store.changePages(identity) { page, _, cursor in
                let last = page.last.map { Cursor(after: $0.key) }
                return (page.map(\.entry), page.cursor ?? last ?? cursor ?? Cursor(after: Key("p", "z")))
            }
        },
        Animal("cursors-end-with-their-key", caughtBy: "paging/goes-on-when-its-key-is-gone") { store, identity in
            store.scanByList(identity, whenLost: .end) { $0 < $1 }
        },
        Animal(
            "cursors-begin-anew-without-their-key",
            caughtBy: "paging/goes-on-when-its-key-is-gone"
        ) { store, identity in
            store.scanByList(identity, whenLost: .begin) { $0 < $1 }
        },
        Animal("an-empty-last-page-fails", caughtBy: "paging/last-key-goes-before-its-page") { store, _ in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                if cursor != nil, page.examined == 0 { throw StoreError(.corrupted, "There is no next row.") }
                return page
            }
        },
        Animal(
            "cursors-count-rows",
            caughtBy: "paging/keys-come-and-go-meanwhile",
            "races/scans-miss-nothing-among-writers"
        ) { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let offset = cursor.flatMap { Counter.decode($0.bytes) }.map { Int($0) } ?? 0
                let all = try await list(range, options, base)
                let rows = all.dropFirst(offset).prefix(max(1, options.limit))
                let next = offset + rows.count
                let more = next < all.count ? Cursor(bytes: Counter.encode(Int64(next))) : nil
                return rebuilt(
                    rows.filter { options.includesTombstones || !$0.isTombstone },
                    more,
                    range.space,
                    options,
                    identity
                )
            }
        },
        Animal("cursors-that-make-no-sense-begin-anew", caughtBy: "paging/foreign-cursors-are-refused") { store, _ in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.scan(range, options, after: cursor)
                } catch {
                    guard error.code == .invalidArgument, cursor != nil else { throw error }
                    return try await base.scan(range, options, after: nil)
                }
            }
        },
        Animal("cursors-end-with-their-opening", caughtBy: "paging/cursor-outlives-its-store") { store, identity in
            let own = Counter.encode(Int64(bitPattern: identity.nonce))
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                if let cursor, !cursor.bytes.starts(with: own) { throw .invalidArgument("Not of this opening.") }
                let inner = cursor.map { Cursor(bytes: Array($0.bytes.dropFirst(own.count))) }
                let page = try await base.scan(range, options, after: inner)
                let next = page.cursor.map { Cursor(bytes: own + $0.bytes) }
                return rebuilt(page.map(\.entry), next, range.space, options, identity)
            }
        },
        Animal("cursors-work-once", caughtBy: "paging/cursor-is-bytes") { store, _ in
            let used = Once()
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                if let cursor, !used.take(cursor.bytes) { throw .invalidArgument("The cursor was used.") }
                return try await base.scan(range, options, after: cursor)
            }
        },
        Animal("reverse-pages-repeat-their-edge", caughtBy: "paging/bytes-end-a-page") { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                guard options.reverse, let cursor, let edge = try await base.get(try cursor.position(in: range)) else {
                    return page
                }
                return rebuilt([edge] + page.map(\.entry), page.cursor, range.space, options, identity)
            }
        },
        Animal(
            "errors-are-the-end",
            caughtBy: "faults/a-failing-page-is-thrown",
            "faults/a-failing-read-is-thrown"
        ) { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.scan(range, options, after: cursor)
                } catch {
                    guard error.code == .unavailable else { throw error }
                    return rebuilt([], nil, range.space, options, identity)
                }
            }
        },
        Animal("pages-of-nothing-are-allowed", caughtBy: "limits/page-keys") { store, _ in
            store.changeScans { options in
                options.limit = max(1, options.limit)
                options.bytesMax = max(1, options.bytesMax)
            }
        },
    ]
}
