import KeyValue
import Migration

extension JSONObject {
    /// Adds a key in the interchange form.
    mutating func add(_ key: Key) {
        if key.space != .records { add("space", key.space.name) }
        add("partition", bytes: key.partition)
        add("key", bytes: key.bytes)
    }
}

extension Row {
    /// The row in the interchange form; without its value where that was not read.
    func json(withValue: Bool = true) -> JSONObject {
        var object = JSONObject()
        object.add(key)
        if isTombstone { object.add("tombstone", true) } else if withValue { object.add("value", bytes: value) }
        return object
    }

    /// Partition, key and value for people, separated by tabs.
    func text(withValue: Bool = true) -> String {
        var columns = [HumanText.text(key.partition), HumanText.text(key.bytes)]
        if isTombstone { columns.append("(deleted)") } else if withValue { columns.append(HumanText.text(value)) }
        return columns.joined(separator: "\t")
    }
}

extension JSONObject {
    /// Adds a number of records and how sure it is.
    mutating func add(_ count: Measurement) {
        add("count", count.value)
        add("accuracy", count.accuracy.rawValue)
    }
}

extension Measurement {
    /// For people.
    var text: String { "\(value)" + (accuracy == .exact ? "" : " (estimated)") }
}

extension CopyReport {
    var json: JSONObject {
        var object = JSONObject()
        object.add("read", read)
        object.add("written", written)
        object.add("kept", kept)
        object.add("failed", failed)
        object.add("resumed", resumed)
        object.add("bytes", bytesWritten)
        let listed = failures.map { failure in
            var object = JSONObject()
            object.add(failure.key)
            object.add("reason", ErrorText.line(failure.error))
            return object
        }
        object.add("failures", listed)
        return object
    }

    /// Writes what was done; throws when not every record could be written.
    func show(on output: Output, json isJSON: Bool) async throws {
        if isJSON {
            try await output.line(json)
        } else {
            for failure in failures {
                try await output.line("failed\t\(HumanText.key(failure.key))\t\(ErrorText.line(failure.error))")
            }
            var line = "\(HumanText.count(written, "record")) written"
            if kept > 0 { line += ", \(HumanText.number(kept)) left as they were" }
            if failed > 0 { line += ", \(HumanText.number(failed)) failed" }
            if resumed > 0 { line += "; \(HumanText.number(resumed)) of all by an earlier run" }
            try await output.line(line + ".")
        }
        guard failed == 0 else {
            throw CommandError(
                .failed,
                "Some records are beyond the store's limits and were not written: make them smaller.",
                ["failed": "\(failed)", "read": "\(read)"]
            )
        }
    }
}
