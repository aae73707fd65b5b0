/// An integer of the data model, from -2^64 to 2^64 - 1: what DAG-CBOR can hold.
public struct NodeInteger: Hashable, Sendable {
    /// Whether it is below zero.
    public let isNegative: Bool
    /// The number itself, or -1 minus the number where it is below zero.
    let argument: UInt64

    init(isNegative: Bool, argument: UInt64) {
        self.isNegative = isNegative
        self.argument = argument
    }

    /// The integer with the value of another; nil beyond 64 bits.
    public init?(exactly value: some BinaryInteger) {
        if value >= 0 {
            guard let argument = UInt64(exactly: value) else { return nil }
            self.init(isNegative: false, argument: argument)
        } else {
            guard let argument = UInt64(exactly: -1 - value) else { return nil }
            self.init(isNegative: true, argument: argument)
        }
    }

    /// The integer with the value of another.
    public init(_ value: Int64) {
        let argument = UInt64(bitPattern: value < 0 ? ~value : value)
        self.init(isNegative: value < 0, argument: argument)
    }

    /// The integer of decimal digits, with a minus before them if it is below zero; nil beyond 64 bits.
    init?(decimal text: String) {
        guard text.hasPrefix("-") else {
            guard let argument = UInt64(text) else { return nil }
            self.init(isNegative: false, argument: argument)
            return
        }
        if text == "-18446744073709551616" {
            self.init(isNegative: true, argument: .max)
            return
        }
        guard let magnitude = UInt64(text.dropFirst()) else { return nil }
        self.init(isNegative: magnitude > 0, argument: magnitude > 0 ? magnitude - 1 : 0)
    }

    /// The value as another type; nil where it does not fit.
    public func value<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value? {
        guard isNegative else { return Value(exactly: argument) }
        guard Value.isSigned, let magnitude = Value(exactly: argument) else { return nil }
        return -1 - magnitude
    }
}

extension NodeInteger: ExpressibleByIntegerLiteral {
    /// The integer with the value of a literal.
    public init(integerLiteral value: Int64) { self.init(value) }
}

extension NodeInteger: Comparable {
    public static func < (left: NodeInteger, right: NodeInteger) -> Bool {
        switch (left.isNegative, right.isNegative) {
        case (true, false): true
        case (false, true): false
        case (false, false): left.argument < right.argument
        case (true, true): left.argument > right.argument
        }
    }
}

extension NodeInteger: CustomStringConvertible {
    public var description: String {
        guard isNegative else { return String(argument) }
        let (magnitude, isBeyond) = argument.addingReportingOverflow(1)
        return isBeyond ? "-18446744073709551616" : "-" + String(magnitude)
    }
}
