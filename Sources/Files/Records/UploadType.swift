import Records
import SwiftProtobuf
import Tuples

/// The record type of uploads. What is declared here is part of the stored format.
///
/// Uploads are spread over partitions by a hash of their identifiers, so that no owner and no collection sits in one.
/// Each is one record with its parts, so that every action changes one record, in one step.
///
/// Rows are what an action costs. So an index begins with a field that is empty where nobody looks for an upload by it,
/// and each fact is in one index: what is under way has two entries for its lists and one for those who look for work.
enum UploadType {
    /// The fields that lists can be ordered by, by the names of the wire, with the field that holds the order.
    static let orders = [
        "uploadId": "id", "name": "name_order", "alias": "alias_order", "owner": "owner",
        "startedAt": "started_at", "uploadedAt": "uploaded_at", "contentLength": "content_length",
        "status": "status", "parts": "parts_count",
    ]

    static func make() throws(RecordError) -> RecordType<StoredUpload> {
        try RecordType(
            "upload",
            fields: [
                .one("id", .string, number: 1),
                .one("owner", .string, number: 2),
                .one("name", .string, number: 3),
                .one("alias", .string, number: 4, isOptional: true),
                .one("description", .string, number: 5, isOptional: true),
                .one("website", .string, number: 6, isOptional: true),
                .many("tags", .string, number: 7),
                .one("kind", .string, number: 8),
                .one("status", .integer, number: 9),
                .one("started_at", .integer, number: 10),
                .one("uploaded_at", .integer, number: 11, isOptional: true),
                .one("expires_at", .integer, number: 13, isOptional: true),
                .one("parts_count", .integer, number: 20),
                .one("content_length", .integer, number: 21),
                .one("held", .bool, number: 29),
                .one("name_order", .string, number: 40),
                .one("alias_order", .string, number: 41, isOptional: true),
                .many("lists", .string, number: 42),
                .many("tagged", .string, number: 43),
                .many("listed", .string, number: 44),
                .many("pending", .string, number: 45),
                .many("ranked", .string, number: 46),
                .many("expiring", .bool, number: 47),
                .many("aliased", .string, number: 48),
            ],
            partitionedBy: .shards(64, of: ["id"], group: "upload"),
            primaryKey: ["id"],
            indexes: indexes
        )
    }

    private static var indexes: [Index] {
        let scope = Index.Scope.global(shards: 4)
        // By what lists are searched for most. Entries of the orders that have it rule out what has another name, so that
        // only uploads that are shown are read.
        let name = KeyExpression.field("name")
        // Of an owner's uploads all have that owner, and a status changes more often than what orders lists else.
        let lists = Set(orders.values).subtracting(["owner", "status"]).sorted().map { field in
            let searched = ["id", "started_at", "uploaded_at"].contains(field) ? [name] : []
            return Index("list_by_" + field, on: [.each("lists"), .field(field)] + searched, scope: scope)
        }
        let tagged = ["id", "uploaded_at"].map { field in
            Index("tagged_by_" + field, on: [.each("tagged"), .field(field), name], scope: scope)
        }
        return lists + tagged + [
            Index("list_by_owner", on: [.each("listed"), .field("owner")], scope: scope),
            Index("list_by_status", on: [.each("ranked"), .field("status"), .field("started_at")], scope: scope),
            Index("pending_by_id", on: [.each("pending"), .field("id")], scope: scope),
            Index("alias", .unique, on: [.each("aliased"), .field("alias")], scope: scope),
            Index("by_expiry", on: [.each("expiring"), .field("expires_at")], scope: scope),
            // Of each shard, and so current wherever a batch reaches a partition.
            Index("count", .count, on: [.each("listed")]),
            Index("owner_count", .count, on: [.field("owner"), .each("listed")]),
            Index("owner_bytes", .sum(of: "content_length"), on: [.field("owner"), .each("listed")]),
        ]
    }
}

/// In which lists an upload is.
enum Place: String, Hashable, Sendable, CaseIterable {
    /// Its parts are on their way: in the list of those alone.
    case pending
    /// In the lists of its owner and of the service.
    case `private`
    /// In the lists of everybody too.
    case `public`
    /// In none.
    case hidden
}

extension StoredUpload {
    var statusNow: Status { Status(rawValue: status) ?? .failed }

    /// Whether it was processed once: from then on it may be used, whatever becomes of further attempts.
    var isUsable: Bool { hasProcessedAtMilliseconds }

    /// Brings what lists are made of in line with the rest.
    mutating func derive() {
        partsCount = Int64(parts.count)
        contentLength = parts.reduce(0) { $0 + $1.contentLength }
        nameOrder = name.lowercased()
        if hasAlias { aliasOrder = alias.lowercased() } else { clearAliasOrder() }
        let place = place
        let names = [StoredUpload.list(place), StoredUpload.list(place, of: owner)]
        let isListed = place == .private || place == .public
        lists = isListed ? names : []
        listed = isListed ? [place.rawValue] : []
        pending = place == .pending ? names : []
        ranked = isListed ? names : [place.rawValue]
        tagged = lists.flatMap { list in tags.map { StoredUpload.tagged(list, $0) } }
        expiring = hasExpiresAtMilliseconds ? [true] : []
        aliased = hasAlias ? [owner] : []
    }

    /// From here on nobody is shown it, and what is left of it is removed like what has expired.
    mutating func end(at now: Int64) {
        unlisted = true
        clearAlias()
        expiresAtMilliseconds = now
    }

    /// The same with no alias.
    var withoutAlias: StoredUpload {
        var upload = self
        upload.clearAlias()
        upload.derive()
        return upload
    }

    private var place: Place {
        if unlisted { return .hidden }
        if status == Status.pending.rawValue { return .pending }
        if temporary { return .hidden }
        return `public` && !direct ? .public : .private
    }

    /// The name of a list: of all uploads, or of one owner's.
    static func list(_ place: Place, of owner: String? = nil) -> String {
        owner.map { "\(place.rawValue):\($0)" } ?? place.rawValue
    }

    /// The name of a list of those with a tag. No tag has a comma, so the last comma parts it from the owner.
    static func tagged(_ list: String, _ tag: String) -> String { "\(list),\(tag)" }
}
