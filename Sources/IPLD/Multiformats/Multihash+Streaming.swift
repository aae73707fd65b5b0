internal import Crypto

extension Multihash {
    /// Makes the SHA-256 of bytes that come in pieces.
    public struct SHA256Stream: Sendable {
        private var hash = SHA256()

        /// A stream without bytes.
        public init() {}

        /// Takes the next bytes.
        public mutating func append(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }

        /// The hash of all bytes so far.
        public var multihash: Multihash { Multihash(checked: .sha256, Array(hash.finalize())) }
    }
}
