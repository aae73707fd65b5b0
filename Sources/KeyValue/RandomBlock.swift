import Glibc
import Synchronization

/// The system's random numbers, fetched by the block: one system call for many nonces.
///
/// A machine that is set back to a snapshot of itself while the process runs draws what is left of its block again, at
/// most 64 numbers. Whoever sets machines back under a running service has to start the service anew.
final class RandomBlock: Sendable {
    private static let capacity = 64
    private let unused = Mutex<[UInt64]>([])

    func next() -> UInt64 {
        unused.withLock { unused in
            if unused.isEmpty {
                unused = [UInt64](unsafeUninitializedCapacity: RandomBlock.capacity) { buffer, count in
                    // Takes at most 256 bytes a call, which getentropy promises to deliver whole or not at all.
                    var filled = 0
                    while filled < RandomBlock.capacity {
                        let part = min(32, RandomBlock.capacity - filled)
                        guard getentropy(buffer.baseAddress?.advanced(by: filled), part * 8) == 0 else { break }
                        filled += part
                    }
                    count = filled
                }
            }
            if let number = unused.popLast() { return number }
            // Without entropy of the kernel's the standard library's own way to it is the last resort: it waits.
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
    }
}
