#if DynamoDB
import AWSClient
import Foundation
import KeyValue
import StoreHTTP
import Synchronization
import TestServers
import Testing

@testable import DynamoDBStore

/// A table is used with credentials that an imitation of Amazon's services lends, over HTTP.
@Suite struct LentCredentialsTests {
    /// Fifty times as patient as its clock says: two seconds are little for an imitation on a busy machine.
    private static let patient: StoreEnvironment = {
        let live = StoreEnvironment.live
        let pause = live.sleep
        return StoreEnvironment(
            random: live.random,
            nanoseconds: { live.nanoseconds() / 50 },
            sleep: { try await pause($0 * 50) }
        )
    }()

    /// The names of the keys that signed the requests of a table, and the tokens beside them.
    private func signatures(
        _ variables: [String: String],
        files: [String: String] = [:],
        at proxy: SerialProxy
    ) async throws -> Set<[String]> {
        let seen = Mutex<Set<[String]>>([])
        proxy.intercept { request, _ in
            guard request.headers["x-amz-target"] != nil else { return nil }
            let name = request.headers["authorization"]?.firstMatch(of: /Credential=([^\/]*)/)?.output.1 ?? ""
            _ = seen.withLock { $0.insert([String(name), request.headers["x-amz-security-token"] ?? "none"]) }
            return nil
        }
        let surroundings = AWSSurroundings(
            variable: { variables[$0] },
            file: { files[$0] },
            secondsSince1970: AWSSurroundings.live.secondsSince1970
        )
        let location = try StoreLocation("dynamodb://lent-\(UUID().uuidString)?region=us-east-1&endpoint=\(proxy.url)")
        let access = try AWSAccess(location, in: surroundings)
        let environment = LentCredentialsTests.patient
        let transport = try AsyncTransport(HTTPConfiguration(), environment: environment)
        let caller = HTTPCaller(transport, environment: environment, timeout: .seconds(300))
        let client = DynamoDBClient(
            caller: AWSCaller(
                caller,
                signer: access.signer(of: "dynamodb", .normalized, caller, in: surroundings),
                endpoint: try access.endpoint(of: "dynamodb"),
                clock: surroundings.secondsSince1970,
                showsPayloadHash: false
            ),
            table: try TableConfiguration(location).name
        )
        let store = try await DynamoDBStore.open(client, TableConfiguration(location))
        let key = Key("p", "a")
        try await store.put([1], at: key)
        #expect(try await store.get(key)?.value == [1])
        await store.close()
        return seen.withLock { $0 }
    }

    @Test func byTheRoleOfAnInstance() async throws {
        let proxy = try await MotoServer.shared().makeProxy()
        let found = try await signatures(["AWS_EC2_METADATA_SERVICE_ENDPOINT": proxy.url], at: proxy)
        #expect(found == [["test-key", "test-session-token"]])
        proxy.stop()
    }

    @Test func byAWebIdentity() async throws {
        let proxy = try await MotoServer.shared().makeProxy()
        let variables = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/test",
            "AWS_ENDPOINT_URL_STS": proxy.url,
        ]
        let found = try await signatures(variables, files: ["/token": "a.b.c"], at: proxy)
        #expect(found.count == 1)
        let signature = try #require(found.first)
        // Lent keys are named so, lasting ones AKIA….
        #expect(signature[0].hasPrefix("ASIA") && signature[1] != "none")
        proxy.stop()
    }
}
#endif
