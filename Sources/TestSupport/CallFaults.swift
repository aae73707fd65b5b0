public import KeyValue
public import KeyValueConformance
import Synchronization

/// Brings about the failures that the conformance suite asks for, between a store and its caller.
public final class CallFaults: Sendable {
    private let next = Mutex<InjectedFault?>(nil)

    /// Faults of which none is due.
    public init() {}

    /// The store, with the faults that ``inject(_:)`` asks for.
    public func watch(_ opened: any KeyValueStore) -> any KeyValueStore {
        FaultInjectingStore(opened) { call in
            self.next.withLock { next in
                switch next {
                case .lostReply where call.changesStore:
                    next = nil
                    return .loseReply
                case .readFails where !call.changesStore || call.operation == .delete:
                    next = nil
                    return .refuse(StoreError(.unavailable, "The read was made to fail."))
                default: return nil
                }
            }
        }
    }

    /// Makes the next call fail that the fault is about.
    public func inject(_ fault: InjectedFault) { next.withLock { $0 = fault } }
}
