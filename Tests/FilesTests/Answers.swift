import Files
import JSONFormat
import Synchronization

extension Answer {
    var message: String? { content["message"]?.text }
    var identifiers: [String] { (content["files"]?.items ?? []).compactMap { $0["uploadId"]?.text } }
    /// The numbers of a report, in their order.
    var numbers: [Int] { (content.members ?? []).compactMap(\.value.integer) }
}

/// Processing that fails until it is mended.
final class Failing: Sendable {
    struct Broken: Error {}

    final class Switch: Sendable {
        private let state = Mutex(false)
        func store(_ value: Bool) { state.withLock { $0 = value } }
        var value: Bool { state.withLock { $0 } }
    }

    let isMended = Switch()
    private let count = Mutex(0)
    var calls: Int { count.withLock { $0 } }

    var hooks: FilesHooks {
        FilesHooks(process: { job in
            guard !self.isMended.value else {
                return ProcessingOutcome(exportedName: job.exportFormat == nil ? nil : "exported")
            }
            self.count.withLock { $0 += 1 }
            throw Broken()
        })
    }
}
