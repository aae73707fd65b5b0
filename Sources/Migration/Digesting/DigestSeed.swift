/// The key under which records are hashed: 128 bits. Digests compare only under the same one.
///
/// Drawn anew for each run, it lets nobody prepare records whose digests cancel out.
public struct DigestSeed: Hashable, Sendable {
    let low: UInt64
    let high: UInt64

    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// A seed of these random numbers.
    public init(random: () -> UInt64) { self.init(low: random(), high: random()) }
}

extension DigestSeed: LosslessStringConvertible {
    /// 32 hexadecimal digits.
    public var description: String { Hexadecimal.digits(UInt128(high) << 64 | UInt128(low)) }

    /// The seed of 32 hexadecimal digits; nil for anything else.
    public init?(_ description: String) {
        let isHexadecimal = description.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
        }
        guard description.utf8.count == 32, isHexadecimal, let number = UInt128(description, radix: 16) else {
            return nil
        }
        self.init(low: UInt64(truncatingIfNeeded: number), high: UInt64(truncatingIfNeeded: number >> 64))
    }
}

/// 128 bits for people.
enum Hexadecimal {
    static func digits(_ number: UInt128) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
