/// Why a store does not keep a promise.
public struct ConformanceFailure: Error, Sendable {
    /// What was looked at.
    public let message: String
    /// What the contract promises there.
    public let expected: String
    /// What the store did.
    public let found: String
    /// The line that looked, as "file:line".
    public let location: String

    init(_ message: String, expected: String, found: String, _ location: SourceLocation) {
        self.message = message
        self.expected = expected
        self.found = found
        self.location = "\(location.file):\(location.line)"
    }
}

extension ConformanceFailure: CustomStringConvertible {
    public var description: String { "\(message): expected \(expected), found \(found) (\(location))" }
}

/// A line of the suite.
struct SourceLocation: Sendable {
    let file: StaticString
    let line: UInt
}
