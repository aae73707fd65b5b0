import AsyncHTTPClient
import Drivers
import Foundation
import KeyValue

/// Single calls of the stores in buckets and in tables of DynamoDB, beside requests signed by hand that do the same, and
/// the processor time of each beside that of Amazon's own client in Python.
func measureAWS(_ bench: Workbench, _ results: inout Results) async throws {
    let server = try MotoProcess()
    defer { server.stop() }
    for service in ["s3", "dynamodb"] {
        let direct = SignedRequests(service: service, authority: server.authority, client: .shared)
        let calls: any ServiceCalls = service == "s3" ? BucketCalls(direct: direct) : TableCalls(direct: direct)
        try await calls.prepare()
        let url = "\(service)://key:secret@ours?region=us-east-1&endpoint=http://\(server.authority)"
        let store = try await StoreRegistry.bundled.open(url, creating: true)
        let comparison = Comparison(bench: bench, server: server, service: service, calls: calls, store: store)
        try await comparison.measure(&results)
        await store.close()
    }
}

/// What a careful programmer would send.
private protocol ServiceCalls: Sendable {
    /// Makes what the peers need, and the bucket of the store where it makes none itself.
    func prepare() async throws
    func put(_ name: String, _ value: [UInt8]) async throws
    /// How many bytes were answered, whatever stands around the value.
    func get(_ name: String) async throws -> Int
}

private struct BucketCalls: ServiceCalls {
    let direct: SignedRequests

    func prepare() async throws {
        for bucket in ["ours", "peer"] { _ = try await direct.send("PUT", "/\(bucket)") }
    }

    func put(_ name: String, _ value: [UInt8]) async throws {
        _ = try await direct.send("PUT", "/peer/\(name)", [], value)
    }

    func get(_ name: String) async throws -> Int { try await direct.send("GET", "/peer/\(name)").count }
}

private struct TableCalls: ServiceCalls {
    let direct: SignedRequests

    private func call(_ action: String, _ body: String) async throws -> [UInt8] {
        let headers = [
            (name: "content-type", value: "application/x-amz-json-1.0"),
            (name: "x-amz-target", value: "DynamoDB_20120810.\(action)"),
        ]
        return try await direct.send("POST", "/", headers, Array(body.utf8))
    }

    func prepare() async throws {
        let names = ["p", "k"]
        let attributes = names.map { #"{"AttributeName":"\#($0)","AttributeType":"B"}"# }.joined(separator: ",")
        let schema = zip(names, ["HASH", "RANGE"]).map { #"{"AttributeName":"\#($0)","KeyType":"\#($1)"}"# }
        _ = try await call(
            "CreateTable",
            #"{"TableName":"peer","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[\#(attributes)],"#
                + #""KeySchema":[\#(schema.joined(separator: ","))]}"#
        )
    }

    private func key(_ name: String) -> String {
        #""p":{"B":"cA=="},"k":{"B":"\#(Data(name.utf8).base64EncodedString())"}"#
    }

    /// Beside another item that has to be as it is, as in the store, where that is the fence.
    func put(_ name: String, _ value: [UInt8]) async throws {
        let check =
            #"{"ConditionCheck":{"TableName":"peer","Key":{\#(key("fence"))},"#
            + #""ConditionExpression":"attribute_not_exists(p)"}}"#
        let item = #"{\#(key(name)),"v":{"B":"\#(Data(value).base64EncodedString())"}}"#
        let put = #"{"Put":{"TableName":"peer","Item":\#(item)}}"#
        _ = try await call("TransactWriteItems", #"{"TransactItems":[\#(check),\#(put)]}"#)
    }

    func get(_ name: String) async throws -> Int {
        try await call("GetItem", #"{"TableName":"peer","Key":{\#(key(name))},"ConsistentRead":true}"#).count
    }
}

private struct Comparison: Sendable {
    let bench: Workbench
    /// Where it listens.
    let server: String
    let service: String
    let calls: any ServiceCalls
    let store: any KeyValueStore

    /// One after the other: the server fails some that come beside others.
    private static let operations = 600

    init(bench: Workbench, server: MotoProcess, service: String, calls: any ServiceCalls, store: any KeyValueStore) {
        self.bench = bench
        self.server = server.authority
        self.service = service
        self.calls = calls
        self.store = store
    }

    func measure(_ results: inout Results) async throws {
        let title = service == "s3" ? "bucket" : "table of DynamoDB"
        for action in ["put", "get"] {
            let peer = PythonPeer(script: "aws.py", input: server)
                .body("\(service)-\(action)", operations: Comparison.operations)
            let series = try await interleave(
                [body(action, "signed by hand", byHand), body(action, "store", byStore), peer],
                repeats: bench.repeats
            )
            let ours = Series(name: "store", readings: series[1].readings.map { Reading(wall: $0.cpu, cpu: $0.cpu) })
            results.figures += [
                Figure(
                    "\(title), \(action); bound signed by hand",
                    series[1],
                    against: series[0],
                    .shareAtLeast(0.9)
                ),
                Figure(
                    "\(title), \(action), processor time; bound the client in Python",
                    ours,
                    against: series[2],
                    .ratioAtMost(0.25)
                ),
            ]
        }
    }

    private func body(
        _ action: String,
        _ name: String,
        _ call: @escaping @Sendable (_ action: String, _ number: Int) async throws -> Void
    ) -> Body {
        Body(name: "\(name), \(action)", operations: Comparison.operations) { _ in
            for number in 0..<Comparison.operations { try await call(action, number % 100) }
            return Comparison.operations
        }
    }

    private func byHand(_ action: String, _ number: Int) async throws {
        switch action {
        case "put": try await calls.put("key-\(number)", bench.data.value(number))
        default:
            let count = try await calls.get("key-\(number)")
            guard count >= Dataset.valueBytes else { throw WrongAnswer(answer: "\(count) bytes") }
        }
    }

    private func byStore(_ action: String, _ number: Int) async throws {
        let key = bench.data.keys[number]
        switch action {
        case "put": try await store.put(bench.data.value(number), at: key)
        default:
            let count = try await store.get(key)?.value.count
            guard count == Dataset.valueBytes else { throw WrongAnswer(answer: "\(count ?? 0) bytes") }
        }
    }
}
