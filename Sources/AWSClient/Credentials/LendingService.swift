import KeyValue
import StoreHTTP

/// Asks the services that lend credentials.
struct LendingService: Sendable {
    let caller: HTTPCaller
    let surroundings: AWSSurroundings

    /// For how long the metadata service is waited for: it is near, or not there.
    static let instancePatience = Duration.seconds(2)
    /// For how long a session with it lasts. It is used for one fetch.
    private static let instanceSessionSeconds = 60
    private static let replyBytesMax = 1 << 20

    /// Throws an error that names the source, and what its service says or the connection brings as the cause.
    func credentials(of source: CredentialSource) async throws(StoreError) -> LentCredentials {
        do throws(StoreError) {
            switch source {
            case .given(let credentials): return LentCredentials(credentials: credentials, end: nil)
            case .webIdentity(let identity): return try await credentials(of: identity)
            case .container(let service): return try await credentials(of: service)
            case .instance(let service): return try await credentials(of: service)
            }
        } catch {
            throw StoreError(
                error.code,
                "No credentials come from where they are set up to come from: see the cause.",
                ["source": "\(source)"],
                retryAfter: error.retryAfter,
                cause: error
            )
        }
    }

    // MARK: - The token service

    private func credentials(of identity: WebIdentity) async throws(StoreError) -> LentCredentials {
        let token = try surroundings.text(ofToken: identity.tokenFile, named: "AWS_WEB_IDENTITY_TOKEN_FILE")
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", identity.role),
            ("RoleSessionName", identity.session), ("WebIdentityToken", token),
        ]
        let body = form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        let request = StoreRequest(
            "POST",
            at: identity.endpoint,
            "/",
            headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(body.utf8),
            replyBytesMax: LendingService.replyBytesMax
        )
        return try await ask(request) { reply in
            // Why it can't be read does not matter.
            let document = try? XMLElement(reply.body)
            let found = document?["AssumeRoleWithWebIdentityResult"]?["Credentials"]
            return LentCredentials(
                id: found?["AccessKeyId"]?.text,
                key: found?["SecretAccessKey"]?.text,
                token: found?["SessionToken"]?.text,
                end: found?["Expiration"]?.text
            )
        }
    }

    // MARK: - The container's service

    private func credentials(of service: ContainerService) async throws(StoreError) -> LentCredentials {
        var headers = [(name: "Accept", value: "application/json")]
        if let token = try surroundings.containerAuthorization() { headers.append(("Authorization", token)) }
        let request = StoreRequest(
            "GET",
            at: service.endpoint,
            service.target,
            headers: headers,
            replyBytesMax: LendingService.replyBytesMax
        )
        return try await ask(request) { LentCredentials(ofJSON: $0.body) }
    }

    // MARK: - The instance's service

    /// Of version 2 alone: a session is begun by a PUT, which nobody can be made to send for another.
    private func credentials(of service: InstanceService) async throws(StoreError) -> LentCredentials {
        let deadline = caller.environment.now() + min(caller.timeout, LendingService.instancePatience)
        let roles = "/latest/meta-data/iam/security-credentials/"
        do throws(StoreError) {
            let session = try await text(
                StoreRequest(
                    "PUT",
                    at: service.endpoint,
                    "/latest/api/token",
                    headers: [
                        ("X-aws-ec2-metadata-token-ttl-seconds", "\(LendingService.instanceSessionSeconds)")
                    ],
                    replyBytesMax: LendingService.replyBytesMax
                ),
                deadline
            )
            func request(_ target: String) -> StoreRequest {
                StoreRequest(
                    "GET",
                    at: service.endpoint,
                    target,
                    headers: [("X-aws-ec2-metadata-token", session)],
                    replyBytesMax: LendingService.replyBytesMax
                )
            }
            let role = try await text(request(roles), deadline)
            let target = roles + PercentEncoding.encode(role)
            return try await ask(request(target), deadline) { LentCredentials(ofJSON: $0.body) }
        } catch {
            // Most machines have no such service, so it was a guess that there is one.
            throw AWSSurroundings.noCredentials(service.tried + ["\(service.endpoint)"], error.metadata)
        }
    }

    /// The one line of a reply.
    private func text(_ request: StoreRequest, _ deadline: Duration) async throws(StoreError) -> String {
        try await ask(request, deadline) { reply in
            let text = SharedFile.trimmed(String(decoding: reply.body, as: UTF8.self)[...])
            return !text.isEmpty && text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ? text : nil
        }
    }

    /// What `read` finds in a reply; nil for what it can't read.
    private func ask<Found: Sendable>(
        _ request: StoreRequest,
        _ deadline: Duration? = nil,
        _ read: (StoreReply) -> Found?
    ) async throws(StoreError) -> Found {
        let now = surroundings.secondsSince1970()
        return try await caller.call(deadline: deadline) { () throws(StoreError) in
            request
        } _: { (reply) throws(StoreError) -> Found in
            guard reply.status == 200 else {
                throw AWSRefusal(reply).storeError(at: request.endpoint, changes: false, signedAt: now)
            }
            guard let found = read(reply) else { throw .strangeReply(["server": "\(request.endpoint)"]) }
            return found
        }
    }
}

extension LentCredentials {
    /// Nil unless all parts are there, but for the end, which may be missing.
    fileprivate init?(id: String?, key: String?, token: String?, end: String?) {
        guard let id, !id.isEmpty, let key, !key.isEmpty, let token, !token.isEmpty else { return nil }
        credentials = AWSCredentials(accessKeyID: id, secretAccessKey: key, sessionToken: token)
        if let end {
            guard let seconds = InternetDate.seconds(end) else { return nil }
            self.end = Int64(seconds)
        } else {
            self.end = nil
        }
    }

    /// As the services beside the machine write them.
    fileprivate init?(ofJSON body: [UInt8]) {
        guard let json = JSON(parsing: body), (json["Code"]?.text ?? "Success") == "Success" else { return nil }
        self.init(
            id: json["AccessKeyId"]?.text,
            key: json["SecretAccessKey"]?.text,
            token: json["Token"]?.text,
            end: json["Expiration"]?.text
        )
    }
}
