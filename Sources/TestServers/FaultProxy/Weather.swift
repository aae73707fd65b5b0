/// What a ``FaultProxy`` does with what goes through it.
public enum Weather: Sendable, Equatable {
    /// Both directions pass as they are.
    case pass
    /// Resets (RST) every present connection, once; then as `pass`.
    case cut
    /// Takes no new connections; present ones pass.
    case refuse
    /// Half-open: takes connections, swallows both directions, and tells neither side of the other's end.
    case blackhole
    /// Passes with a delay before what has arrived together, and at most that many bytes a second in each direction.
    case slow(bytesPerSecond: Int, delay: Duration)
    /// On a connection that has sent this many bytes since the weather began: the requests pass, and the first reply
    /// resets the connection instead. So the server has done what it was asked.
    case loseReplies(afterRequestBytes: Int)
    /// Replies arrive with every bit of every byte inverted.
    case garbage
    /// Requests pass, replies are swallowed, and nobody is told of the server's end.
    case oneWay

    func swallows(_ direction: Direction) -> Bool {
        self == .blackhole || (self == .oneWay && direction == .reply)
    }
}

/// Which way bytes go.
enum Direction: Sendable {
    case request, reply
}
