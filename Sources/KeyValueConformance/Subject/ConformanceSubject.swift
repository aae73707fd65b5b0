public import KeyValue

/// What the suite is run on: a kind of store, and how to make one.
public struct ConformanceSubject: Sendable {
    /// The name in reports, without spaces.
    public let name: String
    /// How often a read is repeated where `Capabilities.consistency` lets it lag behind.
    public var readAttemptsMax = 100
    /// Lets at least this long pass on the store's clock. Asked for only before repeating a read that may lag, and
    /// where `Fencing.leased(_:)` lets old batches through for a while.
    public var wait: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    /// Makes a new place with nothing in it.
    public let makePlace: @Sendable () async throws -> ConformancePlace

    /// A subject from its parts.
    public init(_ name: String, makePlace: @escaping @Sendable () async throws -> ConformancePlace) {
        self.name = name
        self.makePlace = makePlace
    }
}

/// Where one store's records lie: a file, a database, a bucket. What is optional is nil where it can't be had.
public struct ConformancePlace: Sendable {
    /// Opens the store that lies here. Called once; again after `KeyValueStore.close()` with ``reopens``; and several
    /// times, also at once, with ``opensTogether``.
    public var open: @Sendable () async throws -> any KeyValueStore
    /// Whether a store that is opened here finds what one before it has written.
    public var reopens: Bool
    /// Whether several stores can be open here at a time, each as another process would have it.
    public var opensTogether: Bool
    /// Starts a process that opens the store and runs ``CrashWorkload`` on it. Nobody else has the store open then.
    public var startWriter: (@Sendable () async throws -> any WritingProcess)?
    /// Makes the next operation of the open store fail in this way.
    public var inject: (@Sendable (InjectedFault) async throws -> Void)?
    /// Which of ``ConformanceOffer/ofEveryLayout`` it lacks, since the store shows the data of another system as it is.
    public var lacks: Set<ConformanceOffer>
    /// Removes everything that lies here. All stores are closed by then.
    public var remove: @Sendable () async throws -> Void

    /// A place from its parts.
    public init(
        open: @escaping @Sendable () async throws -> any KeyValueStore,
        reopens: Bool = false,
        opensTogether: Bool = false,
        startWriter: (@Sendable () async throws -> any WritingProcess)? = nil,
        inject: (@Sendable (InjectedFault) async throws -> Void)? = nil,
        lacks: Set<ConformanceOffer> = [],
        remove: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.open = open
        self.reopens = reopens
        self.opensTogether = opensTogether
        self.startWriter = startWriter
        self.inject = inject
        self.lacks = lacks
        self.remove = remove
    }

    /// What the place can do beyond opening a store once, and what its layout holds.
    public var offers: Set<ConformanceOffer> {
        var offers = ConformanceOffer.ofEveryLayout.subtracting(lacks)
        if reopens { offers.insert(.reopening) }
        if opensTogether { offers.insert(.openers) }
        if startWriter != nil { offers.insert(.writingProcess) }
        if inject != nil { offers.insert(.faults) }
        return offers
    }
}

/// What a place may offer.
public enum ConformanceOffer: String, Hashable, Sendable {
    /// ``ConformancePlace/reopens``.
    case reopening
    /// ``ConformancePlace/opensTogether``.
    case openers = "several openers"
    /// ``ConformancePlace/startWriter``.
    case writingProcess = "a writing process"
    /// ``ConformancePlace/inject``.
    case faults
    /// Partitions of any names, as many as are written to.
    case partitions = "partitions of any names"
    /// Keys of any bytes.
    case anyKeys = "keys of any bytes"
    /// Rows outside of `KeySpace.records`.
    case reservedSpace = "reserved space"
    /// Rows that only say that a record was deleted.
    case tombstones
    /// Revisions, which every way of reading a row tells alike, and which tell its batch.
    case revisions
    /// Bins, which have fences.
    case bins

    /// What every layout of a store's own holds, whatever its capabilities are.
    public static let ofEveryLayout: Set<ConformanceOffer> = [
        .partitions, .anyKeys, .reservedSpace, .tombstones, .revisions, .bins,
    ]
}

/// A failure that a place can bring about once, in the store that is open there.
public enum InjectedFault: Hashable, Sendable {
    /// The next call that reads fails, with any error.
    case readFails
    /// The next batch is applied, and its reply is lost.
    case lostReply
}
