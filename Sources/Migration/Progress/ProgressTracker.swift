import KeyValue

/// Tells how far the reading of pages has come.
struct ProgressTracker {
    private let phase: Progress.Phase
    private let environment: StoreEnvironment
    private let report: (Progress) -> Void
    private let began: Duration
    private var records = 0
    private var bytes = 0

    init(_ phase: Progress.Phase, _ environment: StoreEnvironment, _ report: @escaping (Progress) -> Void) {
        self.phase = phase
        self.environment = environment
        self.report = report
        began = environment.now()
    }

    mutating func add(_ page: ScanPage) {
        records += page.count
        bytes += page.block.count
        report(Progress(phase, records: records, bytes: bytes, elapsed: environment.now() - began))
    }
}
