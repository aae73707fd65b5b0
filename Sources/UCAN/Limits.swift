/// What readers and validators take before they give up: readers with ``UCANError/Code/limitExceeded``, validators by
/// refusing.
///
/// The defaults let a hostile input of 10 MB cost less than 50 MB beside the input, and less than a second.
public struct Limits: Hashable, Sendable {
    /// The most bytes of an archive or a message; 16 MiB unless said otherwise.
    public var archiveBytesMax: Int
    /// The most blocks of an archive or a message; 4,096 unless said otherwise.
    public var blocksMax: Int
    /// The most bytes of a token or a receipt; 1 MiB unless said otherwise.
    public var tokenBytesMax: Int
    /// The most capabilities of a token; 512 unless said otherwise.
    public var capabilitiesMax: Int
    /// The most proofs that a token names; 128 unless said otherwise.
    public var proofsMax: Int
    /// The most invocations of a message, and the most receipts; 256 unless said otherwise.
    public var invocationsMax: Int
    /// The most delegations that lie one behind the other, the invocation included; 32 unless said otherwise.
    public var chainDepthMax: Int
    /// The most tokens that a validation looks at, each of which may cost a signature; 256 unless said otherwise.
    public var validatedTokensMax: Int
    /// The most times that a validation compares a capability with one that may grant it; 65,536 unless said otherwise.
    public var comparisonsMax: Int

    /// Limits from their parts.
    public init(
        archiveBytesMax: Int = 16 << 20,
        blocksMax: Int = 4_096,
        tokenBytesMax: Int = 1 << 20,
        capabilitiesMax: Int = 512,
        proofsMax: Int = 128,
        invocationsMax: Int = 256,
        chainDepthMax: Int = 32,
        validatedTokensMax: Int = 256,
        comparisonsMax: Int = 1 << 16
    ) {
        self.archiveBytesMax = archiveBytesMax
        self.blocksMax = blocksMax
        self.tokenBytesMax = tokenBytesMax
        self.capabilitiesMax = capabilitiesMax
        self.proofsMax = proofsMax
        self.invocationsMax = invocationsMax
        self.chainDepthMax = chainDepthMax
        self.validatedTokensMax = validatedTokensMax
        self.comparisonsMax = comparisonsMax
    }
}
