import Foundation
import Testing

/// The published tokens; Fixtures/README.md names their origin.
enum Fixture {
    static func data(_ name: String) throws -> Data {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
        return try Data(contentsOf: url)
    }

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try data(name)) }

    /// A case of the suite of version 0.8.1.
    struct Case: Decodable, Sendable, CustomStringConvertible {
        let comment: String
        let token: String
        let errors: [String]?

        var description: String { "\(comment) \(errors ?? [])" }
    }

    static func cases(_ name: String) throws -> [Case] { try JSONDecoder().decode([Case].self, from: data(name)) }
}
