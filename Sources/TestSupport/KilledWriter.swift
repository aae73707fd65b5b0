public import KeyValueConformance

/// A process that writes what the conformance suite's crash cases look for, until it is killed.
public actor KilledWriter: WritingProcess {
    private let child: ChildProcess

    /// Starts it.
    ///
    /// - Parameter url: names the store that it writes to.
    public init(_ url: String) throws {
        child = try ChildProcess.storeWriter(url, "crash")
    }

    public func nextAcknowledged() throws -> Int? {
        while let line = child.line() {
            if line != "open" { return Int(line) }
        }
        return nil
    }

    public func kill() { child.kill() }
}
