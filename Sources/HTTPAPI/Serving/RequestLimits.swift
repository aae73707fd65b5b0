/// What a request may take.
public struct RequestLimits: Hashable, Sendable {
    /// The most bytes of its body. A larger one is answered with status 413, and the connection is closed.
    public var bodyBytesMax: Int
    /// The longest time until the answer begins, with all of the body that it waits for; then the handler's task is
    /// cancelled, and the answer is status 504; where the handler still waits for the body, the connection ends without
    /// an answer. Nil for any time.
    public var timeMax: Duration?

    /// 64 KiB and 30 seconds unless told otherwise.
    public init(bodyBytesMax: Int = 65_536, timeMax: Duration? = .seconds(30)) {
        self.bodyBytesMax = bodyBytesMax
        self.timeMax = timeMax
    }
}
