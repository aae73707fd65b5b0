import KeyValue
import StoreHTTP
import TestSupport
import Testing

@testable import AWSClient

/// Where credentials and regions come from.
@Suite struct CredentialsTests {
    private func surroundings(
        _ variables: [String: String] = [:],
        files: [String: String] = [:]
    ) -> AWSSurroundings {
        AWSSurroundings(variable: { variables[$0] }, file: { files[$0] }, secondsSince1970: { 0 })
    }

    private static let credentialsFile = """
        # what other programs wrote
        [default]
        aws_access_key_id = DEFAULT
        aws_secret_access_key=default/secret=

        [work]
        AWS_Access_Key_ID = WORK
        aws_secret_access_key = work secret
        aws_session_token = lent
        s3 =
          max_queue_size = 10
        ; a comment
        nonsense
        """

    private static let configFile = """
        [default]
        region = eu-west-1
        [profile work]
        region = us-east-2
        [profile whole]
        aws_access_key_id = WHOLE
        aws_secret_access_key = secret
        """

    private static let files = ["/h/.aws/credentials": credentialsFile, "/h/.aws/config": configFile]

    @Test func theURLComesFirst() throws {
        let location = try StoreLocation(
            "s3://NAME:se%2Fcret%2B@bucket/p?region=eu-central-1&endpoint=http://localhost:9000"
        )
        let variables = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_REGION": "other"]
        let access = try AWSAccess(location, in: surroundings(variables))
        #expect(access.source == .given(AWSCredentials(accessKeyID: "NAME", secretAccessKey: "se/cret+")))
        #expect(access.region == "eu-central-1")
        #expect(access.endpoint?.url == "http://localhost:9000")
    }

    @Test func thenVariablesThenFiles() throws {
        let location = try StoreLocation("s3://bucket")
        var variables = [
            "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_SESSION_TOKEN": "C",
            "AWS_DEFAULT_REGION": "r-1",
            "HOME": "/h",
        ]
        let first = try AWSAccess(location, in: surroundings(variables, files: Self.files))
        #expect(first.source == .given(AWSCredentials(accessKeyID: "A", secretAccessKey: "B", sessionToken: "C")))
        #expect(first.region == "r-1")
        variables = ["HOME": "/h"]
        let second = try AWSAccess(location, in: surroundings(variables, files: Self.files))
        #expect(second.source == .given(AWSCredentials(accessKeyID: "DEFAULT", secretAccessKey: "default/secret=")))
        #expect(second.region == "eu-west-1")
        variables["AWS_PROFILE"] = "work"
        let third = try AWSAccess(location, in: surroundings(variables, files: Self.files))
        #expect(
            third.source
                == .given(AWSCredentials(accessKeyID: "WORK", secretAccessKey: "work secret", sessionToken: "lent"))
        )
        #expect(third.region == "us-east-2")
        let moved = ["AWS_SHARED_CREDENTIALS_FILE": "/a", "AWS_CONFIG_FILE": "/b"]
        let files = ["/a": Self.credentialsFile, "/b": Self.configFile]
        #expect(try AWSAccess(location, in: surroundings(moved, files: files)).region == "eu-west-1")
        let whole = try StoreLocation("s3://bucket?profile=whole&region=r-2")
        #expect(
            try AWSAccess(whole, in: surroundings(moved, files: files)).source
                == .given(AWSCredentials(accessKeyID: "WHOLE", secretAccessKey: "secret"))
        )
    }

    @Test(arguments: ["s3://bucket", "s3://name@bucket?region=r", "s3://a:b@bucket", "s3://a:b@bucket?region=R%0A"])
    func whatIsMissingIsTold(_ url: String) throws {
        let location = try StoreLocation(url)
        let error = #expect(throws: StoreError.self) { try AWSAccess(location, in: surroundings()) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func secretsAreNotShown() {
        let credentials = AWSCredentials(accessKeyID: "NAME", secretAccessKey: "hidden", sessionToken: "hidden")
        #expect(!"\(credentials)".contains("hidden"))
    }
}
