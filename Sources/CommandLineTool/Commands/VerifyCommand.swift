import ArgumentParser
import KeyValue
import Migration

struct VerifyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that two stores hold the same records, or show where they differ.",
        discussion: """
            Every record of both is read and compared. Exit status 0 when they are equal, 1 when they differ. The first \
            100 differences of each kind are listed: missing from the second, extra in the second, different.

            The digests that are told compare with those of other runs of verify and digest under the same --seed. \
            Stores without a common order may deliver a record more than once (repeated), or seem to differ in what \
            proves equal when asked for by key (cleared).

            JSON: equal, first, second, missing, extra, different, repeated, cleared, seed, firstDigest, secondDigest, \
            and differences: the kind and the key of each.

            Example: wherehouse verify sqlite:one.db sqlite:two.db
            """
    )

    @Argument(help: ArgumentHelp("The URL of the first store.", valueName: "a")) var source: String
    @Argument(help: ArgumentHelp("The URL of the second store.", valueName: "b")) var target: String
    @OptionGroup var digests: DigestOptions
    @OptionGroup var work: LongWorkOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if source == target { throw ValidationError("The two stores are the same: name another to compare with.") }
    }

    func run(in context: CommandContext) async throws {
        try await context.withStore(source) { source in
            try await context.withStore(target) { target in
                let progress = ProgressLine(isQuiet: work.quiet, now: context.environment.now)
                defer { progress.end() }
                let verifier = Verifier(
                    temporaryDirectory: work.temporaryPath,
                    seed: digests.seed,
                    environment: context.environment,
                    progress: progress.show
                )
                var differences: [Difference] = []
                let report = try await working {
                    try await progress.counting(source) {
                        try await verifier.verify(source, against: target) { differences.append($0) }
                    }
                }
                progress.end()
                try await show(report, differences, verifier.seed, context.output)
            }
        }
    }

    private func show(
        _ report: VerifyReport,
        _ differences: [Difference],
        _ seed: DigestSeed,
        _ output: Output
    ) async throws {
        if options.json {
            try await output.line(json(report, differences, seed))
        } else {
            for difference in differences {
                try await output.line("\(difference.kind.rawValue)\t\(HumanText.key(difference.key))")
            }
            if report.isEqual {
                try await output.line(
                    "Equal: \(HumanText.count(report.source.records, "record")) in both, digest "
                        + "\(report.source.text) under seed \(seed)."
                )
            }
        }
        guard report.isEqual else {
            throw CommandError(
                .failed,
                "The stores differ.",
                [
                    "missing": "\(report.missing)", "extra": "\(report.extra)", "different": "\(report.different)",
                    "first": "\(report.source.records)", "second": "\(report.target.records)",
                ]
            )
        }
    }

    private func json(_ report: VerifyReport, _ differences: [Difference], _ seed: DigestSeed) -> JSONObject {
        var object = JSONObject()
        object.add("equal", report.isEqual)
        object.add("first", report.source.records)
        object.add("second", report.target.records)
        object.add("missing", report.missing)
        object.add("extra", report.extra)
        object.add("different", report.different)
        object.add("repeated", report.repeated)
        object.add("cleared", report.cleared)
        object.add("seed", "\(seed)")
        object.add("firstDigest", report.source.text)
        object.add("secondDigest", report.target.text)
        let listed = differences.map { difference in
            var object = JSONObject()
            object.add("kind", difference.kind.rawValue)
            object.add(difference.key)
            return object
        }
        object.add("differences", listed)
        return object
    }
}
