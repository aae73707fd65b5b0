import KeyValue

/// What an operator can ask of a migration that has been planned.
public enum OperatorCommand: Hashable, Sendable {
    /// Begins: changes are marked from then on, and workers copy.
    case start
    /// Lets copying rest. What has changed is still carried over.
    case pause
    /// Lets copying go on.
    case resume
    /// Bounds copying in this way. Whether it is paused stays as it is.
    case throttle(Throttle)
    /// Has everything proven anew.
    case verify
    /// Makes the records that differ like those that clients see.
    case repair
    /// Moves reads and writes to the target.
    case cutover
    /// Moves reads and writes back to the source.
    case rollback
    /// Ends the migration for good.
    case finalize
    /// Gives the migration up.
    case abort

    /// The word for it.
    public var name: String {
        switch self {
        case .start: "start"
        case .pause: "pause"
        case .resume: "resume"
        case .throttle: "throttle"
        case .verify: "verify"
        case .repair: "repair"
        case .cutover: "cutover"
        case .rollback: "rollback"
        case .finalize: "finalize"
        case .abort: "abort"
        }
    }
}

extension KeyWriter {
    mutating func append(command: OperatorCommand) {
        switch command {
        case .start: append(byte: 0)
        case .pause: append(byte: 1)
        case .resume: append(byte: 2)
        case .throttle(let throttle):
            append(byte: 3)
            append(throttle: throttle)
        case .cutover: append(byte: 4)
        case .rollback: append(byte: 5)
        case .finalize: append(byte: 6)
        case .abort: append(byte: 7)
        case .verify: append(byte: 8)
        case .repair: append(byte: 9)
        }
    }
}

extension KeyReader {
    mutating func command() -> OperatorCommand? {
        switch byte() {
        case 0: return .start
        case 1: return .pause
        case 2: return .resume
        case 3:
            return throttle().map { .throttle($0) }
        case 4: return .cutover
        case 5: return .rollback
        case 6: return .finalize
        case 7: return .abort
        case 8: return .verify
        case 9: return .repair
        default: return nil
        }
    }
}
