package import KeyValue

/// Sends a store's requests, again where that is safe, until there is a reply that its store can use or time is up.
package struct HTTPCaller: Sendable {
    package let transport: any HTTPTransport
    package let environment: StoreEnvironment
    package let planner: RetryPlanner
    /// For how long a call may take, all attempts included.
    package let timeout: Duration

    package init(
        _ transport: any HTTPTransport,
        environment: StoreEnvironment,
        planner: RetryPlanner = RetryPlanner(),
        timeout: Duration
    ) {
        self.transport = transport
        self.environment = environment
        self.planner = planner
        self.timeout = timeout
    }

    /// Makes a request, sends it, and gives what `judge` makes of the reply; what `judge` throws counts as the attempt's
    /// failure.
    ///
    /// - Parameters:
    ///   - changes: Whether the request changes anything.
    ///   - isRepeatable: Whether it does no more when it is applied twice. Reads are.
    ///   - deadline: When there has to be a reply; after ``timeout`` unless said otherwise.
    ///   - request: Called for every attempt, so that it can be signed anew. What it throws counts as the attempt's
    ///     failure too.
    /// - Throws: The last attempt's error; ``StoreError/Code/outcomeUnknown`` if an earlier attempt may have changed
    ///   something and no later one succeeded.
    package func call<Result: Sendable>(
        changes: Bool = false,
        isRepeatable: Bool = true,
        deadline: Duration? = nil,
        _ request: () async throws(StoreError) -> StoreRequest,
        _ judge: (StoreReply) throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let deadline = deadline ?? environment.now() + timeout
        var unresolved: StoreError?
        var attempt = 1
        while true {
            let failure: StoreError
            do throws(StoreError) {
                return try judge(try await reply(to: try await request(), changes: changes, deadline: deadline))
            } catch {
                failure = error
            }
            if failure.code == .outcomeUnknown { unresolved = failure }
            let pause = planner.pause(
                after: attempt,
                of: failure,
                isRepeatable: isRepeatable,
                now: environment.now(),
                deadline: deadline,
                random: environment.random()
            )
            guard let pause, !Task.isCancelled else { throw unresolved ?? failure }
            do { try await environment.sleep(pause) } catch { throw unresolved ?? failure }
            attempt += 1
        }
    }

    private func reply(
        to request: StoreRequest,
        changes: Bool,
        deadline: Duration
    ) async throws(StoreError) -> StoreReply {
        do throws(HTTPFailure) {
            return try await transport.send(request, deadline: deadline)
        } catch {
            throw error.storeError(at: request.endpoint, changes: changes)
        }
    }
}
