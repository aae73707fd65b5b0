#if DynamoDB
import AWSClient
import KeyValue
import StoreHTTP

/// The operations of one table, over HTTP. The format is that of the service's API of 2012-08-10.
struct DynamoDBClient: Sendable {
    let caller: AWSCaller
    let table: String
    let meter = BilledMeter(units: DynamoDBStore.listPrices.units.count)

    var environment: StoreEnvironment { caller.caller.environment }

    /// What came of a request.
    enum Answer: Sendable {
        case done(JSON)
        /// The service did not do it, with one of the names of failures that were expected.
        case refused(AWSRefusal)
    }

    /// Whether a request changes something, and what that means for sending it again.
    enum Effect {
        case reads
        /// It changes something, and no more when it is applied twice.
        case setsState
        /// It changes something, and a second time might change more.
        case writes
    }

    /// Sends a request on the table.
    ///
    /// - Parameters:
    ///   - units: What it is billed as where the reply does not say; nil for what is free.
    ///   - expected: Names of failures that are given back rather than thrown.
    func send(
        _ operation: String,
        _ members: [JSON.Member],
        _ effect: Effect,
        ofTable: Bool = true,
        units: Double? = 1,
        expected: Set<String> = []
    ) async throws(StoreError) -> Answer {
        var input = members
        if units != nil { input.append(JSON.Member("ReturnConsumedCapacity", .string("TOTAL"))) }
        if ofTable { input.append(JSON.Member("TableName", .string(table))) }
        let request = AWSCaller.Request(
            "POST",
            path: "/",
            headers: [
                NamedValue("Content-Type", "application/x-amz-json-1.0"),
                NamedValue("X-Amz-Target", "DynamoDB_20120810.\(operation)"),
            ],
            body: JSON.object(input).encoded,
            changes: effect != .reads,
            isRepeatable: effect != .writes
        )
        return try await caller.call(request) { (reply) throws(StoreError) -> Answer? in
            if reply.isSuccess {
                guard let json = JSON(parsing: reply.body), json.members != nil else {
                    throw strangeReply(changes: effect != .reads)
                }
                let unit: BilledUnit = effect == .reads ? .reads : .writes
                meter.add(units == nil ? nil : unit.rawValue, BilledUnit.consumed(json) ?? units ?? 0)
                return .done(json)
            }
            let refusal = AWSRefusal(reply)
            return expected.contains(refusal.code) ? .refused(refusal) : nil
        }
    }

    /// The same where no refusal is expected.
    func ask(
        _ operation: String,
        _ members: [JSON.Member],
        _ effect: Effect = .reads
    ) async throws(StoreError) -> JSON {
        guard case .done(let json) = try await send(operation, members, effect) else {
            throw strangeReply(changes: effect != .reads)
        }
        return json
    }

    /// What says success and can't be read: a write may have been applied.
    func strangeReply(changes: Bool) -> StoreError {
        guard changes else { return .strangeReply(["server": "\(caller.endpoint)"]) }
        return StoreError(
            .outcomeUnknown,
            "The server may have applied the write or not: read the record to find out.",
            ["server": "\(caller.endpoint)"]
        )
    }
}
#endif
