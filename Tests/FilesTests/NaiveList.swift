import JSONFormat
import TestSupport

@testable import Files

/// A list that is asked for at random.
struct RandomList: CustomStringConvertible {
    var owner: String?
    var isPublic: Bool
    var isPending: Bool
    var tags: [String]
    var criteria: String
    var isAscending: Bool
    var filter: [JSON.Member]

    var description: String { String(decoding: JSON.object(json).encoded, as: UTF8.self) }

    private static let texts = ["name", "alias", "description", "website", "owner", "#"]
    private static let numbers = ["startedAt", "uploadedAt", "contentLength", "status", "parts"]
    private static let parts = ["red", "BLUE", "1", "2", ".", "%", "é", "ann", "a", "e", "example"]

    init(_ generator: inout SeededGenerator) {
        owner = ["ann", "bob", "c,d", nil, nil].randomElement(using: &generator) ?? nil
        isPublic = Int.random(in: 0..<3, using: &generator) == 0
        isPending = Int.random(in: 0..<5, using: &generator) == 0
        tags = ["t1", "T2", "t3"].filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
        criteria = UploadType.orders.keys.sorted().randomElement(using: &generator) ?? "uploadId"
        isAscending = Bool.random(using: &generator)
        filter = []
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            if Int.random(in: 0..<5, using: &generator) == 0 {
                let fields = JSON.strings(["name", "alias", "website"].shuffled(using: &generator).dropLast())
                let match = RandomList.parts.randomElement(using: &generator) ?? "a"
                filter.append(
                    .init("#multi", .object([.init("fields", fields), .init("match", .string(match))]))
                )
            } else if Bool.random(using: &generator) {
                let name = RandomList.texts.randomElement(using: &generator) ?? "name"
                filter.append(.init(name, RandomList.text(&generator, 0)))
            } else {
                let name = RandomList.numbers.randomElement(using: &generator) ?? "parts"
                filter.append(.init(name, RandomList.number(&generator)))
            }
        }
        var seen: Set<String> = []
        filter = filter.filter { seen.insert($0.name).inserted }
    }

    private static func text(_ generator: inout SeededGenerator, _ depth: Int) -> JSON {
        let part = JSON.string(parts.randomElement(using: &generator) ?? "a")
        let whole = JSON.string(["ann", "redred", "Blue2", "bob"].randomElement(using: &generator) ?? "a")
        let flag = JSON.bool(Bool.random(using: &generator))
        switch Int.random(in: 0..<(depth > 1 ? 6 : 8), using: &generator) {
        case 0: return part
        case 1: return .object([.init("match", part)])
        case 2: return .object([.init("eq", whole)])
        case 3: return .object([.init("ne", whole), .init("match", part)])
        case 4: return .object([.init(Bool.random(using: &generator) ? "exists" : "isempty", flag)])
        case 5: return .object([.init("some", .array([whole, part].shuffled(using: &generator)))])
        default:
            let parts = (0..<Int.random(in: 0...2, using: &generator)).map { _ in text(&generator, depth + 1) }
            return .object([.init("any", .array(parts))])
        }
    }

    private static func number(_ generator: inout SeededGenerator) -> JSON {
        let digits = JSON.number(
            ["0", "2", "2.5", "30", "60", "75.5", "-1e30", "1e30"].randomElement(using: &generator) ?? "0"
        )
        let name = ["gt", "gte", "lt", "lte"].randomElement(using: &generator) ?? "gt"
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return .object([.init("eq", .string("\(Int.random(in: 0..<60, using: &generator))"))])
        case 1: return .object([.init("ne", .string("3"))])
        case 2: return .object([.init("some", .strings(["1", "2", "03"]))])
        case 3: return .object([.init(name, digits), .init("exists", .bool(true))])
        default: return .object([.init(name, digits)])
        }
    }

    var json: [JSON.Member] {
        var members: [JSON.Member] = [
            .init("public", .bool(isPublic)), .init("temp", .bool(isPending)), .init("tags", .strings(tags)),
            .init("criteria", .string(criteria)), .init("order", .string(isAscending ? "ASC" : "DESC")),
            .init("filter", .object(filter)),
        ]
        if let owner { members.append(.init("owner", .string(owner))) }
        return members
    }
}

