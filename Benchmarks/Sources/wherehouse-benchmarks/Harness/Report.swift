import Foundation

/// The results as a Markdown page.
struct Report {
    var results: Results
    var machine: Machine
    var swift: String
    var date: Date
    var settings: String

    var markdown: String {
        """
        # Results of the benchmarks

        \(date.formatted(.iso8601.year().month().day())). \(machine.processor), \(machine.cores) cores, \
        \(machine.memoryGiB) GiB; \(machine.system), Linux \(machine.kernel); SQLite \(machine.sqlite), \(swift). \
        Scheduling: \(machine.scheduling.description). \(settings)

        Times are medians, in microseconds an operation; memory is in millions of bytes. The bound is the same work done by the C API of SQLite in the \
        same run, by turns with ours; the ratio is the median of the ratios of wall times, turn by turn, and its range \
        is the noise. CPU is the processor time of all threads.

        \(table)

        \(growths)## The bounds against each other

        Ratios between bounds of this run, beside those of an independent measurement on a machine of the same kind. \
        A bound that is off by more than a factor of 1.2 would make the ratios above worth less.

        \(checks)


        How this is measured and what it means is told in the [README](README.md).

        """
    }

    private var table: String {
        let head = ["what", "bound", "ours", "CPU bound", "CPU ours", "ratio", "range", "target", ""]
        return Report.table(head, results.figures.map(cells))
    }

    private func cells(_ figure: Figure) -> [String] {
        let ratios = figure.ratios
        return [
            figure.name,
            figure.bound.map { Report.microseconds($0.wall) } ?? "",
            figure.isMemory ? Report.number(figure.ours.wall / 1e6) + " MB" : Report.microseconds(figure.ours.wall),
            figure.bound.map { Report.microseconds($0.cpu) } ?? "",
            figure.ours.cpu > 0 ? Report.microseconds(figure.ours.cpu) : "",
            figure.ratio.map { Report.number($0) } ?? "",
            ratios.isEmpty ? "" : "\(Report.number(ratios.min() ?? 0))–\(Report.number(ratios.max() ?? 0))",
            figure.target.description,
            figure.isMet.map { $0 ? "met" : "**missed**" } ?? "",
        ]
    }

    private var growths: String {
        guard !results.growths.isEmpty else { return "" }
        let plots = results.growths.map { "```\n\($0.plot)\n```" }.joined(separator: "\n\n")
        return "## What grows with the store\n\nMedian times beside how many records there are.\n\n\(plots)\n\n"
    }

    private var checks: String {
        Report.table(
            ["ratio", "here", "there", ""],
            results.checks.map { check in
                [
                    check.name, Report.number(check.found), Report.number(check.expected),
                    check.isWithin ? "within 1.2x" : "**off**",
                ]
            }
        )
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head, head.map { _ in "---" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    static func microseconds(_ nanoseconds: Double) -> String { number(nanoseconds / 1_000) }

    /// Three digits that count.
    private static func number(_ value: Double) -> String {
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
        return String(format: "%.\(digits)f", value)
    }
}

extension Target: CustomStringConvertible {
    var description: String {
        switch self {
        case .ratioAtMost(let most): "≤ \(most)x"
        case .shareAtLeast(let least): "≥ \(Int(least * 100)) % of its rate"
        case .speedupAtLeast(let least): "≥ \(Int(least))x its rate"
        case .addedAtMost(let most): "≤ \(Int(most)) ns more"
        case .timeAtMost(let most): "≤ \(Int(most / 1_000_000)) ms"
        case .rateAtLeast(let least): "≥ \(Int(least / 1_000)) k/s"
        case .megabytesAtMost(let most): "≤ \(Int(most)) MB"
        case .none: ""
        }
    }
}
