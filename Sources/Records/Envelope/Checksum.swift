import CChecksum

/// CRC-32C (Castagnoli), as RFC 3720 defines it, appendix B.4: finds damage, and spreads keys over shards.
enum Checksum {
    /// Table `n` gives what a byte comes to that has `n` more bytes behind it, so that eight bytes go in one step.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for index in 0..<UInt32(256) {
            tables.append((0..<8).reduce(index) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 })
        }
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xff)])
        }
        return tables
    }()

    /// The checksum of some bytes.
    static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }

    private static let hasInstruction = cchecksum_has_crc32c()

    /// The checksum of some bytes: by the processor's instruction where it has one.
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        hasInstruction ? cchecksum_crc32c(bytes.baseAddress, bytes.count) : byTables(bytes)
    }

    /// The same on any processor, in some three times the time.
    static func byTables(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            func part(_ table: Int, _ byte: UInt32) -> UInt32 { tables[table << 8 | Int(byte & 0xff)] }
            var value = ~UInt32(0)
            var position = 0
            while position + 8 <= bytes.count {
                let low = value ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
                value = part(7, low) ^ part(6, low >> 8) ^ part(5, low >> 16)
                value ^= part(4, low >> 24) ^ part(3, high) ^ part(2, high >> 8)
                value ^= part(1, high >> 16) ^ part(0, high >> 24)
                position += 8
            }
            while position < bytes.count {
                value = value >> 8 ^ part(0, value ^ UInt32(bytes[position]))
                position += 1
            }
            return ~value
        }
    }
}
