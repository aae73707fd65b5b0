import Glibc

/// How this process is called in the status of a migration.
public enum ProcessName {
    /// The machine's name and the number of the process: `harbour/4711`.
    public static let text: String = {
        var name = [CChar](repeating: 0, count: 256)
        // Without a name the number alone tells.
        guard gethostname(&name, name.count - 1) == 0 else { return "\(getpid())" }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(String(decoding: bytes, as: UTF8.self))/\(getpid())"
    }()
}
