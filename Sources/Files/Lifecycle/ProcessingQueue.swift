/// The uploads that are to be processed at once. What finds no place waits in its record alone, and is found there.
struct ProcessingQueue: Sendable {
    let uploads: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init(limit: Int) {
        (uploads, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limit))
    }

    func append(_ upload: String) { continuation.yield(upload) }
}
