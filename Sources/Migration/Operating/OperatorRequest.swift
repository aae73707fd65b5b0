import KeyValue

/// What an operator has asked for, in the control store: whoever leads the migration does it there, where both stores
/// are open, and writes the answer into the same row.
struct OperatorRequest: Hashable, Sendable {
    /// What has become of it.
    enum Answer: Hashable, Sendable {
        /// Nobody has begun with it; it may be withdrawn.
        case waiting
        /// The leader is at it.
        case taken
        /// It is done.
        case done
        /// It was not done, or not to its end: why.
        case failed(String)
    }

    private static let format: UInt8 = 1
    private static let textBytesMax = 4_096

    let command: OperatorCommand
    /// Who asks, for the audit log.
    let actor: String
    var answer: Answer

    /// Format 1: the byte 1; the command, as its number and for a throttle how it is kept in the control record; who asks; the answer, as its
    /// number and for one that failed the reason.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: OperatorRequest.format)
        writer.append(command: command)
        writer.append(text: actor)
        switch answer {
        case .waiting: writer.append(byte: 0)
        case .taken: writer.append(byte: 1)
        case .done: writer.append(byte: 2)
        case .failed(let reason):
            writer.append(byte: 3)
            writer.append(text: reason.prefix(bytesMax: OperatorRequest.textBytesMax))
        }
        return writer.bytes
    }

    init(_ command: OperatorCommand, actor: String) {
        self.command = command
        self.actor = actor.prefix(bytesMax: ControlRecord.nameBytesMax)
        answer = .waiting
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(OperatorRequest.format)
        guard let command = reader.command(), let actor = reader.text(bytesMax: ControlRecord.nameBytesMax),
            let answer = reader.answer(textBytesMax: OperatorRequest.textBytesMax), reader.isAtEnd
        else { throw .damagedControl }
        self.command = command
        self.actor = actor
        self.answer = answer
    }
}

extension KeyReader {
    fileprivate mutating func answer(textBytesMax: Int) -> OperatorRequest.Answer? {
        switch byte() {
        case 0: .waiting
        case 1: .taken
        case 2: .done
        case 3: text(bytesMax: textBytesMax).map { .failed($0) }
        default: nil
        }
    }
}

// MARK: - Rows

extension ControlStore {
    private static let request = "request"

    func requests() async throws(StoreError) -> [(number: UInt64, request: OperatorRequest, revision: Revision)] {
        var found: [(number: UInt64, request: OperatorRequest, revision: Revision)] = []
        for (number, entry) in try await rows(ControlStore.request) {
            found.append((number, try OperatorRequest(encoded: entry.value), entry.revision))
        }
        return found
    }

    func request(_ number: UInt64) async throws(StoreError) -> (request: OperatorRequest, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.request, number)) else { return nil }
        return (try OperatorRequest(encoded: entry.value), entry.revision)
    }

    /// Writes a request; false when the precondition does not hold.
    func keep(
        _ request: OperatorRequest,
        number: UInt64,
        if precondition: Precondition
    ) async throws(StoreError) -> Bool {
        try await put(request.encoded, at: key(ControlStore.request, number), if: precondition)
    }

    /// Removes a request that is as it was read; false when somebody has written it meanwhile.
    func removeRequest(_ number: UInt64, _ revision: Revision) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            _ = try await store.delete(key(ControlStore.request, number), if: .revision(revision))
            return true
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return false
        }
    }
}
