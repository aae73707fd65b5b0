import Foundation
import KeyValue
import Migration
import TestSupport
import Testing

@testable import CommandLineTool

@Suite struct InterchangeTests {
    @Test func readsEveryRowThatItWrites() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            func bytes(_ least: Int) -> [UInt8] {
                let count = Int.random(in: least...9, using: &generator)
                // Half of them mostly text, with what has to be escaped.
                return Bool.random(using: &generator)
                    ? generator.bytes(count)
                    : Array(
                        (0..<count).map { _ in "a\"\\/\n\t\u{0}\u{7F}é😀".randomElement(using: &generator) ?? "a" }
                            .map(String.init).joined().utf8
                    )
            }
            let space: KeySpace = Bool.random(using: &generator) ? .records : .reservedData
            let key = Key(partition: bytes(1), bytes: bytes(1), space: space)
            let isTombstone = Bool.random(using: &generator)
            let row = Row(key: key, value: isTombstone ? [] : bytes(0), isTombstone: isTombstone)
            #expect(try InterchangeRow.row(row.json().bytes[...]) == row)
        }
    }

    /// Any bytes are either a row or an error that says what is wrong.
    @Test func survivesAnything() {
        var generator = SeededGenerator(seed: 2)
        let seeds = [
            #"{"partition":"p","key":"k","value":"v\u00e9\ud83d\ude00\n"}"#,
            #"{"space":"reserved-data","partitionBase64":"AP8=","keyBase64":"AA==","tombstone":true}"#,
            #" { "partition" : "p" , "key" : "k" , "valueBase64" : "" } "#,
        ].map { Array($0.utf8) }
        var rows = 0
        var errors = 0
        for _ in 0..<30_000 {
            var line = seeds.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !line.isEmpty {
                let index = Int.random(in: 0..<line.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: line[index] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: line.remove(at: index)
                case 2: line.insert(Array(#"{}":\,u"#.utf8).randomElement(using: &generator) ?? 0, at: index)
                default: line.removeSubrange(index...)
                }
            }
            do {
                let row = try InterchangeRow.row(line[...])
                #expect(!row.key.partition.isEmpty && !row.key.bytes.isEmpty)
                rows += 1
            } catch {
                #expect(!error.message.isEmpty)
                errors += 1
            }
        }
        #expect(rows > 1_000)
        #expect(errors > 1_000)
    }

    @Test func refusesALineWithoutEnd() async throws {
        let tool = try Tool()
        let path = tool.directory.appending(path: "input").path
        for (text, expected) in [("12345\n678", ["12345", "678"]), ("\n\n", ["", ""]), ("", [])] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            var reader = LineReader(try InputFile(path), lineBytesMax: 5)
            for line in expected {
                #expect(try await reader.next().map { String(decoding: $0, as: UTF8.self) } == line)
            }
            let end = try await reader.next()
            #expect(end == nil)
        }
        for text in ["12\n123456", "12\n123456\n"] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            var reader = LineReader(try InputFile(path), lineBytesMax: 5)
            _ = try await reader.next()
            let error = await #expect(throws: CommandError.self) { _ = try await reader.next() }
            #expect(error?.metadata["line"] == "2")
        }
    }
}

@Suite struct HumanTextTests {
    @Test func showsNothingThatATerminalActsOn() {
        #expect(HumanText.text(Array("grüße 東京".utf8)) == "grüße 東京")
        #expect(HumanText.text([0x1B, 0x5B, 0x6D]) == "\\x1B[m")
        #expect(HumanText.text(Array("a\u{202E}b".utf8)) == "a\\xE2\\x80\\xAEb")
        #expect(HumanText.text([0xFF]) == "\\xFF")
        #expect(HumanText.text(Array("a\nb".utf8)) == "a\\x0Ab")
        #expect(HumanText.text(Array("a\nb".utf8), allowsLines: true) == "a\nb")
    }

    @Test func writesNumbersAndTimes() {
        #expect(
            [0, 7, 999, 1_000, 33_257, 1_234_567].map(HumanText.number)
                == ["0", "7", "999", "1,000", "33,257", "1,234,567"]
        )
        #expect(HumanText.count(1, "record") == "1 record")
        #expect(HumanText.count(2_000, "record") == "2,000 records")
        #expect([42, 185, 7_800].map { HumanText.duration(.seconds($0)) } == ["42 s", "3 min 5 s", "2 h 10 min"])
    }

    @Test func tellsProgressAsFarAsItIsKnown() {
        var estimator = RateEstimator()
        func line(_ records: Int, _ seconds: Int, total: Int?) -> String {
            estimator.note(records, at: .seconds(seconds))
            let progress = Progress(.writing, records: records, bytes: 0, elapsed: .seconds(seconds))
            return ProgressLine.text(progress, estimator, total: total)
        }
        #expect(line(0, 0, total: nil) == "writing: 0 records")
        #expect(line(2_000, 2, total: nil) == "writing: 2,000 records, 1,000/s")
        #expect(line(4_000, 4, total: 10_000) == "writing: 4,000 of 10,000 records, 1,000/s, 6 s left")
        #expect(line(6_000, 6, total: 5_000) == "writing: 6,000 records, 1,000/s")
    }
}
