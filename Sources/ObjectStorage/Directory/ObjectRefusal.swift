/// Why a request for an object is refused.
public struct ObjectRefusal: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The name is none that an object can have.
        case invalidName
        /// The location is not signed for this request, or its time is over.
        case notAllowed
        /// There is no such object.
        case notFound
        /// The bytes are not as many, or not those, that were announced.
        case otherBytes
        /// The object has no such range.
        case noSuchRange
        /// The system refused: the disk is full, or the directory can't be written.
        case failed
    }

    /// What is wrong.
    public let code: Code
    /// The same for people, with the remedy.
    public let message: String

    init(_ code: Code, _ message: StaticString) {
        self.code = code
        self.message = "\(message)"
    }

    /// The HTTP status that goes with it.
    public var status: Int {
        switch code {
        case .invalidName, .otherBytes: 400
        case .notAllowed: 403
        case .notFound: 404
        case .noSuchRange: 416
        case .failed: 507
        }
    }
}
