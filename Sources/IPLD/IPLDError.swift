/// Why bytes or text are not what they were read as, or a value can't be written.
///
/// Every parser of this module is total: whatever the input, it returns a value or throws one of these, within the
/// limits that it was given.
public struct IPLDError: Error, Hashable, Sendable {
    /// What kind of thing went wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The input ends before what it announces.
        case truncated
        /// The input is not in its format, or not in the one form that its format allows.
        case malformed
        /// The input is well formed, and says something that is not supported here.
        case unsupported
        /// The input is larger, deeper or has more parts than the limits allow.
        case limitExceeded
        /// A hash does not belong to the bytes that it stands beside.
        case hashMismatch
        /// The value can't be represented in the format.
        case notRepresentable
    }

    /// What kind of thing went wrong.
    public let code: Code
    /// What went wrong, in a sentence.
    public let message: String
    /// At which byte of the input; nil where there is no such place.
    public let offset: Int?

    /// An error from its parts.
    public init(_ code: Code, _ message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }
}

extension IPLDError: CustomStringConvertible {
    public var description: String {
        guard let offset else { return message }
        return "\(message) (at byte \(offset))"
    }
}
