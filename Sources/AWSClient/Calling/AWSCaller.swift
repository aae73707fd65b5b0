package import KeyValue
package import StoreHTTP

/// Sends signed requests to one server, again where that is safe; every attempt is signed anew.
package struct AWSCaller: Sendable {
    package let caller: HTTPCaller
    package let signer: RenewedSigner
    package let endpoint: HTTPEndpoint
    /// The seconds since 1970.
    package let clock: @Sendable () -> Int64
    private let showsPayloadHash: Bool

    /// - Parameter showsPayloadHash: Whether requests have a header with the hash of their body, which S3 wants.
    package init(
        _ caller: HTTPCaller,
        signer: RenewedSigner,
        endpoint: HTTPEndpoint,
        clock: @escaping @Sendable () -> Int64,
        showsPayloadHash: Bool
    ) {
        self.caller = caller
        self.signer = signer
        self.endpoint = endpoint
        self.clock = clock
        self.showsPayloadHash = showsPayloadHash
    }

    /// A request without its signature.
    package struct Request: Sendable {
        package var method: String
        /// Percent-encoded, from the first slash on.
        package var path: String
        package var query: [NamedValue]
        package var headers: [NamedValue]
        package var body: [UInt8]
        /// Whether it is to change something.
        package var changes: Bool
        /// Whether it does no more when it is applied twice. Reads are.
        package var isRepeatable: Bool
        /// A larger body of the reply is a failure.
        package var replyBytesMax: Int

        package init(
            _ method: String,
            path: String,
            query: [NamedValue] = [],
            headers: [NamedValue] = [],
            body: [UInt8] = [],
            changes: Bool = false,
            isRepeatable: Bool = true,
            replyBytesMax: Int = 32 << 20
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.body = body
            self.changes = changes
            self.isRepeatable = isRepeatable
            self.replyBytesMax = replyBytesMax
        }
    }

    /// Sends a request, and gives what `judge` makes of a reply of whatever status.
    ///
    /// - Parameter judge: Nil for a reply that it does not want; then the error is that of ``AWSRefusal``.
    package func call<Result: Sendable>(
        _ request: Request,
        _ judge: (StoreReply) throws(StoreError) -> Result?
    ) async throws(StoreError) -> Result {
        if Task.isCancelled { throw .cancelled }
        var signedAt: Int64 = 0
        return try await caller.call(changes: request.changes, isRepeatable: request.isRepeatable) {
            () async throws(StoreError) -> StoreRequest in
            let signer = try await signer.current()
            signedAt = clock()
            return signed(request, by: signer, at: signedAt)
        } _: { (reply) throws(StoreError) -> Result in
            if let result = try judge(reply) { return result }
            throw AWSRefusal(reply).storeError(at: endpoint, changes: request.changes, signedAt: signedAt)
        }
    }

    private func signed(_ request: Request, by signer: RequestSigner, at seconds: Int64) -> StoreRequest {
        let signed = signer.sign(
            SignableRequest(
                request.method,
                host: endpoint.authority,
                path: request.path,
                query: request.query,
                headers: request.headers
            ),
            .of(request.body),
            at: SigningTime(secondsSince1970: seconds),
            showsPayloadHash: showsPayloadHash
        )
        let query = RequestSigner.encodedQuery(of: signed)
        return StoreRequest(
            request.method,
            at: endpoint,
            query.isEmpty ? request.path : request.path + "?" + query,
            headers: signed.headers.map { ($0.name, $0.value) },
            body: request.body,
            replyBytesMax: request.replyBytesMax
        )
    }
}

extension AWSCaller {
    /// A URL that needs no credentials, for `seconds` from now; nil for other than 1 to
    /// ``RequestSigner/presignedSecondsMax`` seconds. One that is signed with lent credentials ends with them.
    package func url(_ request: SignableRequest, for seconds: Int) async throws(StoreError) -> String? {
        let time = SigningTime(secondsSince1970: clock())
        guard let signed = try await signer.current().presign(request, at: time, for: seconds) else { return nil }
        return "\(endpoint.url)\(request.path)?\(RequestSigner.encodedQuery(of: signed))"
    }

    /// Waits before another attempt at something that the server did not do; throws `error` when there is to be none.
    package func pause(after attempt: Int, of error: StoreError) async throws(StoreError) {
        let environment = caller.environment
        let now = environment.now()
        let pause = caller.planner.pause(
            after: attempt,
            of: error,
            isRepeatable: true,
            now: now,
            deadline: now + caller.timeout,
            random: environment.random()
        )
        guard let pause, !Task.isCancelled else { throw error }
        do { try await environment.sleep(pause) } catch { throw .cancelled }
    }
}
