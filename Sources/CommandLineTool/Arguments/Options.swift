import ArgumentParser
import Foundation
import KeyValue
import Migration

/// What every command takes.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Write JSON instead of text: one object a line.")
    var json = false
}

/// What commands take that work for long.
struct LongWorkOptions: ParsableArguments {
    @Flag(help: "Show no progress.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "Where to put temporary files when rows have to be sorted that do not fit into memory.",
            valueName: "directory"
        )
    )
    var temporaryDirectory: String?

    var temporaryPath: String { temporaryDirectory ?? FileManager.default.temporaryDirectory.path }
}

/// What becomes of a record whose key is taken.
enum ExistingRecord: String, ExpressibleByArgument, CaseIterable {
    case replace
    case skip
    case fail

    var copyPolicy: CopyOptions.Existing {
        switch self {
        case .replace: .replace
        case .skip: .keep
        case .fail: .fail
        }
    }

    /// The same rule among the lines of one file: as if they were put one after the other.
    var duplicates: SortOptions.Duplicates {
        switch self {
        case .replace: .keepLast
        case .skip: .keepFirst
        case .fail: .refuse
        }
    }

    var precondition: Precondition? { self == .replace ? nil : .absent }
}

/// A space of keys on the command line.
struct SpaceArgument: ExpressibleByArgument, CustomStringConvertible {
    let space: KeySpace

    init(_ space: KeySpace) { self.space = space }

    init?(argument: String) {
        guard let space = KeySpace(name: argument) else { return nil }
        self.space = space
    }

    var description: String { space.name }
    var defaultValueDescription: String { space.name }
    static var allValueStrings: [String] { KeySpace.allCases.map(\.name) }
}
