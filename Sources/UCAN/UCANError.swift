import IPLD

/// Why bytes or text are not what they were read as, or something can't be written, signed or verified.
///
/// Every parser of this module is total: whatever the input, it returns a value or throws one of these, within the
/// limits that it was given. What a validator finds wrong with a well-formed token is a ``Failure`` instead.
public struct UCANError: Error, Hashable, Sendable {
    /// What kind of thing went wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The input is not in its format, or not in the one form that its format allows.
        case malformed
        /// The input is well formed, and of a version or with a part that is not supported here.
        case unsupported
        /// The key is of a type that can't be computed with here.
        case unsupportedKeyType
        /// The input is larger or has more parts than the limits allow.
        case limitExceeded
        /// A block that is needed is not there.
        case missingBlock
        /// The value can't be represented in the format.
        case notRepresentable
        /// There is no key to sign with, or the library that signs refused.
        case signingFailed
    }

    /// What kind of thing went wrong.
    public let code: Code
    /// What went wrong, in a sentence.
    public let message: String

    /// An error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same trouble, met by a parser of the formats below.
    init(_ error: IPLDError) {
        let code: Code =
            switch error.code {
            case .truncated, .malformed, .hashMismatch: .malformed
            case .unsupported: .unsupported
            case .limitExceeded: .limitExceeded
            case .notRepresentable: .notRepresentable
            }
        self.init(code, error.description)
    }
}

extension UCANError: CustomStringConvertible {
    public var description: String { message }
}

/// Does what may throw an error of the formats below, and throws it as one of this module.
func translating<Result>(_ body: () throws(IPLDError) -> Result) throws(UCANError) -> Result {
    do throws(IPLDError) {
        return try body()
    } catch {
        throw UCANError(error)
    }
}
