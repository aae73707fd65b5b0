#if Redis
/// The slot of a key: which of the 16,384 parts of a cluster it lies in.
///
/// CRC16 (XMODEM) of the key, or of what stands between its first `{` and the next `}` where that is not empty, modulo
/// 16,384, as the cluster specification has it.
enum HashSlot {
    static let count = 16_384

    static func of(_ key: some Collection<UInt8>) -> UInt16 {
        if let open = key.firstIndex(of: 0x7B) {
            let rest = key[key.index(after: open)...]
            if let close = rest.firstIndex(of: 0x7D), close > rest.startIndex { return crc16(rest[..<close]) % 16_384 }
        }
        return crc16(key) % 16_384
    }

    private static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in crc << 8 ^ table[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)] }
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
}
#endif
