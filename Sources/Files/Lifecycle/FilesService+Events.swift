import JSONFormat
public import ObjectStorage

extension FilesService {
    /// Takes notice of objects that a bucket said are there, as `finish` by a part of the system does: each is looked for
    /// before that is believed.
    ///
    /// Events of buckets that the service does not have, and of objects that are no parts, are passed over: a bucket may
    /// hold more than the service's.
    ///
    /// - Returns: How many were news.
    @discardableResult
    public func take(_ events: [ObjectEvent]) async throws -> Int {
        var news = 0
        for event in events {
            try Task.checkCancellation()
            guard let part = PartName(event.name), let found = try await uploads.get(part.upload)?.upload,
                found.bucket == event.bucket,
                found.parts.contains(where: { $0.name == part.text && !$0.hasUploadedAtMilliseconds })
            else { continue }
            let parameters = Parameters(.object([.init("filename", .string(part.text))]))
            let answer = try await finish(parameters, by: .service)
            if answer.status == 202 || answer.version != nil { news += 1 }
        }
        return news
    }
}
