import Foundation
import Glibc

/// Turns the signals that end a program into cancellation, so that stores are closed in order.
enum Signals {
    // Safe: written once, before the handler is installed that alone reads it.
    nonisolated(unsafe) private static var wakeDescriptor: CInt = -1

    /// Calls `onSignal` on a thread of its own for the first of SIGINT and SIGTERM; the second ends the process at
    /// once. A pipe whose reader has gone and a file that grows beyond what is allowed are errors of the write, no
    /// signals.
    ///
    /// A handler, and not a mask with `sigwait`: the system's task queues wait on the main thread with all signals
    /// admitted. It does nothing but pass the number on through a pipe.
    static func watch(_ onSignal: @escaping @Sendable (CInt) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var ends: [CInt] = [-1, -1]
        // Without a pipe, signals end the program as they always do.
        guard pipe(&ends) == 0, let readEnd = ends.first, let writeEnd = ends.last else { return }
        wakeDescriptor = writeEnd
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                let code = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = Glibc.write(Signals.wakeDescriptor, &byte, 1)
                errno = code
            }
        }
        Thread.detachNewThread {
            if let first = next(from: readEnd) { onSignal(first) }
            if let second = next(from: readEnd) { _exit(128 + second) }
        }
    }

    private static func next(from descriptor: CInt) -> CInt? {
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(descriptor, &byte, 1)
            if count == 1 { return CInt(byte) }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
