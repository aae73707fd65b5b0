import KeyValue
import StoreHTTP
import Synchronization
import TestServers
import TestSupport
import Testing

@testable import AWSClient

/// A machine with its variables, files, clock and network, all of them a test's.
private final class Machine: HTTPTransport {
    typealias Answer = @Sendable (StoreRequest) -> Result<StoreReply, HTTPFailure>

    let time = SimulatedTime()
    private let variables: [String: String]
    private let files: Mutex<[String: String]>
    private let clock = Mutex<Int64>(1_000_000)
    private let requests = Mutex<[StoreRequest]>([])
    private let answer: Mutex<Answer>

    init(_ variables: [String: String], files: [String: String] = [:], _ answer: @escaping Answer) {
        self.variables = variables
        self.files = Mutex(files)
        self.answer = Mutex(answer)
    }

    var sent: [StoreRequest] { requests.withLock { $0 } }

    func pass(_ seconds: Int64) { clock.withLock { $0 += seconds } }
    func write(_ text: String, to file: String) { files.withLock { $0[file] = text } }
    func setAnswer(_ other: @escaping Answer) { answer.withLock { $0 = other } }

    func keeper(_ url: String = "dynamodb://table?region=eu-west-1") throws -> CredentialKeeper {
        let variables = variables
        let surroundings = AWSSurroundings(
            variable: { variables[$0] },
            file: { path in self.files.withLock { $0[path] } },
            secondsSince1970: { self.clock.withLock { $0 } }
        )
        let access = try AWSAccess(StoreLocation(url), in: surroundings)
        let caller = HTTPCaller(self, environment: time.environment, timeout: .seconds(10))
        return CredentialKeeper(access.source, caller, in: surroundings)
    }

    func send(_ request: StoreRequest, deadline: Duration) async throws(HTTPFailure) -> StoreReply {
        requests.withLock { $0.append(request) }
        // A fetch takes its time, in which others come.
        await Task.yield()
        let answer = answer.withLock { $0 }
        return try answer(request).get()
    }

    func close() async {}
}

@Suite struct LentCredentialsTests {
    /// A thousand seconds after the machines' beginning.
    private static let end = "1970-01-12T14:03:20Z"

    private static func status(_ status: Int, _ body: String = "") -> Result<StoreReply, HTTPFailure> {
        .success(StoreReply(status: status, body: Array(body.utf8)))
    }

    private static func json(_ name: String = "LENT", end: String = end) -> Result<StoreReply, HTTPFailure> {
        let body = """
            {"Code":"Success","AccessKeyId":"\(name)","SecretAccessKey":"s","Token":"t","Expiration":"\(end)"}
            """
        return status(200, body)
    }

    private static func lent(_ name: String = "LENT") -> AWSCredentials {
        AWSCredentials(accessKeyID: name, secretAccessKey: "s", sessionToken: "t")
    }

    private static let containerVariables = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/creds"]

    private func header(_ name: String, of request: StoreRequest) -> String? {
        request.headers.first { $0.name == name }?.value
    }

    // MARK: - The sources

    /// After the example of the Elastic Container Service Developer Guide, "Task IAM role".
    @Test func aTaskGetsItsOwn() async throws {
        let machine = Machine(Self.containerVariables) { _ in Self.json() }
        #expect(try await machine.keeper().credentials() == Self.lent())
        let request = try #require(machine.sent.first)
        #expect(request.method == "GET" && request.target == "/creds")
        #expect(request.endpoint.authority == "169.254.170.2")
        #expect(header("Authorization", of: request) == nil)
    }

