package import KeyValue
package import StoreHTTP
import Synchronization

/// Credentials that were lent for some time.
struct LentCredentials: Hashable, Sendable {
    let credentials: AWSCredentials
    /// Their last second, since 1970; nil where nobody says.
    let end: Int64?
}

/// Gives the credentials of a source: at once, or fetched when they are first needed, kept, and fetched again before they
/// end.
///
/// Callers that need them at the same time share one fetch. While the kept ones are good, nobody waits for new ones, and
/// what goes wrong in fetching them is not told, but tried again.
package final class CredentialKeeper: Sendable {
    /// How long before their end new ones are fetched.
    static let renewalSeconds: Int64 = 300
    /// How long after a fetch there is no other while credentials are kept.
    static let pauseSeconds: Int64 = 60

    private typealias Fetch = Task<Result<AWSCredentials, StoreError>, Never>

    private struct State {
        var kept: LentCredentials?
        /// When to fetch again.
        var renewal: Int64 = 0
        var fetch: Fetch?
    }

    private let source: CredentialSource
    private let caller: HTTPCaller
    private let surroundings: AWSSurroundings
    private let state = Mutex(State())

    /// - Parameter caller: What requests to the source are sent by. A fetch takes as long as its timeout at most.
    package init(_ source: CredentialSource, _ caller: HTTPCaller, in surroundings: AWSSurroundings) {
        self.source = source
        self.caller = caller
        self.surroundings = surroundings
    }

    /// The credentials that are good now; of lent ones that ended, others.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` where there are none, and otherwise what the source's service says or
    /// its connection brings. The metadata names the source.
    package func credentials() async throws(StoreError) -> AWSCredentials {
        if case .given(let credentials) = source { return credentials }
        let now = surroundings.secondsSince1970()
        let (kept, fetch) = state.withLock { (state) -> (AWSCredentials?, Fetch?) in
            let kept = state.kept.flatMap { $0.end.map { now < $0 } ?? true ? $0.credentials : nil }
            if let kept, now < state.renewal { return (kept, nil) }
            let fetch = state.fetch ?? Fetch { await self.renew() }
            state.fetch = fetch
            return (kept, fetch)
        }
        if let kept { return kept }
        guard let fetch else { throw .closed }
        return try await fetch.value.get()
    }

    private func renew() async -> Result<AWSCredentials, StoreError> {
        let lent: Result<LentCredentials, StoreError>
        do throws(StoreError) {
            lent = .success(
                try await LendingService(caller: caller, surroundings: surroundings).credentials(of: source)
            )
        } catch {
            lent = .failure(error)
        }
        let now = surroundings.secondsSince1970()
        state.withLock { state in
            state.fetch = nil
            state.renewal = now + CredentialKeeper.pauseSeconds
            guard case .success(let lent) = lent else { return }
            state.kept = lent
            let renewal = lent.end.map { $0 - CredentialKeeper.renewalSeconds } ?? .max
            state.renewal = max(state.renewal, renewal)
        }
        return lent.map(\.credentials)
    }
}
