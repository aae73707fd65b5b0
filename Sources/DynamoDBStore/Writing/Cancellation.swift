#if DynamoDB
import AWSClient
import KeyValue
import StoreHTTP

/// Why the service did not apply a transaction: a reason for each of its actions, in their order.
struct Cancellation: Sendable {
    struct Reason: Sendable {
        let code: String
        let message: String
        /// What is there, where a condition failed; nil for nothing.
        let item: Item?
    }

    let reasons: [Reason]

    /// The name of the failure.
    static let code = "TransactionCanceledException"

    init?(_ refusal: AWSRefusal) {
        guard let reasons = refusal.json?["CancellationReasons"]?.items else { return nil }
        self.reasons = reasons.map { reason in
            Reason(
                code: reason["Code"]?.text ?? "None",
                message: reason["Message"]?.text ?? "",
                item: Item(reason["Item"])
            )
        }
    }

    private static let condition = "ConditionalCheckFailed"

    /// The error that the reasons mean; nil where the rows that the transaction depends on have changed meanwhile, so
    /// that it has to be made anew.
    func error(of transaction: Transaction, in store: StoreIdentity) throws(StoreError) -> StoreError? {
        guard reasons.count == 1 + transaction.steps.count + transaction.marks.count else {
            return .strangeReply(["reasons": "\(reasons.count)"])
        }
        if reasons[0].code == Cancellation.condition {
            let fence = try reasons[0].item.map(FenceShard.fence) ?? .open
            do throws(StoreError) { try fence.admit(epoch: transaction.epoch) } catch { return error }
            // It has been changed to one that admits the batch since.
            return nil
        }
        var conflicts: [StoreError.Conflict] = []
        var refusal: StoreError?
        var isOutdated = false
        for (step, reason) in zip(transaction.steps, reasons.dropFirst()) where reason.code == Cancellation.condition {
            let entry = try reason.item.map { (item) throws(StoreError) in try StoredRow(item).entry(in: store) }
            if let conflict = step.operation.conflict(with: entry) {
                conflicts.append(conflict)
            } else if let why = step.refusal, case .read(let seen) = step.seen, seen?.revision == entry?.revision {
                refusal = refusal ?? why
            } else {
                isOutdated = true
            }
        }
        if !conflicts.isEmpty { return .preconditionFailed(conflicts) }
        if isOutdated { return nil }
        if let refusal { return refusal }
        return errorOfOthers()
    }

    private func errorOfOthers() -> StoreError? {
        for reason in reasons where reason.code != "None" {
            let details = ["code": reason.code, "said": String(reason.message.prefix(300))]
            switch reason.code {
            case "TransactionConflict":
                return StoreError(.locked, "Somebody else writes the same records: try again.", details)
            case "ThrottlingError", "ProvisionedThroughputExceeded":
                return StoreError(.throttled, "The server asks for less load.", details)
            case "ItemCollectionSizeLimitExceeded":
                return StoreError(.full, "The server has no room: give it more.", details)
            case "AccessDenied":
                return StoreError(
                    .permissionDenied,
                    "The server does not let this user do it: check the access key, its secret, and rights.",
                    details
                )
            case "ValidationError" where AWSRefusal.isAboutSize(reason.message):
                return StoreError(.tooLarge, "The server takes no key or record as large as this.", details)
            default: return .invalidArgument("The server refuses the request as wrong.", details)
            }
        }
        return .strangeReply()
    }
}
#endif
