import ArgumentParser
import Migration

/// What commands take that tell digests.
struct DigestOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The key of the digests, to compare them with those of another run.", valueName: "hex"),
        transform: DigestOptions.seed
    )
    var seed: DigestSeed?

    @Sendable
    private static func seed(_ text: String) throws -> DigestSeed {
        guard let seed = DigestSeed(text) else { throw ValidationError("A seed is 32 hexadecimal digits.") }
        return seed
    }
}