    /// As pods of EKS have it: the token lies in a file that is written anew.
    @Test func aPodShowsTheTokenOfItsFile() async throws {
        let variables = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this",
        ]
        let machine = Machine(variables, files: ["/token": "first\n"]) { _ in Self.json() }
        let keeper = try machine.keeper()
        #expect(try await keeper.credentials() == Self.lent())
        machine.write("second", to: "/token")
        machine.pass(1_000)
        #expect(try await keeper.credentials() == Self.lent())
        #expect(machine.sent.map { header("Authorization", of: $0) } == ["first", "second"])
        machine.write("two\nlines", to: "/token")
        machine.pass(1_000)
        let error = await #expect(throws: StoreError.self) { try await keeper.credentials() }
        #expect(error?.code == .invalidArgument)
        let plain = Machine([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:90/a", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "this",
        ]) { _ in Self.json() }
        _ = try await plain.keeper().credentials()
        #expect(header("Authorization", of: try #require(plain.sent.first)) == "this")
    }

    /// After the example of the Security Token Service API Reference, "AssumeRoleWithWebIdentity".
    @Test func aRoleIsAssumedByAnIdentity() async throws {
        let body = """
            <AssumeRoleWithWebIdentityResponse>
              <AssumeRoleWithWebIdentityResult>
                <SubjectFromWebIdentityToken>amzn1.account.AF6RHO7KZU5XRVQJGXK6HB56KR2A</SubjectFromWebIdentityToken>
                <Credentials>
                  <SessionToken>t</SessionToken><SecretAccessKey>s</SecretAccessKey>
                  <Expiration>\(Self.end)</Expiration><AccessKeyId>LENT</AccessKeyId>
                </Credentials>
              </AssumeRoleWithWebIdentityResult>
            </AssumeRoleWithWebIdentityResponse>
            """
        let variables = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/a+b",
            "AWS_ROLE_SESSION_NAME": "me",
        ]
        let machine = Machine(variables, files: ["/token": "a.b+c\n"]) { _ in Self.status(200, body) }
        #expect(try await machine.keeper().credentials() == Self.lent())
        let request = try #require(machine.sent.first)
        #expect(request.method == "POST" && request.target == "/")
        #expect(request.endpoint.authority == "sts.eu-west-1.amazonaws.com")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%2Bb"
                + "&RoleSessionName=me&WebIdentityToken=a.b%2Bc"
        )
        let refusal = """
            <ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>No.</Message></Error>
            </ErrorResponse>
            """
        let refused = Machine(variables, files: ["/token": "a"]) { _ in Self.status(400, refusal) }
        let error = await #expect(throws: StoreError.self) { try await refused.keeper().credentials() }
        #expect(error?.code == .permissionDenied)
        #expect(error?.metadata["source"]?.contains("role/a+b") == true)
        let missing = Machine(variables) { _ in Self.json() }
        let unread = await #expect(throws: StoreError.self) { try await missing.keeper().credentials() }
        #expect(unread?.code == .invalidArgument && missing.sent.isEmpty)
    }

    /// What the metadata service says, by the session's token alone.
    private static func instance(_ request: StoreRequest) -> Result<StoreReply, HTTPFailure> {
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }) { first, _ in first }
        let root = "/latest/meta-data/iam/security-credentials/"
        switch (request.method, request.target) {
        case ("PUT", "/latest/api/token"):
            guard let seconds = headers["X-aws-ec2-metadata-token-ttl-seconds"].flatMap({ Int($0) }), seconds > 0 else {
                return status(400)
            }
            return status(200, "session==")
        case _ where headers["X-aws-ec2-metadata-token"] != "session==": return status(401)
        case ("GET", root): return status(200, "my-role\n")
        case ("GET", root + "my-role"): return json()
        default: return status(404)
        }
    }

    /// After the EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
    @Test func anInstanceHasARole() async throws {
        let machine = Machine([:]) { Self.instance($0) }
        #expect(try await machine.keeper().credentials() == Self.lent())
        #expect(machine.sent.map(\.method) == ["PUT", "GET", "GET"])
        #expect(machine.sent.allSatisfy { $0.endpoint.authority == "169.254.169.254" })
    }

    @Test func aMachineWithoutAnythingSaysWhatWasTried() async throws {
        let nothing: [Machine.Answer] = [
            { _ in .failure(HTTPFailure(.notConnected, maybeSent: false)) },
            { _ in .failure(HTTPFailure(.timedOut, maybeSent: true)) },
            { _ in Self.status(404, "<html>") }, { _ in Self.status(200) },
            { request in
                request.target.hasSuffix("my-role")
                    ? Self.status(200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}") : Self.instance(request)
            },
        ]
        for answer in nothing {
            let machine = Machine([:], answer)
            let start = machine.time.now
            let error = await #expect(throws: StoreError.self) { try await machine.keeper().credentials() }
            #expect(error?.code == .invalidArgument)
            let tried = error?.cause.flatMap { $0 as? StoreError }?.metadata["tried"] ?? ""
            for name in ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile default", "169.254.169.254"] {
                #expect(tried.contains(name))
            }
            #expect(machine.time.now - start <= LendingService.instancePatience)
        }
    }

    // MARK: - Keeping them

    @Test func whoeverNeedsThemSharesOneFetch() async throws {
        let machine = Machine(Self.containerVariables) { _ in Self.json() }
        let keeper = try machine.keeper()
        try await withThrowingTaskGroup(of: AWSCredentials.self) { group in
            for _ in 0..<50 { group.addTask { try await keeper.credentials() } }
            for try await found in group { #expect(found == Self.lent()) }
        }
        #expect(machine.sent.count == 1)
    }

    @Test func newOnesComeBeforeTheEnd() async throws {
        let machine = Machine(Self.containerVariables) { _ in Self.json("FIRST") }
        let keeper = try machine.keeper()
        #expect(try await keeper.credentials() == Self.lent("FIRST"))
        machine.pass(1_000 - CredentialKeeper.renewalSeconds - 1)
        #expect(try await keeper.credentials() == Self.lent("FIRST"))
        #expect(machine.sent.count == 1)
        machine.setAnswer { _ in Self.json("SECOND", end: "1970-01-12T15:46:40.25Z") }
        machine.pass(1)
        // Nobody waits for the new ones while the old ones are good.
        #expect(try await keeper.credentials() == Self.lent("FIRST"))
        try await Patience.until { try await keeper.credentials() == Self.lent("SECOND") }
        #expect(machine.sent.count == 2)
    }

    @Test func whatCanNotBeRenewedIsUsedUntilItsEnd() async throws {
        let machine = Machine(Self.containerVariables) { _ in Self.json() }
        let keeper = try machine.keeper()
        _ = try await keeper.credentials()
        machine.setAnswer { _ in Self.status(403) }
        machine.pass(1_000 - CredentialKeeper.renewalSeconds)
        for _ in 0..<10 { #expect(try await keeper.credentials() == Self.lent()) }
        try await Patience.until { machine.sent.count == 2 }
        // The pause begins when the fetch has ended.
        try await Patience.until {
            let found = try await keeper.credentials()
            #expect(found == Self.lent())
            machine.pass(1)
            return machine.sent.count == 3
        }
        machine.pass(CredentialKeeper.renewalSeconds)
        let error = await #expect(throws: StoreError.self) { try await keeper.credentials() }
        #expect(error?.code == .permissionDenied)
        machine.setAnswer { _ in Self.json(end: "1970-01-13T14:46:40Z") }
        #expect(try await keeper.credentials() == Self.lent())
    }

    /// A service that is down for a moment is asked again, one that talks nonsense is not believed.
    @Test func strangeServicesAreErrors() async throws {
        let replies: [(Result<StoreReply, HTTPFailure>, StoreError.Code)] = [
            (Self.status(200, "<html></html>"), .unsupported),
            (Self.status(200, "{\"AccessKeyId\":\"a\"}"), .unsupported),
            (Self.json(end: "tomorrow"), .unsupported), (Self.status(500), .unavailable),
            (Self.status(401), .permissionDenied), (.failure(HTTPFailure(.timedOut, maybeSent: true)), .timedOut),
        ]
        for (reply, code) in replies {
            let machine = Machine(Self.containerVariables) { _ in reply }
            let error = await #expect(throws: StoreError.self) { try await machine.keeper().credentials() }
            #expect(error?.code == code)
            #expect(error?.metadata["source"]?.contains("169.254.170.2") == true)
        }
        let flaky = Machine(Self.containerVariables) { _ in Self.status(500) }
        let left = Mutex(2)
        flaky.setAnswer { _ in
            left.withLock { left in
                left -= 1
                return left >= 0 ? Self.status(500) : Self.json()
            }
        }
        #expect(try await flaky.keeper().credentials() == Self.lent())
    }

    @Test func requestsAreSignedByTheNewOnes() async throws {
        let machine = Machine(Self.containerVariables) { _ in Self.json("FIRST") }
        let signer = RenewedSigner(try machine.keeper(), region: "r", service: "s3", pathForm: .verbatim)
        let first = try await signer.current()
        #expect(try await signer.current() === first)
        machine.setAnswer { _ in Self.json("SECOND", end: "1970-01-13T14:46:40Z") }
        machine.pass(1_000)
        let second = try await signer.current()
        #expect(second.credentials == Self.lent("SECOND"))
        let request = SignableRequest("GET", host: "h", path: "/")
        let signed = second.sign(request, .unsigned, at: SigningTime(secondsSince1970: 0))
        #expect(signed.headers.contains(NamedValue("X-Amz-Security-Token", "t")))
    }
}
