extension Double {
    /// The bits, changed so that their unsigned order is the total order of the numbers: a negative number has all bits
    /// flipped, any other only its sign.
    var orderedBits: UInt64 {
        bitPattern ^ (bitPattern >> 63 == 1 ? .max : 1 << 63)
    }

    /// The number of ``orderedBits``.
    init(orderedBits bits: UInt64) {
        self.init(bitPattern: bits ^ (bits >> 63 == 0 ? .max : 1 << 63))
    }
}

extension Float {
    /// The bits, changed so that their unsigned order is the total order of the numbers.
    var orderedBits: UInt32 {
        bitPattern ^ (bitPattern >> 31 == 1 ? .max : 1 << 31)
    }

    /// The number of ``orderedBits``.
    init(orderedBits bits: UInt32) {
        self.init(bitPattern: bits ^ (bits >> 31 == 0 ? .max : 1 << 31))
    }
}
