public import ArgumentParser
public import Importers
import KeyValue

extension FilesFollower.Ending: ExpressibleByArgument {}

extension ImportFilesCommand {
    /// Kept apart: the optimiser of Swift 6.3 crashes when it makes one function of calls with closures in each other.
    @inline(never)
    func followSource(_ context: CommandContext) async throws {
        try await context.withStore(source) { source in
            let capture = try CapturingOptions.capture(of: source)
            let report = try await context.withStore(target, creating: true) { target in
                try await context.withRecords { try await follow(capture, target, context) }
            }
            if options.json {
                try await context.output.line(json(report, capture.guarantee))
            } else {
                try await context.output.line(summary(report, capture.guarantee))
            }
            try requireNone(lost: report.lostUploads)
        }
    }

    private func follow(
        _ source: any ForeignCapture,
        _ target: any KeyValueStore,
        _ context: CommandContext
    ) async throws -> FollowReport {
        let follower = FilesFollower(
            from: source,
            to: try await uploads(in: target, context),
            prefix: prefix,
            sleep: context.environment.sleep
        )
        let line = ProgressLine(isQuiet: quiet, now: context.environment.now)
        defer { line.end() }
        return try await follower.run(until: until) { finding in
            try await tell(finding, context)
        } progress: { report in
            let compared = HumanText.count(report.compared, "upload")
            let changes = HumanText.count(report.changes, "changed key")
            line.show("\(compared) compared, \(changes) carried over, \(HumanText.number(report.behind)) behind")
        }
    }

    private func summary(_ report: FollowReport, _ guarantee: ForeignGuarantee) -> String {
        var parts = ["\(HumanText.count(report.compared, "upload")) compared"]
        parts.append("\(HumanText.count(report.changes, "changed key")) carried over")
        if report.removed > 0 { parts.append("\(HumanText.number(report.removed)) removed") }
        if report.lostUploads > 0 { parts.append("\(HumanText.number(report.lostUploads)) not carried") }
        let end = until == .frozen ? "Nobody else may write there any more." : "It was caught up."
        return parts.joined(separator: ", ") + ". \(end) \(guarantee.text)"
    }

    private func json(_ report: FollowReport, _ guarantee: ForeignGuarantee) -> JSONObject {
        var object = JSONObject()
        object.add("guarantee", guarantee.rawValue)
        object.add("comparisons", report.comparisons)
        object.add("compared", report.compared)
        object.add("changes", report.changes)
        object.add("behind", report.behind)
        object.add("written", report.written)
        object.add("removed", report.removed)
        object.add("lost", report.lostUploads)
        object.add("findings", json(report.findings))
        return object
    }
}
