import Foundation

extension Results {
    /// Every reading, for programs.
    func json() throws -> Data {
        struct Line: Encodable {
            var name: String
            var target: String
            var isMet: Bool?
            var ratio: Double?
            var ratios: [Double]
            var bound: Series?
            var ours: Series
        }
        struct Check: Encodable {
            var name: String
            var found: Double
            var expected: Double
            var isWithin: Bool
        }
        struct Document: Encodable {
            var unit = "nanoseconds an operation"
            var figures: [Line]
            var checks: [Check]
        }
        let document = Document(
            figures: figures.map { figure in
                Line(
                    name: figure.name,
                    target: figure.target.description,
                    isMet: figure.isMet,
                    ratio: figure.ratio,
                    ratios: figure.ratios,
                    bound: figure.bound,
                    ours: figure.ours
                )
            },
            checks: checks.map {
                Check(name: $0.name, found: $0.found, expected: $0.expected, isWithin: $0.isWithin)
            }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(document)
    }
}
