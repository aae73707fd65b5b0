import KeyValue

@testable import Migration

/// Bytes that a store keeps for us or a client gives back: whatever is decoded must encode to the same bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let bytes = Array(input.dropFirst())
    switch (input.first ?? 0) % 10 {
    case 0: checkCheckpoint(bytes)
    case 1: checkCursor(bytes)
    case 2: checkMark(bytes)
    case 3: checkFence(bytes)
    case 4: checkRow(bytes) { (bytes) throws(StoreError) in try ControlRecord(encoded: bytes).encoded }
    case 5: checkRow(bytes) { (bytes) throws(StoreError) in try ClientRegistration(encoded: bytes).encoded }
    case 6: checkRow(bytes) { (bytes) throws(StoreError) in try RangeRecord(encoded: bytes).encoded }
    case 7: checkRow(bytes) { (bytes) throws(StoreError) in try AuditEntry(encoded: bytes).encoded }
    case 8: checkRow(bytes) { (bytes) throws(StoreError) in try OperatorRequest(encoded: bytes).encoded }
    default: checkRow(bytes) { (bytes) throws(StoreError) in try WorkerReport(encoded: bytes).encoded }
    }
    return 0
}

/// A row of a migration's control store.
private func checkRow(_ bytes: [UInt8], _ encodedAgain: ([UInt8]) throws(StoreError) -> [UInt8]) {
    do throws(StoreError) {
        let again = try encodedAgain(bytes)
        precondition(again == bytes, "a row has another encoding")
    } catch {
        precondition([.corrupted, .newerFormat].contains(error.code), "another error: \(error)")
    }
}

private func checkCheckpoint(_ bytes: [UInt8]) {
    guard let checkpoint = Checkpoint(encoded: bytes) else { return }
    precondition(checkpoint.encoded == bytes, "a checkpoint has another encoding")
    precondition(checkpoint.report.isWhole, "a checkpoint does not add up")
}

private func checkCursor(_ bytes: [UInt8]) {
    let cursor = Cursor(bytes: bytes)
    for space in KeySpace.allCases {
        do throws(StoreError) {
            let key = try cursor.position(in: .all(in: space))
            precondition(key.space == space, "a cursor leads out of its range")
            precondition(Cursor(after: key) == cursor, "a cursor has another encoding")
        } catch {
            precondition(error.code == .invalidArgument, "another error: \(error)")
        }
        do throws(StoreError) {
            _ = try cursor.partitionPosition(in: space)
        } catch {
            precondition(error.code == .invalidArgument, "another error: \(error)")
        }
    }
    do throws(StoreError) {
        let id = try cursor.markPosition()
        precondition(Cursor(after: id) == cursor, "a cursor has another encoding")
    } catch {
        precondition(error.code == .invalidArgument, "another error: \(error)")
    }
}

private func checkMark(_ bytes: [UInt8]) {
    let (id, keys) = (Array(bytes.prefix(16)), Array(bytes.dropFirst(16)))
    do throws(StoreError) {
        let mark = try Mark(encodedID: id, encodedKeys: keys)
        precondition(mark.encodedID == id && mark.encodedKeys == keys, "a mark has another encoding")
    } catch {
        precondition(error.code == .corrupted, "another error: \(error)")
    }
}

private func checkFence(_ bytes: [UInt8]) {
    do throws(StoreError) {
        let fence = try Fence(encoded: bytes)
        precondition(fence.encoded == bytes, "a fence has another encoding")
    } catch {
        precondition([.corrupted, .newerFormat].contains(error.code), "another error: \(error)")
    }
}
