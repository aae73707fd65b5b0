extension Revision {
    /// For a ``ForeignCapture``, whose rows have no revisions of their own: a nonce that tells one value from another
    /// (FNV-1a, 64 bits). Nothing may be decided by it but whether to look again. Linear in the value.
    public static func nonce(digesting value: [UInt8]) -> UInt64 {
        value.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
