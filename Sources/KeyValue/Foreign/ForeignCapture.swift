/// A view of data that programs write without this library, which can tell what they change: the source of a migration
/// whose service goes on writing as it always did.
///
/// It is a ``ReadOnlyStore`` with two differences. It reads what is there now, so two reads of one key may differ; the
/// revision of a row tells one value from another, and no more. And it has one bin, whose marks
/// (``KeyValueStore/marks(in:limit:after:)``) name the keys that were changed since ``installCapture()``. The marks are
/// what a migration carries over and then removes by name.
///
/// The contract:
///
/// - Whatever a program changes after ``installCapture()`` has returned is marked, or else counted as a gap in
///   ``captureReport()``. A mark is listed as soon as the change can be read: who lists marks and then reads their keys
///   reads the change, or a later one.
/// - A mark stays until ``KeyValueStore/clearMarks(_:in:)`` names it, whatever process listed it, and however often the
///   store is opened or its server restarted.
/// - When ``refuseForeignWriters(waitMax:)`` has returned, no change by a foreign program takes effect any more, and all
///   that did are marked.
/// - ``removeCapture()`` leaves nothing behind.
/// - What writing costs or limits in ``KeyValueStore/capabilities`` is as wide as can be, since nothing is written here.
public protocol ForeignCapture: ReadOnlyStore {
    /// What holds for the programs that write.
    var guarantee: ForeignGuarantee { get }

    /// Begins to capture. It may be called again: what is missing is added. It writes to the other system's server, and
    /// needs the rights that the store's own documentation names.
    func installCapture() async throws(StoreError)

    /// What is installed, and how it stands.
    func captureReport() async throws(StoreError) -> ForeignCaptureReport

    /// Ends capturing, removes all that ``installCapture()`` has made, and lets foreign programs write again.
    func removeCapture() async throws(StoreError)

    /// Lets no foreign program change anything from now on.
    ///
    /// It waits for what they have begun, at most `waitMax`; when that is not over by then,
    /// ``StoreError/Code/locked`` is thrown, and they go on as before. It may be called again.
    func refuseForeignWriters(waitMax: Duration) async throws(StoreError)

    /// Lets foreign programs write again. It may be called again.
    func admitForeignWriters() async throws(StoreError)

    /// Marks of what foreign programs have changed although they are refused, since ``refuseForeignWriters(waitMax:)``
    /// has returned first; at most so many. None unless somebody has got around that. The marks stay, and those of one
    /// change are the same in every process.
    func lateMarks(limit: Int) async throws(StoreError) -> [Mark]
}

extension ForeignCapture {
    /// The one bin.
    public static var bin: Bin { Bin("foreign") }

    /// One.
    public func bins() async throws(StoreError) -> [Bin] { [Self.bin] }

    /// ``Fence/open``: nothing is written here with this library, whatever the fence.
    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try check(bin)
        return .open
    }

    /// All marks: for stores whose marks are the same in every process, and were all carried over before the switch.
    public func lateMarks(limit: Int) async throws(StoreError) -> [Mark] {
        var marks: [Mark] = []
        var cursor: Cursor?
        repeat {
            let page = try await self.marks(in: Self.bin, limit: min(1_000, limit - marks.count), after: cursor)
            marks += page.marks
            cursor = page.cursor
        } while cursor != nil && marks.count < limit
        return marks
    }

    /// For conforming types: throws unless it is the one bin.
    public func check(_ bin: Bin) throws(StoreError) {
        guard bin == Self.bin else { throw .noSuchBin(bin) }
    }
}

/// What holds for programs that write without this library, while their data moves.
public enum ForeignGuarantee: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every change is marked in the writer's own transaction, and the server refuses writers from the switch on.
    /// Nothing is lost.
    case marked
    /// Every change is read from the server's replication stream, and writers lose their rights at the switch. Nothing
    /// is lost; when the server has dropped a part of the stream that was not read yet, everything is compared anew.
    case streamed
    /// The server tells of changes while somebody listens, and writers lose their rights at the switch. After every break
    /// of a connection, and whenever a process begins to listen, everything is compared anew. Nothing is lost as long as
    /// the server tells of every change.
    case notified
    /// Nothing tells of changes: both stores are compared again and again. Nothing is lost only if nobody writes from
    /// when the operator says so.
    case scanned
}

/// What is installed for a ``ForeignCapture``, and how it stands.
public struct ForeignCaptureReport: Hashable, Sendable {
    /// 128 bits that were drawn when capture was installed, by which the data is recognised; nil when it is not.
    public var identity: MarkID?
    /// What was made in the other system's server, in its own names.
    public var objects: [String]
    /// What should be there and is not, so that changes may go by; capture is to be installed again.
    public var missing: [String]
    /// How often changes may have gone by unnoticed since it was installed: after each, everything has to be compared.
    public var gaps: UInt64
    /// Whether foreign programs are refused.
    public var isRefusing: Bool

    /// A report from its parts.
    public init(
        identity: MarkID? = nil,
        objects: [String] = [],
        missing: [String] = [],
        gaps: UInt64 = 0,
        isRefusing: Bool = false
    ) {
        self.identity = identity
        self.objects = objects
        self.missing = missing
        self.gaps = gaps
        self.isRefusing = isRefusing
    }

    /// Whether every change is captured.
    public var isInstalled: Bool { identity != nil && missing.isEmpty }

    /// For conforming types: what ``KeyValueStore/status()`` tells of it.
    public var facts: [StoreStatus.Fact] {
        [
            StoreStatus.Fact("capture", isInstalled ? "installed" : "not installed"),
            StoreStatus.Fact("writers", isRefusing ? "refused" : "admitted"),
        ]
    }
}

extension Capabilities {
    /// The capabilities of a ``ForeignCapture``, which reads within these limits.
    public static func foreign(
        limits: Limits,
        order: KeyOrder = .none,
        consistency: Consistency = .linearizable,
        countCost: MeasurementCost = .rows
    ) -> Capabilities {
        Capabilities(
            batchScope: .store,
            limits: Limits(
                partitionBytesMax: limits.partitionBytesMax,
                keyBytesMax: limits.keyBytesMax,
                valueBytesMax: limits.valueBytesMax,
                batchOperationsMax: .max,
                batchBytesMax: .max,
                getKeysMax: limits.getKeysMax,
                pageKeysMax: limits.pageKeysMax
            ),
            consistency: consistency,
            durability: .powerLoss,
            order: order,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: true,
            reportsDeletes: true,
            snapshotReads: false,
            snapshots: false,
            reverseScan: false,
            marks: true,
            changeFeed: false,
            fencing: .atomic,
            singleProcess: false,
            countCost: countCost,
            sizeCost: .rows
        )
    }
}
