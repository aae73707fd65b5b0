import SwiftProtobuf
import TestSupport
import Tuples

@testable import Records

/// Random packages of several owners, and random questions about them.
struct RandomQuestions {
    var generator: SeededGenerator

    static let owners = ["ann", "bob", "cy"]

    static let indexes =
        Samples.localIndexes + [
            Index("up_and_down", on: [.field("downloads"), .descending(.field("name"))]),
            Index("down_and_folded", on: [.descending(.field("downloads")), .caseFolded("name")]),
            Index("folded_down", on: [.field("downloads"), .descending(.caseFolded("name"))]),
            Index("by_tag_and_downloads", on: [.each("tags"), .field("downloads")]),
            Index("by_summary_and_downloads", on: [.field("summary"), .field("downloads")]),
            // What its entries say of the columns behind the order rules records out.
            Index("by_downloads_and_more", on: [.field("downloads"), .field("summary"), .field("name")]),
            Index("count", .count, on: []),
            Index("count_by_tag", .count, on: [.each("tags")]),
            Index("count_by_summary", .count, on: [.field("summary"), .field("downloads")]),
        ]

    /// Orders that the indexes give, some of them read from the end.
    static let orders: [[SortKey]] = [
        [], ["downloads"], ["downloads", .descending("name")], [.descending("downloads"), "name"],
        [.descending("downloads"), .caseFolded("name")], ["downloads", .caseFolded("name", isDescending: true)],
        [.caseFolded("name")], [.caseFolded("name", isDescending: true)], ["name"], [.descending("name")],
    ]

    mutating func packages(_ count: Int) -> [Package] {
        (0..<count).map { number in
            Package.with {
                $0.owner = RandomQuestions.owners.randomElement(using: &generator) ?? ""
                // Names that are one in lower case are told apart by their case.
                $0.name = (Bool.random(using: &generator) ? "p" : "P") + "\(number / 2)" + (number % 2 == 0 ? "x" : "X")
                if Bool.random(using: &generator) {
                    $0.summary = ["abc", "Abcd", "xyz"].randomElement(using: &generator) ?? ""
                }
                $0.tags = ["red", "green", "blue"].filter { _ in Bool.random(using: &generator) }
                $0.downloads = Int64.random(in: -3...3, using: &generator)
            }
        }
    }

    mutating func filter(depth: Int = 0) -> Filter {
        let comparison = Filter.Comparison.allCases.randomElement(using: &generator) ?? .equal
        let number = TupleElement.integer(Int64.random(in: -3...3, using: &generator))
        let tag = TupleElement.string(["red", "green", "blue"].randomElement(using: &generator) ?? "")
        let owner = TupleElement.string(RandomQuestions.owners.randomElement(using: &generator) ?? "")
        let summary = TupleElement.string(["abc", "Abcd"].randomElement(using: &generator) ?? "")
        switch Int.random(in: 0..<(depth < 2 ? 16 : 12), using: &generator) {
        case 0: return .everything
        case 1: return .compare("downloads", comparison, number)
        case 2: return .compare("downloads", .equal, number)
        case 3: return .any("tags", .equal, tag)
        case 4: return .compare("summary", .equal, summary)
        case 5: return .compare("owner", .equal, owner)
        case 6: return .isIn("owner", [owner, "ann"])
        case 7: return .contains("summary", "bCd")
        case 8: return .hasPrefix("name", "P")
        case 9: return .compare("name", .equal, "p1x")
        case 10: return .isIn("downloads", [number, 0])
        case 11: return .and([.compare("summary", .equal, summary), .compare("downloads", .equal, number)])
        case 12...13:
            return .or((0..<Int.random(in: 2...3, using: &generator)).map { _ in filter(depth: depth + 1) })
        case 14: return .and((0..<2).map { _ in filter(depth: depth + 1) })
        default: return .not(filter(depth: depth + 1))
        }
    }

    mutating func query(reversible: Bool) -> Query {
        var order =
            Bool.random(using: &generator) ? [] : RandomQuestions.orders.randomElement(using: &generator) ?? []
        // What is not in an order is asked for in all partitions too.
        let isEverywhere = order.isEmpty && Bool.random(using: &generator)
        let filter: Filter
        switch Int.random(in: 0..<6, using: &generator) {
        case 0:
            filter = .or([.any("tags", .equal, "red"), .compare("summary", .equal, "abc")])
            // The order that the indexes of both have in common.
            if !order.isEmpty { order = ["downloads"] }
        case 1: filter = .and([.compare("summary", .equal, "abc"), .compare("downloads", .equal, 1)])
        default: filter = self.filter()
        }
        return Query(
            filter,
            in: isEverywhere ? nil : [.string(RandomQuestions.owners.randomElement(using: &generator) ?? "")],
            orderedBy: order,
            isDescending: reversible && Bool.random(using: &generator),
            limit: Int.random(in: 1...20, using: &generator),
            examinedMax: Int.random(in: 5...200, using: &generator)
        )
    }
}

extension NaiveModel {
    /// The packages that a query asks for, in its order.
    static func answer(_ query: Query, _ packages: [Package]) -> [Package] {
        let found = packages.filter { package in
            (query.partition.map { $0 == [.string(package.owner)] } ?? true) && holds(query.filter, of: package)
        }
        return found.sorted { left, right in precedes(left, right, query) }
    }

    /// Whether a package comes before another one by what the query orders by, and by nothing else.
    static func precedes(_ left: Package, _ right: Package, _ query: Query) -> Bool {
        for key in query.order {
            let order: Int
            switch key.field {
            case "downloads": order = left.downloads < right.downloads ? -1 : left.downloads > right.downloads ? 1 : 0
            default:
                let (one, other) =
                    key.isCaseFolded ? (left.name.uppercased(), right.name.uppercased()) : (left.name, right.name)
                order = one < other ? -1 : one > other ? 1 : 0
            }
            if order != 0 { return (order < 0) != (key.isDescending != query.isDescending) }
        }
        return false
    }
}
