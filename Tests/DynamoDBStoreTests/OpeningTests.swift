#if DynamoDB
import AWSClient
import DynamoDBStore
import KeyValue
import StoreHTTP
import TestServers
import Testing

@testable import DynamoDBStore

@Suite(.serialized) struct OpeningTests {
    @Test(arguments: [
        "dynamodb:table?region=r", "dynamodb://k:s@ab?region=r", "dynamodb://k:s@table/more?region=r",
        "dynamodb://k:s@table?region=r&colour=red", "dynamodb://k:s@table?region=r&capacity=1",
        "dynamodb://k:s@table?region=r&capacity=0,1", "dynamodb://k:s@table?region=r&endpoint=ftp://h",
        "dynamodb://k:s@ta%2Fble?region=r",
    ])
    func wrongURLsAreRefused(_ url: String) async throws {
        let failure = await #expect(throws: StoreError.self) {
            _ = try await DynamoDBDriver().open(StoreLocation(url), environment: .live)
        }
        #expect(failure?.code == .invalidArgument)
    }

    @Test func tablesAreMadeAsTheURLSays() async throws {
        let server = try await MotoServer.shared()
        var location = try StoreLocation(server.url(ofTable: "opening-tests"))
        location.createsStore = false
        let missing = location
        let failure = await #expect(throws: StoreError.self) {
            _ = try await DynamoDBDriver().open(missing, environment: .live)
        }
        #expect(failure?.code == .invalidArgument)
        let paid = try StoreLocation(server.url(ofTable: "opening-tests") + "&capacity=7,9")
        let store = try await DynamoDBDriver().open(paid, environment: .live)
        let facts = try await store.status().facts
        #expect(facts.contains(StoreStatus.Fact("billing", "PROVISIONED")))
        #expect(facts.contains(StoreStatus.Fact("writes a second", "9")))
        await store.close()
        let again = try await DynamoDBDriver().open(location, environment: .live)
        await again.close()
    }

    @Test func newerFormatsAndOtherTablesAreRefused() async throws {
        let server = try await MotoServer.shared()
        let location = try StoreLocation(server.url(ofTable: "newer"))
        let opened = try await DynamoDBDriver().open(location, environment: .live)
        let store = try #require(opened as? DynamoDBStore)
        var item = DynamoDBLayout.formatItem
        item.attributes["v"] = .integer(2)
        let isPut = try await store.put(item, if: TransactionAction.Condition(expression: "attribute_exists(p)"))
        #expect(isPut)
        let newer = await #expect(throws: StoreError.self) {
            _ = try await DynamoDBDriver().open(location, environment: .live)
        }
        #expect(newer?.code == .newerFormat)
        let other = DynamoDBClient(caller: store.client.caller, table: "other")
        let key = JSON.object([JSON.Member("AttributeName", .string("id")), JSON.Member("KeyType", .string("HASH"))])
        let type = JSON.object([
            JSON.Member("AttributeName", .string("id")), JSON.Member("AttributeType", .string("S")),
        ])
        _ = try await other.ask(
            "CreateTable",
            [
                JSON.Member("KeySchema", .array([key])), JSON.Member("AttributeDefinitions", .array([type])),
                JSON.Member("BillingMode", .string("PAY_PER_REQUEST")),
            ],
            .setsState
        )
        let shape = await #expect(throws: StoreError.self) {
            let location = try StoreLocation(server.url(ofTable: "other"))
            _ = try await DynamoDBDriver().open(location, environment: .live)
        }
        #expect(shape?.code == .invalidArgument)
        await store.close()
    }
}
#endif
