import KeyValue
import KeyValueConformance
import Synchronization
import TestSupport

/// A store that is broken in one way, and the cases that have to notice.
struct Animal: Sendable {
    let name: String
    var profile: MemoryProfile
    let caughtBy: [String]
    /// What is lost between closing and opening.
    var forget: @Sendable (inout Habitat.Saved) -> Void = { _ in }
    /// Whether all places are one.
    var sharesPlaces = false
    /// The identity of every store; nil where each opening has its own.
    var identity: StoreIdentity?
    /// Breaks a store that is being opened, given its identity.
    let damage: @Sendable (inout BrokenStore, StoreIdentity) -> Void

    init(
        _ name: String,
        _ profile: MemoryProfile = .reference,
        caughtBy: String...,
        damage: @escaping @Sendable (inout BrokenStore, StoreIdentity) -> Void = { _, _ in }
    ) {
        self.name = name
        self.profile = profile
        self.caughtBy = caughtBy
        self.damage = damage
    }

    var subject: ConformanceSubject {
        let time = SimulatedTime()
        let shared = Habitat(profile, time)
        var subject = ConformanceSubject("zoo-" + name) { [self] in
            let habitat = sharesPlaces ? shared : Habitat(profile, time)
            return ConformancePlace(
                open: { try await open(habitat) },
                reopens: true,
                opensTogether: true,
                startWriter: { SimulatedProcess(try await open(habitat)) },
                inject: { habitat.inject($0) }
            )
        }
        subject.wait = { time.advance(by: $0) }
        return subject
    }

    private func open(_ habitat: Habitat) async throws -> any KeyValueStore {
        habitat.saved.withLock { forget(&$0) }
        let identity = identity ?? StoreEnvironment.live.makeIdentity()
        var broken = BrokenStore(try await habitat.open(as: identity))
        broken.capabilities.singleProcess = false
        broken.capabilities.snapshots = true
        damage(&broken, identity)
        return broken
    }
}

extension Animal: CustomStringConvertible {
    var description: String { name }
}