/// What a list is, said of each upload as plainly as can be, and apart from how the service finds it.
enum NaiveList {
    static func answer(_ list: RandomList, _ uploads: [StoredUpload]) -> [String] {
        uploads.filter { upload in
            isInBase(upload, list) && list.tags.allSatisfy { upload.tags.contains($0.lowercased()) }
                && list.filter.allSatisfy { holds($0, upload) }
        }.map(\.id)
    }

    private static func isInBase(_ upload: StoredUpload, _ list: RandomList) -> Bool {
        guard !upload.unlisted, list.owner == nil || upload.owner == list.owner else { return false }
        if list.isPending, !list.isPublic, list.owner == nil { return upload.status == 1 }
        guard upload.status > 1, !upload.temporary else { return false }
        return !list.isPublic || (upload.public && !upload.direct)
    }

    /// A field as the text that it is on the wire; nil where there is none.
    private static func text(_ name: String, _ upload: StoredUpload) -> String? {
        switch name {
        case "#", "uploadId": upload.id
        case "name": upload.name
        case "alias": upload.hasAlias ? upload.alias : nil
        case "description": upload.hasDescription_p ? upload.description_p : nil
        case "website": upload.hasWebsite ? upload.website : nil
        case "owner": upload.owner
        case "startedAt": "\(upload.startedAtMilliseconds)"
        case "uploadedAt": upload.hasUploadedAtMilliseconds ? "\(upload.uploadedAtMilliseconds)" : nil
        case "contentLength": "\(upload.parts.map(\.contentLength).reduce(0, +))"
        case "status": "\(upload.status)"
        case "parts": "\(upload.parts.count)"
        default: nil
        }
    }

    private static func holds(_ member: JSON.Member, _ upload: StoredUpload) -> Bool {
        if member.name == "#multi" {
            let match = member.value["match"]?.text ?? ""
            return (member.value["fields"]?.items ?? []).contains { contains(text($0.text ?? "", upload), match) }
        }
        return holds(member.value, text(member.name, upload))
    }

    private static func contains(_ field: String?, _ part: String) -> Bool {
        guard let field, !field.isEmpty else { return false }
        return part.isEmpty || field.lowercased().contains(part.lowercased())
    }

    private static func holds(_ value: JSON, _ field: String?) -> Bool {
        if let part = value.text { return contains(field, part) }
        return (value.members ?? []).allSatisfy { member in
            let number = member.value.digits.flatMap { Double($0) } ?? 0
            let own = field.flatMap { Double($0) }
            return switch member.name {
            case "match": contains(field, member.value.text ?? "")
            case "eq": field == member.value.text
            case "ne": field != member.value.text
            case "gt": own.map { $0 > number } ?? false
            case "gte": own.map { $0 >= number } ?? false
            case "lt": own.map { $0 < number } ?? false
            case "lte": own.map { $0 <= number } ?? false
            case "exists": (field ?? "").isEmpty != member.value.bool
            case "isempty": (field ?? "").isEmpty == member.value.bool
            case "some": (member.value.items ?? []).contains { $0.text == field }
            case "any": (member.value.items ?? []).contains { holds($0, field) }
            default: false
            }
        }
    }

    /// Whether uploads are in the order asked for: numbers as numbers, texts in lower case, nothing after everything.
    static func isOrdered(_ ids: [String], _ list: RandomList, _ uploads: [StoredUpload]) -> Bool {
        let isNumber = ["startedAt", "uploadedAt", "contentLength", "status", "parts"].contains(list.criteria)
        let found = ids.compactMap { id in uploads.first { $0.id == id } }
        let keys = found.map { text(list.criteria, $0) }
        return zip(keys, keys.dropFirst()).allSatisfy { left, right in
            let (first, second) = list.isAscending ? (left, right) : (right, left)
            guard let first else { return second == nil }
            guard let second else { return true }
            if isNumber { return Double(first) ?? 0 <= Double(second) ?? 0 }
            let (low, high) = (Array(first.lowercased().utf8), Array(second.lowercased().utf8))
            return list.criteria == "uploadId"
                ? first.utf8.elementsEqual(second.utf8) || first < second
                : low == high || low.lexicographicallyPrecedes(high)
        }
    }
}

extension JSON {
    fileprivate var digits: String? { if case .number(let digits) = self { digits } else { nil } }
}
