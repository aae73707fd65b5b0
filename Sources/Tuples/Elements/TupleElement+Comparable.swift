import Glibc

extension TupleElement: Comparable, Hashable {
    public static func == (left: TupleElement, right: TupleElement) -> Bool {
        switch (left, right) {
        case (.null, .null), (.missing, .missing): true
        case (.bytes(let left), .bytes(let right)): left == right
        // String's own equality takes two spellings of one text for equal, whose bytes differ.
        case (.string(let left), .string(let right)):
            left.utf8.count == right.utf8.count && TupleElement.order(left, right) == 0
        case (.tuple(let left), .tuple(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.bigInteger(let left), .bigInteger(let right)): left == right
        case (.float(let left), .float(let right)): left.bitPattern == right.bitPattern
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.bool(let left), .bool(let right)): left == right
        case (.uuid(let left), .uuid(let right)): left == right
        case (.timestamp(let left), .timestamp(let right)): left == right
        default: false
        }
    }

    public static func < (left: TupleElement, right: TupleElement) -> Bool {
        switch (left, right) {
        case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
        case (.string(let left), .string(let right)): TupleElement.order(left, right) < 0
        case (.tuple(let left), .tuple(let right)): left < right
        case (.integer(let left), .integer(let right)): left < right
        case (.bigInteger(let left), .bigInteger(let right)): left < right
        // A big integer is beyond all others, on the side of its sign.
        case (.integer, .bigInteger(let right)): !right.isNegative
        case (.bigInteger(let left), .integer): left.isNegative
        case (.float(let left), .float(let right)): left.orderedBits < right.orderedBits
        case (.double(let left), .double(let right)): left.orderedBits < right.orderedBits
        case (.uuid(let left), .uuid(let right)): left < right
        case (.timestamp(let left), .timestamp(let right)): left < right
        default: left.kindCode < right.kindCode
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kindCode)
        switch self {
        case .null, .missing, .bool: break
        case .bytes(let value): hasher.combine(value)
        case .string(let value): value.utf8Span.span.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        case .tuple(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .bigInteger(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value.bitPattern)
        case .double(let value): hasher.combine(value.bitPattern)
        case .uuid(let value): hasher.combine(value)
        case .timestamp(let value): hasher.combine(value)
        }
    }

    /// Negative, zero or positive as the bytes of one text come before, are, or come after those of another.
    private static func order(_ left: String, _ right: String) -> Int {
        left.utf8Span.span.bytes.withUnsafeBytes { left in
            right.utf8Span.span.bytes.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress,
                    case let order = memcmp(first, second, min(left.count, right.count)), order != 0
                else { return left.count - right.count }
                return Int(order)
            }
        }
    }
}
