/// How large tuples may be. The encoder and the decoder hold the same limits, so that what one makes the other reads.
public enum TupleLimits {
    /// How many tuples may lie inside each other, not counting the outermost.
    public static let maximumDepth = 64
    /// The longest encoding, in bytes.
    public static let maximumByteCount = 1 << 20
    /// The longest magnitude of an integer, in bytes. The format keeps this length in a single byte.
    public static let maximumMagnitudeByteCount = 255
}
