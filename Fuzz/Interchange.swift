import Dispatch
import Foundation
import KeyValue
import Migration
import Synchronization

@testable import CommandLineTool

/// Whatever is read as a row must be written and read again as the same row; and lines of a file come as they are in it,
/// whatever pieces it is read in.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
    for line in lines {
        do throws(FlatObject.Malformed) {
            let row = try InterchangeRow.row(line)
            precondition(row.key.space != .reservedLocal, "a row belongs to the store alone")
            precondition(!row.key.partition.isEmpty && !row.key.bytes.isEmpty, "a row has no key")
            checkAgain(row)
        } catch {
            precondition(!error.message.isEmpty, "an error says nothing")
        }
    }
    // A file is much slower, so only some are read as one.
    if input.count % 64 == 0 { checkLines(input, lines) }
    return 0
}

private func checkAgain(_ row: Row) {
    do throws(FlatObject.Malformed) {
        let again = try InterchangeRow.row(row.json().bytes[...])
        precondition(again == row, "what was written is read as something else")
    } catch {
        preconditionFailure("what was written can't be read: \(error.message)")
    }
}

private let path = FileManager.default.temporaryDirectory.path + "/fuzz-interchange-\(getpid())"

private func checkLines(_ input: [UInt8], _ lines: [ArraySlice<UInt8>]) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(write(descriptor, input, input.count) == input.count, "there is no room for a file")
    close(descriptor)
    let found = Mutex<[[UInt8]]>([])
    let isDone = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            var reader = LineReader(try InputFile(path))
            while let line = try await reader.next() { found.withLock { $0.append(Array(line)) } }
        } catch {
            preconditionFailure("a file can't be read: \(error)")
        }
        isDone.signal()
    }
    isDone.wait()
    // What is behind the last line break is a line only if there is something.
    let expected = (lines.last?.isEmpty ?? true ? Array(lines.dropLast()) : lines).map { Array($0) }
    precondition(found.withLock { $0 } == expected, "lines were read that are not there")
}
