#if HTTP
import HTTPTypes
public import Hummingbird
import HummingbirdCore
import NIOCore
public import ObjectStorage

/// The objects of a directory: clients send them by `PUT /objects/NAME` and fetch them by `GET`, at locations that are
/// signed; those that are public at their plain ones too.
///
/// An object is fetched whole or by one range, and not again where `If-None-Match` names its `ETag`. It is sent whole:
/// an answer of 201 says that it is on the disk.
public struct ObjectsHTTPService: HTTPService {
    public let path = "/objects"
    /// None is needed: what is allowed is said by the signature of a location.
    public let rights: TokenRights? = nil
    public let isForBrowsers = true
    /// As many bytes as a part of an upload may have; the signature says how many it is. They may take any time.
    public let limits = RequestLimits(bodyBytesMax: 2_000_000_000, timeMax: nil)
    private let directory: ObjectDirectory
    /// How many bytes go to and from the disk at once.
    private static let pieceBytes = 256 << 10

    /// The service of this directory.
    public init(_ directory: ObjectDirectory) { self.directory = directory }

    public func addRoutes(to routes: RouterGroup<ServiceContext>) {
        routes.put("**") { request, context in
            do {
                return try await receive(request)
            } catch let refusal as ObjectRefusal {
                // The bytes that are still to come are not waited for.
                return try Problem(refusal).response().ending(context.channel)
            }
        }
        routes.get("**") { request, _ in try await answer(request) }
        routes.head("**") { request, _ in try await answer(request) }
    }

    private func receive(_ request: Request) async throws -> Response {
        let receiver = try await directory.receive(try objectRequest(request))
        do {
            var piece: [UInt8] = []
            for try await buffer in request.body {
                piece += buffer.readableBytesView
                guard piece.count >= ObjectsHTTPService.pieceBytes else { continue }
                try await receiver.append(piece)
                piece.removeAll(keepingCapacity: true)
            }
            if !piece.isEmpty { try await receiver.append(piece) }
            try await receiver.finish()
        } catch {
            await receiver.cancel()
            throw error
        }
        return Response(status: .created)
    }

    private func answer(_ request: Request) async throws -> Response {
        let reader: ObjectReader
        do {
            reader = try await directory.give(try objectRequest(request))
        } catch let refusal as ObjectRefusal {
            throw Problem(refusal)
        }
        var headers = HTTPFields()
        for (name, value) in reader.headers {
            if let field = HTTPField.Name(name) { headers[field] = value }
        }
        let tag = headers[.eTag]
        if let known = request.headers[.ifNoneMatch], known == tag || known == "*" {
            return Response(status: .notModified, headers: headers)
        }
        // A range of another object than the client has begun with would be of no use to it.
        let isMeant = request.headers[.ifRange].map { $0 == tag } ?? true
        let range: Range<Int64>
        do {
            range = try reader.range(isMeant ? request.headers[.range] : nil)
        } catch {
            var response = try Problem(error).response()
            response.headers[.contentRange] = "bytes */\(reader.contentLength)"
            return response
        }
        let isPart = range.upperBound - range.lowerBound < reader.contentLength
        if isPart {
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(reader.contentLength)"
        }
        let status: HTTPResponse.Status = isPart ? .partialContent : .ok
        guard request.method != .head else {
            headers[.contentLength] = "\(range.upperBound - range.lowerBound)"
            return Response(status: status, headers: headers)
        }
        return Response(status: status, headers: headers, body: ObjectsHTTPService.body(reader, range))
    }

    private static func body(_ reader: ObjectReader, _ range: Range<Int64>) -> ResponseBody {
        ResponseBody(contentLength: Int(range.upperBound - range.lowerBound)) { writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count = Int(min(Int64(pieceBytes), range.upperBound - offset))
                let bytes = try await reader.read(at: offset, count: count)
                // The connection ends before its time, so that nobody takes a part for the whole.
                guard !bytes.isEmpty else { throw ObjectCutOff() }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += Int64(bytes.count)
            }
            try await writer.finish(nil)
        }
    }

    private func objectRequest(_ request: Request) throws(Problem) -> ObjectRequest {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard query.updateValue(String(value), forKey: String(name)) == nil else {
                throw Problem(.badRequest, code: "badRequest", "A name comes twice in the query: send it once.")
            }
        }
        var headers: [String: String] = [:]
        for field in [HTTPField.Name.contentType, .contentLength, .contentEncoding] {
            headers[field.canonicalName] = request.headers[field]
        }
        return ObjectRequest(
            method: request.method.rawValue,
            name: String(request.uri.path.dropFirst(path.count + 1)),
            query: query,
            headers: headers
        )
    }
}

/// An object that is shorter on the disk than it was when it was opened.
private struct ObjectCutOff: Error {}

extension Problem {
    /// A refusal of the directory.
    init(_ refusal: ObjectRefusal) {
        self.init(HTTPResponse.Status(integerLiteral: refusal.status), code: refusal.code.rawValue, refusal.message)
    }
}
#endif
