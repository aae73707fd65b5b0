/// The text that Prometheus reads, version 0.0.4 of its exposition format: a line with the type of each family, and a
/// line for each of its values.
struct Exposition {
    private(set) var text = ""
    private var family: (name: String, type: String)?

    mutating func add(_ series: Series, _ instrument: Instrument) {
        guard begin(series) else { return }
        switch instrument.value {
        case .number(let number): line(series.name, series.labels, Exposition.number(number))
        case .histogram(let histogram):
            for (bound, count) in histogram.cumulative {
                line(series.name + "_bucket", series.labels + [bucket(Exposition.number(bound))], "\(count)")
            }
            line(series.name + "_bucket", series.labels + [bucket("+Inf")], "\(histogram.count)")
            line(series.name + "_sum", series.labels, Exposition.number(histogram.sum))
            line(series.name + "_count", series.labels, "\(histogram.count)")
        }
    }

    mutating func add(_ series: Series, _ number: UInt64) {
        guard begin(series) else { return }
        line(series.name, series.labels, "\(number)")
    }

    private func bucket(_ bound: String) -> Series.Label { Series.Label(name: "le", value: bound) }

    /// Begins a family when it is another than before; false for a series of a kind that its family is not of.
    private mutating func begin(_ series: Series) -> Bool {
        if let family, family.name == series.name { return family.type == series.kind.type }
        family = (series.name, series.kind.type)
        text += "# TYPE \(series.name) \(series.kind.type)\n"
        return true
    }

    private mutating func line(_ name: String, _ labels: [Series.Label], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(Exposition.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        return number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    }
}
