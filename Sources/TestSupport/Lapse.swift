import Foundation

/// Time that passes on purpose: for how long something bad lasts, or between the calls of a load. What is waited for
/// has better ways.
public enum Lapse {
    /// Returns after so long; throws when the task is cancelled.
    public static func of(_ duration: Duration) async throws { try await Task.sleep(for: duration) }

    /// Ends this process when the one that started it has gone, in which nobody is left to end it.
    public static func exitWithParent() {
        let parent = getppid()
        Thread.detachNewThread {
            while getppid() == parent { Thread.sleep(forTimeInterval: 0.5) }
            exit(3)
        }
    }
}
