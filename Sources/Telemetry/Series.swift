/// The identity of a series: the name of its family and its labels, as Prometheus takes them.
struct Series: Hashable, Comparable {
    enum Kind: Int, Hashable {
        case counter
        case gauge
        case histogram
        case timer

        var type: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram, .timer: "histogram"
            }
        }

        fileprivate var suffix: String {
            switch self {
            case .counter: "_total"
            case .timer: "_seconds"
            case .gauge, .histogram: ""
            }
        }
    }

    struct Label: Hashable, Comparable {
        let name: String
        let value: String

        static func < (left: Label, right: Label) -> Bool { (left.name, left.value) < (right.name, right.value) }
    }

    let name: String
    let kind: Kind
    let labels: [Label]

    init(name: String, kind: Kind, labels: [Label]) {
        self.name = name
        self.kind = kind
        self.labels = labels
    }

    /// The series of a metric. Characters that Prometheus does not take in names become underscores; of two dimensions
    /// of one name the later counts.
    init(label: String, kind: Kind, dimensions: [(String, String)]) {
        let base = Series.name(label, allowsColon: true)
        let labels = Dictionary(
            dimensions.map { (Series.name($0.0, allowsColon: false), $0.1) },
            uniquingKeysWith: { $1 }
        )
        self.init(
            name: base.hasSuffix(kind.suffix) ? base : base + kind.suffix,
            kind: kind,
            labels: labels.map { Label(name: $0.key, value: $0.value) }.sorted()
        )
    }

    private static func name(_ text: String, allowsColon: Bool) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isDigit = ("0"..."9").contains(scalar) && !name.isEmpty
            let isColon = scalar == ":" && allowsColon
            name.unicodeScalars.append(isLetter || isDigit || isColon ? scalar : "_")
        }
        return name.isEmpty ? "_" : name
    }

    static func < (left: Series, right: Series) -> Bool {
        if left.name != right.name { return left.name < right.name }
        if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
        return left.labels.lexicographicallyPrecedes(right.labels)
    }
}
