#if DynamoDB
import AWSClient
import KeyValue
import StoreHTTP

extension DynamoDBStore {
    /// Opens the store in a table, and takes the connection over.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for a table that is not there and may not be made, or is of another
    /// shape, ``StoreError/Code/newerFormat``, ``StoreError/Code/movedAway``, and what connections and servers bring.
    static func open(_ client: DynamoDBClient, _ table: TableConfiguration) async throws(StoreError) -> DynamoDBStore {
        do throws(StoreError) {
            try await client.prepare(table)
            let store = DynamoDBStore(client: client)
            try await store.claimFormat()
            if !table.acceptsMovedAway, case .movedAway(let name) = try await store.fence(of: store.bins()[0]).admission
            {
                throw .movedAway(to: name)
            }
            return store
        } catch {
            await client.caller.caller.transport.close()
            throw error
        }
    }

    /// Reads the version of the layout, and writes it where there is none.
    private func claimFormat() async throws(StoreError) {
        var format = try await storedFormat()
        if format == nil {
            var item = DynamoDBLayout.formatItem
            item.attributes["v"] = .integer(DynamoDBLayout.format)
            _ = try await put(item, if: TransactionAction.Condition(expression: "attribute_not_exists(p)"))
            format = try await storedFormat()
        }
        guard let format, format <= DynamoDBLayout.format else {
            throw StoreError(
                .newerFormat,
                "The store was written by a newer release: use that, or a later one.",
                ["format": format.map { "\($0)" } ?? "none", "known": "\(DynamoDBLayout.format)"]
            )
        }
    }

    /// The version of the layout; nil where nobody has written yet.
    func storedFormat() async throws(StoreError) -> Int? {
        guard let item = try await item(at: DynamoDBLayout.formatItem) else { return nil }
        guard let format = item["v"]?.digits.flatMap({ Int($0) }), format > 0 else {
            throw StoreError(.corrupted, "The version of the store's layout can't be read: restore it from a copy.")
        }
        return format
    }
}

extension DynamoDBClient {
    private static let notThere = "ResourceNotFoundException"
    /// How often a table that is being made is asked whether it is ready, at most.
    private static let looksMax = 600

    /// Sees to it that the table is there, ready, and of the shape that the store needs.
    fileprivate func prepare(_ configuration: TableConfiguration) async throws(StoreError) {
        var description = try await describe()
        if description == nil {
            guard configuration.createsTable else {
                throw .invalidArgument("There is no such table: correct the URL.", ["table": table])
            }
            try await create(configuration)
            description = try await describe()
        }
        var looks = 0
        while description?["TableStatus"]?.text != "ACTIVE", description?["TableStatus"]?.text != "UPDATING" {
            looks += 1
            guard looks < DynamoDBClient.looksMax, !Task.isCancelled else {
                throw StoreError(.unavailable, "The table is not ready: see how it fares.", ["table": table])
            }
            do { try await environment.sleep(.milliseconds(500)) } catch { throw .cancelled }
            description = try await describe()
        }
        try requireShape(description)
    }

    /// What the service says of the table; nil where there is none.
    func describe() async throws(StoreError) -> JSON? {
        guard
            case .done(let reply) = try await send(
                "DescribeTable",
                [],
                .reads,
                units: nil,
                expected: [DynamoDBClient.notThere]
            )
        else { return nil }
        return reply["Table"]
    }

    private func create(_ configuration: TableConfiguration) async throws(StoreError) {
        var members = [
            JSON.Member("AttributeDefinitions", .array(["p", "k"].map { attribute($0, "AttributeType", "B") })),
            JSON.Member(
                "KeySchema",
                .array([attribute("p", "KeyType", "HASH"), attribute("k", "KeyType", "RANGE")])
            ),
        ]
        if let capacity = configuration.capacity {
            members.append(JSON.Member("BillingMode", .string("PROVISIONED")))
            let units = [
                JSON.Member("ReadCapacityUnits", .integer(capacity.reads)),
                JSON.Member("WriteCapacityUnits", .integer(capacity.writes)),
            ]
            members.append(JSON.Member("ProvisionedThroughput", .object(units)))
        } else {
            members.append(JSON.Member("BillingMode", .string("PAY_PER_REQUEST")))
        }
        // Somebody else may be making it.
        _ = try await send("CreateTable", members, .setsState, units: nil, expected: ["ResourceInUseException"])
    }

    private func attribute(_ name: String, _ kind: String, _ value: String) -> JSON {
        .object([JSON.Member("AttributeName", .string(name)), JSON.Member(kind, .string(value))])
    }

    private func requireShape(_ description: JSON?) throws(StoreError) {
        let keys = (description?["KeySchema"]?.items ?? []).map { key in
            "\(key["AttributeName"]?.text ?? "") \(key["KeyType"]?.text ?? "")"
        }
        let types = (description?["AttributeDefinitions"]?.items ?? []).map { attribute in
            "\(attribute["AttributeName"]?.text ?? "") \(attribute["AttributeType"]?.text ?? "")"
        }
        guard Set(keys) == ["p HASH", "k RANGE"], Set(types).isSuperset(of: ["p B", "k B"]) else {
            throw .invalidArgument(
                "The table is not one of this store: name another, or one that is not there yet.",
                ["table": table, "keys": (keys + types).joined(separator: ", ")]
            )
        }
    }
}
#endif
