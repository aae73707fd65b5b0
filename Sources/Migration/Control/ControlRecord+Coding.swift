import KeyValue

extension ControlRecord {
    private static let format: UInt8 = 1

    /// Format 1: the byte 1; the epoch; the mode's number as a byte, and five flags as bytes (capture complete, copied,
    /// switched, retired, barrier passed); the controller's token; both stores, each as its name and its bits; the
    /// plan, as milliseconds, a number of marks and a scope as a byte; the throttle, as a flag and five limits, each a flag and the
    /// number if there is one: rows, bytes, latency, and the minutes at which its hours begin and end; the expected records; the debt; the last line of the audit log.
    ///
    /// Numbers are 64-bit big-endian; texts are UTF-8 with a 32-bit big-endian length before them. There is one
    /// encoding of a record.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ControlRecord.format)
        writer.append(integer: epoch)
        writer.append(byte: state.mode.rawValue)
        writer.append(flag: state.isCaptureComplete)
        writer.append(flag: state.isCopied)
        writer.append(flag: state.hasSwitched)
        writer.append(flag: state.isRetired)
        writer.append(flag: hasPassedBarrier)
        writer.append(integer: controller)
        writer.append(store: source)
        writer.append(store: target)
        writer.append(duration: plan.holdMax)
        writer.append(integer: plan.marksMax)
        writer.append(scope: plan.leastScope)
        writer.append(throttle: throttle)
        writer.append(integer: expectedRecords)
        writer.append(integer: debt)
        writer.append(audit: lastAudit)
        return writer.bytes
    }

    /// The record behind kept bytes; throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(ControlRecord.format)
        guard let record = ControlRecord(from: &reader), reader.isAtEnd else { throw .damagedControl }
        self = record
    }

    private init?(from reader: inout KeyReader) {
        guard let epoch = reader.integer(), let mode = reader.byte().flatMap(MigrationMode.init(rawValue:)),
            let isCaptureComplete = reader.flag(), let isCopied = reader.flag(), let hasSwitched = reader.flag(),
            let isRetired = reader.flag(), let hasPassedBarrier = reader.flag(), let controller = reader.integer(),
            let source = reader.store(), let target = reader.store(), let holdMax = reader.duration(),
            let marksMax = reader.integer(), let leastScope = reader.scope(), let throttle = reader.throttle(),
            let expected = reader.integer(),
            let debt = reader.integer(), let audit = reader.audit()
        else { return nil }
        // What is counted up has room to.
        guard epoch < 1 << 62, controller < 1 << 62 else { return nil }
        let plan = MigrationPlan(holdMax: holdMax, marksMax: marksMax, leastScope: leastScope)
        self.init(source: source, target: target, plan: plan, controller: controller, audit: audit)
        self.epoch = epoch
        state.mode = mode
        state.isCaptureComplete = isCaptureComplete
        state.isCopied = isCopied
        state.hasSwitched = hasSwitched
        state.isRetired = isRetired
        self.hasPassedBarrier = hasPassedBarrier
        self.throttle = throttle
        expectedRecords = expected
        self.debt = debt
    }
}
