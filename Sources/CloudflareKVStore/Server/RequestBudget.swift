#if CloudflareKV
import KeyValue
import StoreHTTP
import Synchronization

/// The 1,200 requests in five minutes that a user of Cloudflare's API has. Whoever needs more gets nothing at all for
/// the next five minutes, so requests wait for their turn here.
///
/// Requests come in at a steady rate after a small burst: in no five minutes more than ``requestsMax``, which leaves some
/// for delays on the way.
final class RequestBudget: Sendable {
    static let window: Duration = .seconds(300)
    static let requestsMax = 1_180.0
    private static let burst = 20.0

    private let bucket: Mutex<TokenBucket>

    init(now: Duration) {
        let rate = (RequestBudget.requestsMax - RequestBudget.burst) / (RequestBudget.window / .seconds(1))
        bucket = Mutex(TokenBucket(tokensPerSecond: rate, burst: RequestBudget.burst, now: now))
    }

    /// Takes a request's turn, and says how long it is until then. Turns that are longer off than `waitMax` are not
    /// given: nil.
    func reserve(now: Duration, waitMax: Duration = RequestBudget.window) -> Duration? {
        let (isGranted, wait) = bucket.withLock { $0.reserve(1, waitMax: waitMax, now: now) }
        return isGranted ? wait : nil
    }
}

/// The budgets in use in this process: those who use one token share one.
enum RequestBudgets {
    private struct Weak {
        weak var budget: RequestBudget?
    }

    private static let budgets = Mutex<[String: Weak]>([:])

    /// The budget of a token at a server. It ends with the last store that has it.
    static func shared(by token: String, at endpoint: HTTPEndpoint, now: Duration) -> RequestBudget {
        budgets.withLock { budgets in
            budgets = budgets.filter { $0.value.budget != nil }
            let name = "\(endpoint) \(token)"
            if let budget = budgets[name]?.budget { return budget }
            let budget = RequestBudget(now: now)
            budgets[name] = Weak(budget: budget)
            return budget
        }
    }
}

/// Sends each request, repetitions too, when its turn has come. The wait is not part of the time that it may take.
struct BudgetedTransport: HTTPTransport {
    let base: any HTTPTransport
    let budget: RequestBudget
    let environment: StoreEnvironment

    func send(_ request: StoreRequest, deadline: Duration) async throws(HTTPFailure) -> StoreReply {
        guard let wait = budget.reserve(now: environment.now()) else {
            throw HTTPFailure(.timedOut, maybeSent: false, detail: "too many requests wait for their turn")
        }
        if wait > .zero {
            do { try await environment.sleep(wait) } catch { throw HTTPFailure(.cancelled, maybeSent: false) }
        }
        return try await base.send(request, deadline: deadline + wait)
    }

    func close() async { await base.close() }
}
#endif
