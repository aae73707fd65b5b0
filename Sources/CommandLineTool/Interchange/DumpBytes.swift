import KeyValue
import Migration

/// A file that a dump is read from.
///
/// Its errors that are no store's own are kept in ``failure``, since a source of bytes throws only a store's.
final class DumpInput: ByteSource {
    private let input: InputFile
    private(set) var failure: (any Error)?

    init(_ input: InputFile) { self.input = input }

    func read(_ count: Int) async throws(StoreError) -> [UInt8] {
        do {
            return try await input.read(count)
        } catch {
            failure = error
            throw .cancelled
        }
    }
}

/// The output that a dump is written to.
final class DumpOutput: ByteSink {
    private let output: Output
    private(set) var failure: (any Error)?

    init(_ output: Output) { self.output = output }

    func write(_ bytes: [UInt8]) async throws(StoreError) {
        do {
            try await output.write(bytes)
        } catch {
            failure = error
            throw .cancelled
        }
    }
}
