/// Why bytes are not a tuple, or why a tuple is not what was asked for.
public struct TupleError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The bytes end inside of an element.
        case truncated
        /// The type code belongs to nothing.
        case unknownType
        /// The type code belongs to a kind of FoundationDB's that is not supported here: versionstamps (0x32, 0x33),
        /// decimals (0x23, 0x24), long doubles (0x22), 64-bit identifiers (0x31) and what is deprecated.
        case unsupportedType
        /// A string is not UTF-8.
        case invalidUTF8
        /// An integer is encoded in more bytes than it needs.
        case paddedInteger
        /// The nanoseconds of a timestamp are a second or more.
        case invalidNanoseconds
        /// Tuples are nested deeper than ``TupleLimits/maximumDepth``.
        case tooDeep
        /// An encoding is longer than ``TupleLimits/maximumByteCount``.
        case tooLong
        /// A magnitude is longer than ``TupleLimits/maximumMagnitudeByteCount``.
        case integerTooLarge
        /// The integer does not fit the type that was asked for.
        case integerOutOfRange
        /// There is no element at this index.
        case noElement
        /// The element is of another kind.
        case otherKind
        /// The key does not begin with the subspace's prefix.
        case outsideSubspace
        /// The text is not a UUID.
        case invalidUUID
    }

    /// Where it is wrong.
    public enum Place: Hashable, Sendable {
        /// The offset, in bytes, in the bytes or text that was read or written.
        case byte(Int)
        /// The index of the element in its tuple.
        case element(Int)
    }

    /// What is wrong.
    public let code: Code
    /// Where it is wrong.
    public let place: Place
    /// The type code that was found there, if it was read.
    public let typeCode: UInt8?

    init(_ code: Code, at place: Place, typeCode: UInt8? = nil) {
        self.code = code
        self.place = place
        self.typeCode = typeCode
    }

    init(_ code: Code, atByte offset: Int, typeCode: UInt8? = nil) {
        self.init(code, at: .byte(offset), typeCode: typeCode)
    }
}

extension TupleError: CustomStringConvertible {
    /// What is wrong and what to do about it: the same text for every error of a code.
    public var message: String {
        switch code {
        case .truncated: "the bytes end inside of an element; pass the whole key"
        case .unknownType: "no element begins with this byte; pass bytes that were encoded as a tuple"
        case .unsupportedType: "elements of this type are not supported; write them as another kind"
        case .invalidUTF8: "a string is not UTF-8; write it as a byte string"
        case .paddedInteger: "an integer has needless bytes; encode it in the fewest"
        case .invalidNanoseconds: "the nanoseconds are not below a second; carry them over to the seconds"
        case .tooDeep: "tuples are nested too deeply; flatten them"
        case .tooLong: "the encoding is too long; shorten its elements"
        case .integerTooLarge: "the integer is too large; write it as a byte string"
        case .integerOutOfRange: "the integer does not fit; ask for the element and take it as a big integer"
        case .noElement: "the tuple has no element here; ask for one below its count"
        case .otherKind: "the element is of another kind; ask for that one"
        case .outsideSubspace: "the key is outside of the subspace; ask `contains` first"
        case .invalidUUID: "the text is not a UUID; write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12"
        }
    }

    public var description: String {
        let found = typeCode.map { " (type code 0x\(String($0, radix: 16)))" } ?? ""
        return switch place {
        case .byte(let offset): "\(message): byte \(offset)\(found)"
        case .element(let index): "\(message): element \(index)\(found)"
        }
    }
}
