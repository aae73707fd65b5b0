#if SQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

/// Files that were changed behind the store's back.
///
/// SQLite keeps checksums in its log, and none in the database. A page that is no page any more is found; a byte of a
/// value that has turned is not, nor a lost page of a value that is longer than a page, and a byte of a key or of a
/// page's directory may hide a record. Whoever stores values that must not change puts a checksum into them, as records
/// have one.
@Suite struct DamageTests {
    private static let pageBytes = 4_096

    private func key(_ number: Int) -> Key { Key("partition", "key \(10_000 + number)") }

    /// The value of a key: its number, again and again. Every fourth is large, and none longer than a page.
    private func value(_ number: Int) -> [UInt8] {
        let bytes = number.isMultiple(of: 4) ? 3_000 : 800
        return Array(repeatElement(Counter.encode(Int64(number)), count: bytes / 8).joined())
    }

    /// The files of a store of so many records, closed.
    private func database(records: Int) async throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        for begin in stride(from: 0, to: records, by: 50) {
            let operations = (begin..<min(begin + 50, records)).map {
                WriteBatch.Operation(.put(value($0)), at: key($0))
            }
            _ = try await store.write(WriteBatch(operations))
        }
        await store.close()
        return try directory.read()
    }

    private struct Reading {
        var right = 0
        var corrupted = 0
        var missing = 0
        var wrong = 0
        var others: [StoreError] = []
        var refusal: StoreError?
    }

    /// Opens a file and gets every key.
    private func read(_ bytes: [UInt8], records: Int) async throws -> Reading {
        let directory = try TemporaryDirectory()
        try directory.write(bytes)
        var reading = Reading()
        let store: SQLiteStore
        do throws(StoreError) {
            store = try await SQLiteStore.open(path: directory.file())
        } catch {
            reading.refusal = error
            return reading
        }
        for number in 0..<records {
            do throws(StoreError) {
                switch try await store.get(key(number))?.value {
                case nil: reading.missing += 1
                case value(number): reading.right += 1
                default: reading.wrong += 1
                }
            } catch {
                if error.code == .corrupted { reading.corrupted += 1 } else { reading.others.append(error) }
            }
        }
        await store.close()
        return reading
    }

    /// Pages that were zeroed, filled with noise or exchanged for another's content.
    @Test func findsEveryPageThatIsNoneAnyMore() async throws {
        let records = 120
        let bytes = try await database(records: records)
        let pages = bytes.count / DamageTests.pageBytes
        var generator = SeededGenerator(seed: 7)
        var damaged = 0
        for page in 1..<pages {
            for filling in [Array(repeating: 0, count: DamageTests.pageBytes), generator.bytes(DamageTests.pageBytes)] {
                var changed = bytes
                changed.replaceSubrange(page * 4_096..<(page + 1) * 4_096, with: filling)
                let reading = try await read(changed, records: records)
                let context: Comment = "page \(page + 1): \(reading)"
                #expect(reading.others.isEmpty, context)
                #expect(reading.wrong == 0 && reading.missing == 0, context)
                if let refusal = reading.refusal {
                    #expect(refusal.code == .corrupted, context)
                } else {
                    #expect(reading.right + reading.corrupted == records, context)
                    if reading.corrupted > 0 { damaged += 1 }
                }
            }
        }
        #expect(damaged > pages)
    }

    /// Single bytes that have turned, anywhere. What SQLite can see is `corrupted`; nothing ends the process, and what
    /// lies on other pages is as it was.
    @Test func survivesAnyByteThatHasTurned() async throws {
        let records = 60
        let bytes = try await database(records: records)
        var generator = SeededGenerator(seed: 8)
        var sum = Reading()
        var refusals: [StoreError.Code: Int] = [:]
        let turns = 150
        for turn in 0..<turns {
            var changed = bytes
            // Every second one near the beginning of a page, where its directory is.
            let page = Int.random(in: 0..<bytes.count / 4_096, using: &generator) * 4_096
            let place = page + Int.random(in: 0..<(turn.isMultiple(of: 2) ? 40 : 4_096), using: &generator)
            changed[place] ^= UInt8.random(in: 1...255, using: &generator)
            let reading = try await read(changed, records: records)
            if let refusal = reading.refusal {
                refusals[refusal.code, default: 0] += 1
                continue
            }
            #expect(reading.others.isEmpty, "byte \(place): \(reading)")
            sum.right += reading.right
            sum.corrupted += reading.corrupted
            sum.missing += reading.missing
            sum.wrong += reading.wrong
            // One value at most is wrong and unseen, when the byte is one of its own.
            #expect(reading.wrong <= 1, "byte \(place): \(reading)")
        }
        // The file's first page says what it is: damaged there, it is another program's, newer, or none.
        #expect(Set(refusals.keys).isSubset(of: [.corrupted, .invalidArgument, .newerFormat]), "\(refusals)")
        #expect(sum.corrupted > 0)
        print(
            "DAMAGE \(turns) turned bytes:",
            "\(sum.right) values right, \(sum.corrupted) corrupted, \(sum.missing) not found, \(sum.wrong) wrong,",
            "\(refusals.values.reduce(0, +)) files refused"
        )
    }

    /// Reads that end early, as where the file was cut while it was open: what was not read is no value.
    @Test func aShortReadIsNoValue() async throws {
        let records = 60
        let bytes = try await database(records: records)
        for place in 0..<12 {
            let directory = try TemporaryDirectory()
            try directory.write(bytes)
            let system = ObservedFileSystem()
            var configuration = SQLiteConfiguration()
            configuration.vfs = system.name
            let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
            // The reader's first page tells it that the file is a database at all.
            _ = try await store.get(key(0))
            system.fail(FaultRule(operation: .read, role: .database, after: place, effect: .short))
            var corrupted = 0
            for number in 0..<records {
                do throws(StoreError) {
                    let entry = try await store.get(key(number))
                    #expect(entry?.value == value(number), "\(place): \(number)")
                } catch {
                    #expect(error.code == .corrupted)
                    corrupted += 1
                }
            }
            #expect(system.struck == 1 && corrupted > 0, "\(place)")
            await store.close()
        }
    }

    /// A file that was cut, between two pages or in the middle of one.
    @Test func refusesAFileThatWasCut() async throws {
        let bytes = try await database(records: 60)
        let ends = Array(stride(from: 1_000, to: bytes.count, by: 3_000)) + [bytes.count - 4_096, bytes.count - 1]
        for end in ends {
            let reading = try await read(Array(bytes[..<end]), records: 60)
            let code = try #require(reading.refusal, "\(end): \(reading)").code
            #expect([.corrupted, .invalidArgument].contains(code))
        }
    }
}
#endif
