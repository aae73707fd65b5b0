import KeyValue
import Migration

extension MigrationOverview {
    func show(on output: Output, json: Bool) async throws {
        if json { return try await output.line(self.json) }
        for line in lines { try await output.line(line) }
    }

    // MARK: - Text

    /// The mode in words.
    var modeText: String {
        if isAborted { return "given up: reads and writes at the source" }
        return switch record.mode {
        case .source: "planned: reads and writes at the source"
        case .weakened: "beginning: reads and writes at the source"
        case .captured: "reads and writes at the source, changes are marked"
        case .sourceHeld: "reads at the source, writes are held"
        case .targetHeld: "reads at the target, writes are held"
        case .switched: "reads and writes at the target, changes are marked"
        case .target: isOver ? "finished: reads and writes at the target" : "ending: reads and writes at the target"
        }
    }

    private var copyText: String {
        var text = HumanText.number(Int(clamping: rows))
        if !isCopied, totalRows >= rows {
            text += " of about \(HumanText.number(Int(clamping: totalRows)))"
        }
        text += " rows, \(HumanText.number(Int(clamping: bytes))) bytes"
        if isCopied { return text + ": all" }
        if let rate = leader?.rowsPerSecond { text += ", \(HumanText.number(Int(clamping: rate)))/s" }
        if let remaining { text += ", \(HumanText.duration(remaining)) left" }
        return text
    }

    private var marksText: String {
        guard let marks = leader?.marks else { return record.mode.direction == nil ? "none are marked" : "not known" }
        let more = marks >= WorkerReport.marksCountedMax ? " or more" : ""
        return "\(HumanText.number(Int(clamping: marks)))\(more) to carry over"
    }

    private var unprovenText: String {
        var text = HumanText.count(Int(clamping: proof.debt), "row")
        if let first = proof.differences.first {
            text += ", \(proof.differences.count) differ, the first of which is \(first.text)"
        }
        return text
    }

    /// One fact a line.
    var lines: [String] {
        var facts = [
            ("migration", "\(name): \(record.source.name) to \(record.target.name)"),
            ("mode", modeText),
            ("copied", copyText),
            ("changes", marksText),
            ("unproven", unprovenText),
            ("clients", "\(clients.count), of which \(acknowledged) have acknowledged the mode"),
        ]
        let leader = leader.map { ", led by \($0.name)" } ?? ""
        facts.append(("workers", "\(workers.count)\(leader)"))
        facts.append(
            ("limited by", limits.isEmpty ? (isReadyToSwitch ? "nothing: ready to cut over" : "nothing") : limits[0])
        )
        for limit in limits.dropFirst() { facts.append(("", limit)) }
        facts.append(("last", "\(record.lastAudit.time) \(record.lastAudit.actor): \(record.lastAudit.text)"))
        let width = facts.map(\.0.count).max() ?? 0
        return facts.map { name, text in
            name + String(repeating: " ", count: width - name.count) + "  " + HumanText.text(text.utf8)
        }
    }

    /// Everything that changes, in one line.
    var line: String {
        var text = "\(name): \(modeText)"
        if record.mode == .captured || (!isCopied && rows > 0) { text += "; copied \(copyText)" }
        if leader?.marks != nil { text += "; \(marksText)" }
        if let limit = limits.first { text += "; limited by: \(limit)" }
        return HumanText.text(text.utf8)
    }

    // MARK: - JSON

    var json: JSONObject {
        var object = JSONObject()
        object.add("name", name)
        object.add("source", record.source.name)
        object.add("target", record.target.name)
        object.add("epoch", Int(clamping: record.epoch))
        object.add("mode", "\(record.mode)")
        object.add("settled", isSettled)
        object.add("copied", isCopied)
        object.add("ready", isReadyToSwitch)
        object.add("over", isOver)
        object.add("aborted", isAborted)
        object.add("rows", Int(clamping: rows))
        object.add("bytes", Int(clamping: bytes))
        object.add("totalRows", Int(clamping: totalRows))
        object.add("rowsPerSecond", optional: leader?.rowsPerSecond)
        object.add("secondsLeft", optional: remaining.map { UInt64(clamping: $0.components.seconds) })
        object.add("marks", optional: leader?.marks)
        object.add("unproven", Int(clamping: proof.debt))
        object.add("differences", proof.differences.map(\.text))
        object.add("ranges", ranges.map(\.json))
        object.add("clients", clients.map { $0.json(epoch: record.epoch) })
        object.add("workers", workers.map(\.json))
        object.add("paused", record.throttle.isPaused)
        object.add("rowsPerSecondMax", optional: record.throttle.rowsPerSecondMax)
        object.add("bytesPerSecondMax", optional: record.throttle.bytesPerSecondMax)
        object.add("holdMaxMilliseconds", Int(record.plan.holdMax / .milliseconds(1)))
        object.add("marksMax", Int(clamping: record.plan.marksMax))
        object.add("limits", limits)
        object.add("last", record.lastAudit.json)
        return object
    }
}

extension JSONObject {
    fileprivate mutating func add(_ name: String, optional number: UInt64?) {
        if let number { add(name, Int(clamping: number)) } else { addNull(name) }
    }
}

extension MigrationOverview.Range {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("space", space.name)
        object.add("rows", Int(clamping: rows))
        object.add("bytes", Int(clamping: bytes))
        object.add("copied", isCopied)
        return object
    }
}

extension MigrationOverview.Client {
    fileprivate func json(epoch: UInt64) -> JSONObject {
        var object = JSONObject()
        // Beyond what JSON numbers hold everywhere.
        object.add("id", "\(id)")
        object.add("epoch", Int(clamping: self.epoch))
        object.add("acknowledged", self.epoch == epoch)
        return object
    }
}

extension WorkerReport {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("name", name)
        object.add("leads", isLeading)
        object.add("hindrance", hindrance)
        return object
    }
}
