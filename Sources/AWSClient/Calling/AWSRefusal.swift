package import KeyValue
package import StoreHTTP

/// What a server of Amazon's kind says when it does not do what it was asked.
package struct AWSRefusal: Sendable {
    package let reply: StoreReply
    /// The name of the failure, such as `ThrottlingException` or `NoSuchKey`; empty where the reply has none that can be
    /// read, as a page of a proxy.
    package let code: String
    /// The server's words.
    package let message: String
    /// The region where the bucket is, where the reply says that it is another.
    package let region: String?
    /// The reply's JSON; nil where it is none.
    package let json: JSON?

    /// Reads JSON as DynamoDB has it, or XML as S3 has it. It takes any reply.
    package init(_ reply: StoreReply) {
        self.reply = reply
        if let json = JSON(parsing: reply.body) {
            // The name stands behind that of a service and a number sign.
            code = json["__type"]?.text?.split(separator: "#").last.map(String.init) ?? ""
            message = json["message"]?.text ?? json["Message"]?.text ?? ""
            region = nil
            self.json = json
            return
        }
        json = nil
        // Why it can't be read does not matter: then nothing is known of it but the status.
        let document = try? XMLElement(reply.body)
        let error = document?.name == "Error" ? document : document?["Error"]
        code = error?["Code"]?.text ?? ""
        message = error?["Message"]?.text ?? ""
        region = reply["x-amz-bucket-region"] ?? error?["Region"]?.text
    }

    private static let throttling: Set<String> = [
        "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
        "RequestThrottled", "SlowDown", "TooManyRequests", "TooManyRequestsException", "ServiceUnavailable",
    ]
    private static let skew: Set<String> = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]
    private static let rights: Set<String> = [
        "AccessDenied", "AccessDeniedException", "AccountProblem", "AllAccessDisabled", "ExpiredToken",
        "ExpiredTokenException", "IDPRejectedClaim", "IncompleteSignature", "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId", "InvalidIdentityToken", "InvalidSignatureException", "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "NotSignedUp", "SignatureDoesNotMatch", "UnrecognizedClientException",
    ]
    private static let redirection: Set<String> = [
        "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "Redirect",
        "TemporaryRedirect",
    ]
    private static let size: Set<String> = [
        "EntityTooLarge", "InvalidObjectName", "KeyTooLongError", "MaxMessageLengthExceeded", "RequestEntityTooLarge",
    ]
    private static let room: Set<String> = [
        "ItemCollectionSizeLimitExceededException", "QuotaExceeded", "ServiceQuotaExceededException",
        "XMinioStorageFull",
    ]
    private static let place: Set<String> = ["NoSuchBucket", "ResourceNotFoundException"]
    private static let failures: Set<String> = [
        "IDPCommunicationError", "InternalError", "InternalServerError", "RequestTimeout",
    ]

    /// Whether the server's words are about the time of the signature.
    private var isAboutTime: Bool {
        AWSRefusal.skew.contains(code) || message.contains("Signature expired")
            || message.contains("Signature not yet current")
    }

    /// Whether a service that calls all that is wrong with a request by one name means its size.
    package static func isAboutSize(_ message: String) -> Bool {
        message.contains("exceeded the maximum allowed size")
    }

    /// What it means to the caller of a store.
    ///
    /// - Parameters:
    ///   - endpoint: The server that was asked.
    ///   - changes: Whether the request was to change something.
    ///   - seconds: The moment of the signature, in seconds since 1970.
    package func storeError(at endpoint: HTTPEndpoint, changes: Bool, signedAt seconds: Int64) -> StoreError {
        guard !code.isEmpty else { return reply.failure(at: endpoint, changes: changes) }
        var details = ["server": "\(endpoint)", "code": code, "said": String(message.prefix(300))]
        if isAboutTime {
            if let now = reply["date"].flatMap(HTTPDate.seconds) { details["skewSeconds"] = "\(seconds - Int64(now))" }
            return StoreError(
                .permissionDenied,
                "The clocks of this machine and of the server are too far apart: set this machine's.",
                details
            )
        }
        if AWSRefusal.throttling.contains(code) {
            return StoreError(.throttled, "The server asks for less load.", details, retryAfter: reply.retryAfter)
        }
        if AWSRefusal.redirection.contains(code) || ((300..<400).contains(reply.status) && region != nil) {
            if let region { details["region"] = region }
            return .invalidArgument("The bucket is in another region: name that by ?region=….", details)
        }
        if AWSRefusal.rights.contains(code) {
            return StoreError(
                .permissionDenied,
                "The server does not let this user do it: check the access key, its secret, and rights.",
                details
            )
        }
        if AWSRefusal.size.contains(code) || AWSRefusal.isAboutSize(message) {
            return StoreError(.tooLarge, "The server takes no key or record as large as this.", details)
        }
        if AWSRefusal.room.contains(code) { return StoreError(.full, "The server has no room: give it more.", details) }
        if AWSRefusal.place.contains(code) {
            return .invalidArgument("There is no such table or bucket: make it, or correct the URL.", details)
        }
        if AWSRefusal.failures.contains(code) {
            return StoreReply(status: 500, headers: reply.headers)
                .failure(at: endpoint, changes: changes, details: details)
        }
        switch code {
        case "TransactionConflictException", "TransactionInProgressException", "ConditionalRequestConflict",
            "OperationAborted", "ResourceInUseException":
            return StoreError(.locked, "Somebody else writes the same records: try again.", details)
        case "NotImplemented", "MethodNotAllowed", "XNotImplemented":
            return .unsupported("The server has not what the store needs of it.", details)
        default:
            guard (400..<500).contains(reply.status) else {
                return reply.failure(at: endpoint, changes: changes, details: details)
            }
            return .invalidArgument("The server refuses the request as wrong.", details)
        }
    }
}
