import Foundation

/// Starts programs one at a time.
///
/// Foundation opens pipes and sockets so that children inherit them, lists what is open right before it starts a child,
/// and has the child close that. What another thread opens between the list and the start stays open in the child: who
/// reads such a pipe, or waits for the end of such a program, waits for the end of the other child too, which may be a
/// server that never ends. So everything that a child is given is made here, and the child started, while nobody else is
/// about it.
public enum Launch {
    private static let turn = NSLock()

    /// Makes what a program is given, and starts it.
    public static func alone<Result>(_ start: () throws -> Result) rethrows -> Result {
        try turn.withLock(start)
    }
}
