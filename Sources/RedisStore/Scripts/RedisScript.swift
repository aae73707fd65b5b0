#if Redis
/// A script that runs on the server, in one step that nothing else comes between.
///
/// Each gets the base of a bucket as its one key, which decides where it runs, and makes the names of the bucket's other
/// keys itself, as ``RedisLayout`` has them. None does work that grows with the store: what is large comes in pages.
enum RedisScript: Int, CaseIterable, Sendable {
    case write
    case setFence
    case clearMarks
    case scan
    case count
    case marks

    var text: String {
        switch self {
        case .write: RedisScript.writeText
        case .setFence: RedisScript.setFenceText
        case .clearMarks: RedisScript.clearMarksText
        case .scan: RedisScript.scanText
        case .count: RedisScript.countText
        case .marks: RedisScript.marksText
        }
    }

    /// Replaces the fence by the second argument if its bytes, none for none, are still the first. Whether they were.
    private static let setFenceText = """
        local name = KEYS[1] .. 'f'
        if (redis.call('GET', name) or '') ~= ARGV[1] then return 0 end
        redis.call('SET', name, ARGV[2])
        return 1
        """

    /// Removes marks. The arguments come in pairs: bounds around one name each.
    private static let clearMarksText = """
        for i = 1, #ARGV, 2 do redis.call('ZREMRANGEBYLEX', KEYS[1] .. 'm', ARGV[i], ARGV[i + 1]) end
        return 1
        """
}
#endif
