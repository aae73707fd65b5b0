/// What is asked of a figure.
enum Target {
    /// The time, as a multiple of the bound's.
    case ratioAtMost(Double)
    /// The rate, as a share of the bound's.
    case shareAtLeast(Double)
    /// The rate, as a multiple of the bound's.
    case speedupAtLeast(Double)
    /// The time that comes on top of the bound's, in nanoseconds.
    case addedAtMost(Double)
    /// The time by itself, in nanoseconds.
    case timeAtMost(Double)
    /// The rate by itself, a second.
    case rateAtLeast(Double)
    /// Memory, in millions of bytes; the figure's readings are bytes.
    case megabytesAtMost(Double)
    /// Nothing: the figure is there to be known.
    case none
}

/// One line of the table.
struct Figure {
    var name: String
    /// Nil where nothing is compared.
    var bound: Series?
    var ours: Series
    var target: Target

    /// A figure that compares.
    init(_ name: String, _ ours: Series, against bound: Series, _ target: Target) {
        self.name = name
        self.bound = bound
        self.ours = ours
        self.target = target
    }

    /// A figure that stands by itself.
    init(_ name: String, _ ours: Series, _ target: Target = .none) {
        self.name = name
        self.bound = nil
        self.ours = ours
        self.target = target
    }

    /// Of wall time, repeat by repeat; empty without a bound.
    var ratios: [Double] { bound.map { ours.ratios(to: $0) } ?? [] }

    /// The median of the ratios; nil without a bound.
    var ratio: Double? { bound == nil ? nil : median(ratios) }

    /// Whether the readings are bytes and no times.
    var isMemory: Bool { if case .megabytesAtMost = target { true } else { false } }

    /// Whether the target is met; nil where there is none.
    var isMet: Bool? {
        switch target {
        case .ratioAtMost(let most): ratio.map { $0 <= most }
        case .shareAtLeast(let least): ratio.map { 1 / $0 >= least }
        case .speedupAtLeast(let least): ratio.map { 1 / $0 >= least }
        case .addedAtMost(let most): bound.map { ours.wall - $0.wall <= most }
        case .timeAtMost(let most): ours.wall <= most
        case .rateAtLeast(let least): 1e9 / ours.wall >= least
        case .megabytesAtMost(let most): ours.wall <= most * 1e6
        case .none: nil
        }
    }
}

/// Everything that was measured.
struct Results {
    var figures: [Figure] = []
    var growths: [Growth] = []
    var bounds: [Bound: Series] = [:]

    var checks: [BoundCheck] { BoundCheck.all(of: bounds) }
}
