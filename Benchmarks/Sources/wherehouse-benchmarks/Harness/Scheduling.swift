import Glibc

/// How the system shares out the processors between this process and others.
enum Scheduling: Int32 {
    /// As everybody else.
    case ordinary = 0
    /// Before all ordinary processes, and not taken away from a thread that runs.
    case fifo = 1

    var description: String {
        switch self {
        case .ordinary: "ordinary"
        case .fifo: "SCHED_FIFO, before all ordinary processes"
        }
    }

    /// That of the calling thread.
    static func current() -> Scheduling { Scheduling(rawValue: sched_getscheduler(0)) ?? .ordinary }
}
