import KeyValue

extension ChangeAttempt {
    /// Throws where something that the change writes is longer than the store's limits. It is asked before anything is
    /// written, so that a refused change leaves nothing.
    func requireRoom(_ limits: Limits) throws(RecordError) {
        if let value, value.count > limits.valueBytesMax {
            throw RecordError(
                .tooLarge,
                "The record is longer than the store's values may be: keep the long part elsewhere.",
                ["type": shape.name, "bytes": "\(value.count)", "bytesMax": "\(limits.valueBytesMax)"]
            )
        }
        // Totals that a batch reaches are always in it: nobody would know of them what is added already.
        let additions = plan.sums.count + plan.notices.count
        guard additions == 0 || additions < limits.batchOperationsMax else {
            throw RecordError(
                .tooLarge,
                "The change adds to more counts and sums than a batch of the store can hold: count by fewer values.",
                ["type": shape.name, "additions": "\(additions)", "operationsMax": "\(limits.batchOperationsMax)"]
            )
        }
        try ChangeAttempt.requireRoom(for: change.key, of: shape, limits)
        for keys in [plan.newEntries.inside, plan.newEntries.outside] {
            for key in keys { try ChangeAttempt.requireRoom(for: key, of: shape, limits) }
        }
        for keys in [plan.newClaims.inside, plan.newClaims.outside] {
            for key in keys { try ChangeAttempt.requireRoom(for: key, of: shape, limits) }
        }
        for key in plan.sums.keys { try ChangeAttempt.requireRoom(for: key, of: shape, limits) }
        for key in plan.doubted { try ChangeAttempt.requireRoom(for: key, of: shape, limits) }
        if !plan.isInside { try ChangeAttempt.requireRoom(for: intent, of: shape, limits) }
    }

    static func requireRoom(for key: Key, of shape: RecordShape, _ limits: Limits) throws(RecordError) {
        let isTooLong = key.bytes.count > limits.keyBytesMax
        guard isTooLong || key.partition.count > limits.partitionBytesMax else { return }
        let (count, most) =
            isTooLong ? (key.bytes.count, limits.keyBytesMax) : (key.partition.count, limits.partitionBytesMax)
        throw RecordError(
            .tooLarge,
            "A key or an index entry of the record is longer than the store's keys may be: shorten the field.",
            [
                "type": shape.name, "row": RecordLayout.decode(key)?.name ?? shape.name, "bytes": "\(count)",
                "bytesMax": "\(most)",
            ]
        )
    }
}
