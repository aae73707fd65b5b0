/// How a time grows with how much is stored beside what is asked for.
struct Growth {
    var name: String
    /// How much is stored, and the median time with it, in nanoseconds.
    var points: [(stored: Int, time: Double)]

    private static let width = 40.0

    /// A line a point, as bars of one scale.
    var plot: String {
        let longest = points.map(\.time).max() ?? 1
        let lines = points.map { point in
            let bar = String(repeating: "#", count: Int((point.time / longest * Growth.width).rounded()))
            return Growth.padded("\(point.stored)", to: 9) + " | " + bar + " " + Report.microseconds(point.time) + " us"
        }
        return ([name] + lines).joined(separator: "\n")
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension Results {
    /// Adds a point to what grows under a name.
    mutating func grow(_ name: String, stored: Int, _ series: Series) {
        let place = growths.firstIndex { $0.name == name } ?? growths.endIndex
        if place == growths.endIndex { growths.append(Growth(name: name, points: [])) }
        growths[place].points.append((stored, series.wall))
    }
}
