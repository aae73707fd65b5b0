import KeyValue
import Migration

extension MigrationOverview {
    func show(on output: Output, json: Bool) async throws {
        if json { return try await output.write(try jsonLine()) }
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
        return isCopied ? text + ": all" : text + paceText
    }

    /// How fast what is under way goes, and how long it takes still.
    private var paceText: String {
        var text = ""
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
        if isCopied, proof.ended == nil { text += paceText }
        if let first = proof.differences.first {
            text += ", \(proof.differences.count) differ, the first of which is \(first.text)"
        }
        return text
    }

    /// What other programs have changed at the source since the cutover; the keys are in the JSON.
    private var lateText: String? {
        let keys = unacknowledged.prefix(10).map { "\($0.key)" }
        guard !keys.isEmpty else {
            return lateWrites.isEmpty ? nil : HumanText.count(lateWrites.count, "key") + ", acknowledged"
        }
        let more = unacknowledged.count - keys.count
        return keys.joined(separator: ", ") + (more > 0 ? " and \(HumanText.number(more)) more" : "")
    }

    private var unlimitedText: String {
        if isReadyToSwitch { return "nothing: ready to cut over" }
        guard record.mode == .captured else { return "nothing" }
        if !isCopied { return "the speed of the stores" }
        return proof.debt > 0 ? "the proof of what was copied" : "what is marked and to be carried over"
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
        facts.append(("limited by", limits.first ?? unlimitedText))
        for limit in limits.dropFirst() { facts.append(("", limit)) }
        facts.append(("last", "\(record.lastAudit.time) \(record.lastAudit.actor): \(record.lastAudit.text)"))
        if let guarantee { facts.append(("guarantee", guarantee.text)) }
        if let lateText { facts.append(("late writes", lateText)) }
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
        if record.mode == .captured, isCopied, proof.debt > 0 { text += "; unproven \(unprovenText)" }
        if let limit = limits.first { text += "; limited by: \(limit)" }
        return HumanText.text(text.utf8)
    }
}
