/// What carries requests to servers. Tests and simulators have their own.
package protocol HTTPTransport: Sendable {
    /// Sends a request once, and returns when the reply is there whole.
    ///
    /// It returns or throws at `deadline`, a moment of the clock that the transport was made with, or soon after.
    /// A cancelled task makes it throw at once. Redirections are replies like others.
    func send(_ request: StoreRequest, deadline: Duration) async throws(HTTPFailure) -> StoreReply

    /// Closes the connections. Later calls throw ``HTTPFailure/Kind/closed``.
    func close() async
}
