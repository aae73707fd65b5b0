import KeyValue
import StoreHTTP

/// The order is that of Amazon's own tools (AWS SDKs and Tools Reference Guide, "Understand the credential provider
/// chain"): an access key in variables, a web identity in variables, the profile, the container's service, the
/// instance's. The first that is there is the one. When it gives no credentials, none are looked for elsewhere, so that
/// nobody acts as somebody else unawares.
extension AWSSurroundings {
    /// Where credentials come from.
    ///
    /// - Parameters:
    ///   - profile: The profile to take; it goes before the variables. Nil for that of `AWS_PROFILE`, or `default`.
    ///   - region: The region whose token service is asked.
    /// - Throws: ``StoreError/Code/invalidArgument`` when there is no source, or one that is not set up whole.
    func credentialSource(profile: String?, region: String) throws(StoreError) -> CredentialSource {
        var tried = ["the URL"]
        if profile == nil {
            if let credentials = try keyOfVariables() { return .given(credentials) }
            if let file = variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
                guard let role = variable("AWS_ROLE_ARN") else {
                    throw .invalidArgument("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN: set both.")
                }
                return try webIdentity(file, role, session: variable("AWS_ROLE_SESSION_NAME"), region)
            }
            tried += ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"]
        }
        let name = profileName(profile)
        if let source = try source(ofProfile: name, region: region) { return source }
        guard hasProfile(name) || (profile == nil && variable("AWS_PROFILE") == nil) else {
            throw .invalidArgument(
                "There is no such profile: correct its name, or add it to the files of profiles.",
                ["profile": name, "files": profilePaths.joined(separator: ", ")]
            )
        }
        tried.append("the profile \(name)")
        if let service = try container() { return .container(service) }
        tried.append("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI")
        guard variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            throw AWSSurroundings.noCredentials(tried)
        }
        return .instance(InstanceService(endpoint: try instanceEndpoint(), tried: tried))
    }

    static func noCredentials(_ tried: [String], _ details: [String: String] = [:]) -> StoreError {
        var details = details
        details["tried"] = tried.joined(separator: ", ")
        return .invalidArgument(
            "There are no credentials: set an access key, choose a profile, or give this machine a role.",
            details
        )
    }

    private func keyOfVariables() throws(StoreError) -> AWSCredentials? {
        switch (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        case (let name?, let key?):
            return AWSCredentials(
                accessKeyID: name,
                secretAccessKey: key,
                sessionToken: variable("AWS_SESSION_TOKEN")
            )
        case (nil, nil): return nil
        case (nil, _?), (_?, nil):
            throw .invalidArgument("Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one alone is set: set both.")
        }
    }

    private func webIdentity(
        _ file: String,
        _ role: String,
        session: String?,
        _ region: String
    ) throws(StoreError) -> CredentialSource {
        let endpoint =
            if let url = variable("AWS_ENDPOINT_URL_STS") { try HTTPEndpoint(url) } else {
                try AWSAccess.endpoint(of: "sts", in: region)
            }
        let session = session ?? "wherehouse"
        return .webIdentity(WebIdentity(tokenFile: file, role: role, session: session, endpoint: endpoint))
    }

    /// The ways for which a profile may have settings that nothing here follows.
    private static let otherWays = [
        "role_arn", "credential_process", "credential_source", "sso_session", "sso_start_url", "login_session",
    ]

    private func source(ofProfile name: String, region: String) throws(StoreError) -> CredentialSource? {
        let files = profileFiles
        func setting(_ setting: String) -> String? { files.lazy.compactMap { $0[name, setting] }.first }
        if let role = setting("role_arn"), let file = setting("web_identity_token_file") {
            return try webIdentity(file, role, session: setting("role_session_name"), region)
        }
        for file in files {
            guard let id = file[name, "aws_access_key_id"], let key = file[name, "aws_secret_access_key"] else {
                continue
            }
            return .given(
                AWSCredentials(
                    accessKeyID: id,
                    secretAccessKey: key,
                    sessionToken: file[name, "aws_session_token"]
                )
            )
        }
        if let way = AWSSurroundings.otherWays.first(where: { setting($0) != nil }) {
            throw .invalidArgument(
                "The profile gets its credentials in a way that is not known here: have another program set AWS_ variables.",
                ["profile": name, "setting": way]
            )
        }
        return nil
    }

    /// Where tasks of ECS find theirs.
    private static let taskHost = "169.254.170.2"
    /// Where pods of EKS find theirs.
    private static let podHosts = ["169.254.170.23", "fd00:ec2::23"]

    private func container() throws(StoreError) -> ContainerService? {
        if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/") else {
                throw .invalidArgument("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is a path, with a slash before it.")
            }
            let endpoint = try HTTPEndpoint(host: AWSSurroundings.taskHost, port: 80, isEncrypted: false)
            return ContainerService(endpoint: endpoint, target: path)
        }
        guard let url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let (endpoint, target) = try HTTPEndpoint.split(url)
        guard endpoint.isEncrypted || AWSSurroundings.isNear(endpoint.host) else {
            throw .invalidArgument(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is https:, or names this machine or the service of ECS or EKS.",
                ["server": "\(endpoint)"]
            )
        }
        return ContainerService(endpoint: endpoint, target: target)
    }

    /// Whether what is sent there stays on the machine.
    private static func isNear(_ host: String) -> Bool {
        if host == taskHost || podHosts.contains(host) || host == "::1" || host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private func instanceEndpoint() throws(StoreError) -> HTTPEndpoint {
        if let url = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") { return try HTTPEndpoint(url) }
        let isNewer = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        return try HTTPEndpoint(host: isNewer ? "fd00:ec2::254" : "169.254.169.254", port: 80, isEncrypted: false)
    }

    /// What a container's service is to be shown, read anew each time since others change it; nil for nothing.
    func containerAuthorization() throws(StoreError) -> String? {
        let token: String
        if let path = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            token = try text(ofToken: path, named: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        } else if let value = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            token = value
        } else {
            return nil
        }
        guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .invalidArgument("The token for the container's credentials is one line of plain characters.")
        }
        return token
    }

    /// A token of a file, without the space around it.
    func text(ofToken path: String, named name: String) throws(StoreError) -> String {
        guard let token = file(path).map({ SharedFile.trimmed($0[...]) }), !token.isEmpty else {
            throw .invalidArgument("A file with a token can't be read, or is empty.", ["file": path, "named by": name])
        }
        return token
    }
}
