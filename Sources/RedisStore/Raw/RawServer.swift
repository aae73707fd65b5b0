import KeyValue

/// What a raw view asks of the connection to its Redis.
protocol RawServer: Sendable {
    /// The nodes that hold keys, each once, under names that they keep.
    func nodes() async throws(StoreError) -> [String]

    /// Sends commands in one go, to this node, or each to the node that holds its key; a reply a command. What the
    /// server refuses is a reply.
    func replies(to commands: [[[UInt8]]], at node: String?) async throws(StoreError) -> [RawReply]

    func close() async
}
