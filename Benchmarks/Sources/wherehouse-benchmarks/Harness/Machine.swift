import CSQLiteDirect
import Foundation

/// What the figures were measured on; nothing that names the machine.
struct Machine {
    var processor: String
    var cores: Int
    var memoryGiB: Int
    var system: String
    var kernel: String
    var sqlite: String
    var scheduling: Scheduling

    static func current() throws -> Machine {
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824
        return Machine(
            processor: try field("model name", in: "/proc/cpuinfo", separator: ":"),
            cores: ProcessInfo.processInfo.activeProcessorCount,
            memoryGiB: Int(memory.rounded()),
            system: try field("PRETTY_NAME", in: "/etc/os-release", separator: "="),
            kernel: try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines),
            sqlite: String(cString: sqlite3_libversion()),
            scheduling: .current()
        )
    }

    private static func field(_ name: String, in path: String, separator: Character) throws -> String {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: separator, maxSplits: 1)
            if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name {
                return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
            }
        }
        return "unknown"
    }
}
