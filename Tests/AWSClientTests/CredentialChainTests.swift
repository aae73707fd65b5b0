import KeyValue
import StoreHTTP
import Testing

@testable import AWSClient

/// Which source of credentials is the one, as far as variables and files say.
@Suite struct CredentialChainTests {
    private static let files = [
        "/h/.aws/credentials": """
        [static]
        aws_access_key_id = STATIC
        aws_secret_access_key = secret
        [empty]
        """,
        "/h/.aws/config": """
        [profile pod]
        role_arn = arn:aws:iam::1:role/profile
        web_identity_token_file = /token
        role_session_name = from-profile
        [profile chained]
        role_arn = arn:aws:iam::1:role/other
        source_profile = static
        [profile process]
        credential_process = /bin/get
        [profile single]
        sso_session = corporate
        """,
    ]

    private func source(
        _ variables: [String: String],
        profile: String? = nil,
        region: String = "eu-west-1"
    ) throws(StoreError) -> CredentialSource {
        let variables = variables.merging(["HOME": "/h"]) { first, _ in first }
        let files = Self.files
        let surroundings = AWSSurroundings(variable: { variables[$0] }, file: { files[$0] }, secondsSince1970: { 0 })
        return try surroundings.credentialSource(profile: profile, region: region)
    }

    private static let key = ["AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "secret"]
    private static let identity = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/pod", "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod"]
    private static let profile = ["AWS_PROFILE": "static"]
    private static let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/a?b=c"]

    /// Everything is set up, and one thing after another is taken away.
    @Test func eachComesBeforeTheNext() throws {
        func together(_ settings: [String: String]...) -> [String: String] {
            settings.reduce([:]) { $0.merging($1) { first, _ in first } }
        }
        var found = try source(together(Self.key, Self.identity, Self.profile, Self.container))
        #expect(found == .given(AWSCredentials(accessKeyID: "KEY", secretAccessKey: "secret")))
        found = try source(together(Self.identity, Self.profile, Self.container))
        let endpoint = try HTTPEndpoint(host: "sts.eu-west-1.amazonaws.com", port: 443, isEncrypted: true)
        let identity = WebIdentity(
            tokenFile: "/pod",
            role: "arn:aws:iam::1:role/pod",
            session: "wherehouse",
            endpoint: endpoint
        )
        #expect(found == .webIdentity(identity))
        found = try source(together(Self.profile, Self.container))
        #expect(found == .given(AWSCredentials(accessKeyID: "STATIC", secretAccessKey: "secret")))
        found = try source(Self.container)
        let task = try HTTPEndpoint(host: "169.254.170.2", port: 80, isEncrypted: false)
        #expect(found == .container(ContainerService(endpoint: task, target: "/v2/credentials/a?b=c")))
        guard case .instance(let service) = try source([:]) else {
            Issue.record("Nothing was found, and the instance's service not tried.")
            return
        }
        #expect(service.endpoint.authority == "169.254.169.254")
        #expect(service.tried.count == 5)
    }

    @Test func aProfileThatIsNamedGoesBeforeVariables() throws {
        let found = try source(Self.key, profile: "static")
        #expect(found == .given(AWSCredentials(accessKeyID: "STATIC", secretAccessKey: "secret")))
        guard case .webIdentity(let identity) = try source(Self.key, profile: "pod", region: "cn-north-1") else {
            Issue.record("The profile's role is not taken.")
            return
        }
        #expect(identity.role == "arn:aws:iam::1:role/profile" && identity.session == "from-profile")
        #expect(identity.endpoint.authority == "sts.cn-north-1.amazonaws.com.cn")
        // One without credentials names the region alone, and the machine has the role.
        guard case .container = try source(Self.container, profile: "empty") else {
            Issue.record("The container's role is not taken.")
            return
        }
    }

    @Test func whatIsSetUpByHalvesIsTold() throws {
        let wrong: [(variables: [String: String], profile: String?)] = [
            (["AWS_ACCESS_KEY_ID": "a"], nil), (["AWS_SECRET_ACCESS_KEY": "a"], nil),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/a"], nil), (["AWS_PROFILE": "unknown"], nil), ([:], "unknown"),
            ([:], "chained"), ([:], "process"), ([:], "single"), (["AWS_EC2_METADATA_DISABLED": "TRUE"], nil),
            (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "no-path"], nil),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/a"], nil),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1.example/a"], nil),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "ftp://127.0.0.1/a"], nil),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "here"], nil),
            (Self.identity.merging(["AWS_ENDPOINT_URL_STS": "there"]) { first, _ in first }, nil),
        ]
        for (variables, profile) in wrong {
            let error = #expect(throws: StoreError.self) { try source(variables, profile: profile) }
            #expect(error?.code == .invalidArgument, "\(variables)")
        }
    }

    @Test(arguments: [
        ("http", "127.0.0.1:90", "/a/b?c=d"), ("http", "127.1.2.3", ""), ("http", "[::1]:90", "/a"),
        ("http", "localhost", "/a"), ("http", "169.254.170.23", "/v1/credentials"),
        ("http", "[fd00:ec2::23]", "/v1/credentials"), ("https", "example.com", "/a"),
    ])
    func aContainersServiceIsNearOrEncrypted(_ scheme: String, _ authority: String, _ target: String) throws {
        let found = try source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(scheme)://\(authority)\(target)"])
        let endpoint = try HTTPEndpoint("\(scheme)://\(authority)")
        #expect(found == .container(ContainerService(endpoint: endpoint, target: target.isEmpty ? "/" : target)))
    }

    @Test func theInstancesServiceMayBeElsewhere() throws {
        let elsewhere = [
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", "http://[fd00:ec2::254]"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/", "http://127.0.0.1:1338"),
        ]
        for (name, value, endpoint) in elsewhere {
            guard case .instance(let service) = try source([name: value]) else {
                Issue.record("The instance's service is not tried.")
                continue
            }
            #expect(service.endpoint.url == endpoint)
        }
    }
}
