import JSONFormat
import Records
import Tuples

extension FilesService {
    /// A page of uploads, by an offset or after the page before.
    func list(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        let began = uploads.now()
        let request = try ListRequest(parameters, by: caller)
        var walk = ListWalk(uploads: uploads, request: request, examinedMax: configuration.examinedMax)
        let found: [StoredUpload]
        let next: String?
        if request.isSorted {
            let all = try await walk.sorted()
            found = Array(all.dropFirst(request.offset).prefix(request.limit))
            let end = request.offset + found.count
            next = end < all.count && !found.isEmpty ? CursorText.text(ofOffset: end) : nil
        } else {
            found = try await walk.take(request.limit, behind: request.offset)
            next = walk.cursor.map { CursorText.text(of: $0) }
        }
        let omitted = Set(parameters.texts("without"))
        let files = found.map { upload in
            JSON.object((upload.wire(without: omitted).members ?? []) + [.init("id", .string(upload.id))])
        }
        var members: [JSON.Member] = [.init("files", .array(files))]
        if let next { members.append(.init("next", .string(next))) }
        if walk.isPartial { members.append(.init("isPartial", .bool(true))) }
        if !request.isContinued {
            let total = try await total(of: request, &walk)
            let limit = Int64(request.limit)
            members += [
                .init("cursor", .integer(Int64(request.offset) + limit)),
                .init("page", .integer(Int64(request.offset) / limit + 1)),
                .init("pages", .integer((total.value + limit - 1) / limit)),
                .init("total", .integer(total.value)), .init("isExact", .bool(total.isExact)),
            ]
        }
        members.append(.init("time", .integer(max(0, uploads.now() - began))))
        return Answer(.object(members))
    }

    /// How many uploads a list has: as it is counted, or else as far as they are looked at. Unless more than the page is
    /// to be looked at, it is one more than what it reaches where more may follow, so that pagers go on.
    private func total(of request: ListRequest, _ walk: inout ListWalk) async throws -> (value: Int64, isExact: Bool) {
        guard request.isCounted else {
            guard request.includesTotal else { return (walk.passed + (walk.cursor == nil ? 0 : 1), walk.cursor == nil) }
            walk.examinedMax = configuration.countedMax
            let counted = try await walk.countRest()
            return (counted, walk.cursor == nil)
        }
        var sum: Int64 = 0
        var isExact = true
        for place in request.places {
            let total = try await uploads.total(place, of: request.owner)
            sum += total.value
            isExact = isExact && total.isExact
        }
        return (sum, isExact)
    }
}

/// Goes over the uploads of a list, page by page, as far as records may be looked at.
struct ListWalk {
    let uploads: UploadRecords
    let request: ListRequest
    /// How many more records may be looked at.
    var examinedMax: Int
    /// Where to go on; nil at the end.
    private(set) var cursor: QueryCursor?
    private var isAtEnd = false
    /// How many there were so far.
    private(set) var passed: Int64 = 0
    private static let pageMax = 500

    init(uploads: UploadRecords, request: ListRequest, examinedMax: Int) {
        self.uploads = uploads
        self.request = request
        self.examinedMax = examinedMax
        cursor = request.cursor
    }

    /// Whether it stopped since it may look at no more.
    var isPartial: Bool { !isAtEnd && examinedMax <= 0 }

    /// So many of them, behind so many others.
    mutating func take(_ count: Int, behind others: Int) async throws -> [StoredUpload] {
        var taken: [StoredUpload] = []
        var left = others
        while taken.count < count, !isAtEnd, examinedMax > 0 {
            let found = try await page(min(left + count - taken.count, max(count, ListWalk.pageMax)))
            taken += found.dropFirst(left)
            left = max(0, left - found.count)
        }
        return taken
    }

    /// All of them, as far as they may be looked at, in the order that no index has.
    mutating func sorted() async throws -> [StoredUpload] {
        var all: [StoredUpload] = []
        while !isAtEnd, examinedMax > 0 { all += try await page(ListWalk.pageMax) }
        let places = all.enumerated().map { place, upload in (key: upload.key(of: request.order), place: place) }
        // Those that are alike stay in the order in which they came.
        let inOrder = places.sorted { left, right in
            guard left.key != right.key else { return left.place < right.place }
            return (left.key < right.key) != request.isDescending
        }
        return inOrder.map { all[$0.place] }
    }

    /// How many there are, with those that were passed before.
    mutating func countRest() async throws -> Int64 {
        while !isAtEnd, examinedMax > 0 { _ = try await page(ListWalk.pageMax) }
        return passed
    }

    private mutating func page(_ limit: Int) async throws -> [StoredUpload] {
        let query = request.query(limit: limit, examinedMax: examinedMax, after: cursor)
        let page: QueryPage<StoredUpload>
        do {
            page = try await uploads.records.find(query, as: uploads.type)
        } catch let error as RecordError where error.code == .invalidCursor {
            throw ListRequest.foreignCursor
        }
        examinedMax -= max(1, page.examined)
        cursor = page.cursor
        isAtEnd = page.cursor == nil
        passed += Int64(page.records.count)
        // Of those whose time is over nothing is shown, though they are still there.
        return page.records.map(\.message).filter { !uploads.isOver($0) }
    }
}

extension StoredUpload {
    /// What the upload is ordered by, by a field of its type.
    fileprivate func key(of order: String) -> TupleElement {
        switch order {
        case "name_order": .string(nameOrder)
        case "alias_order": hasAliasOrder ? .string(aliasOrder) : .missing
        case "owner": .string(owner)
        case "started_at": .integer(startedAtMilliseconds)
        case "content_length": .integer(contentLength)
        case "parts_count": .integer(partsCount)
        default: .missing
        }
    }
}
