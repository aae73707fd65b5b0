#if SQLite
import Glibc
import KeyValue

/// The requests that wait for the writer, in the order in which they came.
///
/// A request waits in its caller's suspended task, so what waits takes no memory beside the callers' own; how many
/// may wait is limited nevertheless, and who comes then is asked to come back.
///
/// Sendable: everything that changes is guarded by the mutex, which with its conditions never moves.
final class WriteQueue: @unchecked Sendable {
    /// What the writer does next.
    enum Next {
        case requests([WriteRequest])
        /// Nobody came for a while.
        case idle
        /// Nobody comes any more.
        case closed
    }

    static let requestsMax = 65_536
    /// One transaction takes at most this many requests, and requests of at most this many bytes.
    static let groupRequestsMax = 512
    static let groupBytesMax = 1 << 20

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrival = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var requests: [WriteRequest] = []
    private var isClosed = false
    /// How many requests the writer waits for; it is woken when so many are there. 0 while it works.
    private var awaited = 0

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(arrival, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(arrival)
        pthread_mutex_destroy(mutex)
        arrival.deallocate()
        mutex.deallocate()
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Puts a request in line; resumes its continuation when it is done, or at once when it can't be taken.
    func enqueue(_ request: WriteRequest, _ continuation: UnsafeContinuation<Void, Never>) {
        let refusal = withLock { () -> StoreError? in
            request.continuation = continuation
            if request.place == .withdrawn { return .cancelled }
            if isClosed { return .closed }
            guard requests.count < WriteQueue.requestsMax else {
                return StoreError(.throttled, "Too many writes wait for the disk: send fewer at a time.")
            }
            append(request)
            return nil
        }
        if let refusal { request.finish(.failure(refusal)) }
    }

    /// Puts back a request of which a part is done, behind the others. What is left of one that was withdrawn
    /// meanwhile is not done.
    func requeue(_ request: WriteRequest) {
        let isWithdrawn = withLock {
            if request.place == .withdrawn { return true }
            append(request)
            return false
        }
        if isWithdrawn { request.finish(.failure(.cancelled)) }
    }

    private func append(_ request: WriteRequest) {
        request.place = .queue
        requests.append(request)
        if awaited > 0, requests.count >= awaited {
            awaited = 0
            pthread_cond_signal(arrival)
        }
    }

    /// Takes a request out of the line because its caller was cancelled. What the writer has taken of it goes on.
    func withdraw(_ request: WriteRequest) {
        let isWithdrawn = withLock {
            switch request.place {
            case .caller, .writer: request.place = .withdrawn
            case .withdrawn: break
            case .queue:
                requests.removeAll { $0 === request }
                request.place = .withdrawn
                return true
            }
            return false
        }
        if isWithdrawn { request.finish(.failure(.cancelled)) }
    }

    /// How many wait now.
    var count: Int { withLock { requests.count } }

    /// Takes nothing more. What is in line is still written.
    func close() {
        withLock {
            isClosed = true
            awaited = 0
            pthread_cond_signal(arrival)
        }
    }

    /// Waits for requests and takes those that go into one transaction.
    ///
    /// - Parameter expected: how many are likely to come together; less are taken when they have not come within
    ///   `linger`.
    /// - Parameter idle: how long to wait for the first one.
    func next(expected: Int, linger: Duration, idle: Duration?) -> Next {
        withLock {
            while requests.isEmpty {
                if isClosed { return .closed }
                if !wait(for: 1, until: idle.map(WriteQueue.deadline)), requests.isEmpty, !isClosed { return .idle }
            }
            if linger > .zero, requests.count < expected {
                let deadline = WriteQueue.deadline(linger)
                while !isClosed, requests.count < min(expected, WriteQueue.groupRequestsMax) {
                    if !wait(for: min(expected, WriteQueue.groupRequestsMax), until: deadline) { break }
                }
            }
            // The last one may have been withdrawn during the linger.
            return .requests(take())
        }
    }

    private func take() -> [WriteRequest] {
        var bytes = 0
        var count = 0
        for request in requests.prefix(WriteQueue.groupRequestsMax) {
            bytes += request.bytes
            if count > 0, bytes > WriteQueue.groupBytesMax || request.count > WriteQueue.groupRequestsMax { break }
            count += 1
            if request.count > WriteQueue.groupRequestsMax { break }
        }
        let group = Array(requests.prefix(count))
        requests.removeFirst(count)
        for request in group { request.place = .writer }
        return group
    }

    /// Waits for a signal; false when the deadline has passed. The lock is held before and after.
    private func wait(for count: Int, until deadline: timespec?) -> Bool {
        awaited = count
        defer { awaited = 0 }
        guard var deadline else { return pthread_cond_wait(arrival, mutex) == 0 }
        return pthread_cond_timedwait(arrival, mutex, &deadline) == 0
    }

    private static func deadline(_ delay: Duration) -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = delay.components
        let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
        return timespec(
            tv_sec: now.tv_sec + Int(seconds) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000
        )
    }
}
#endif
