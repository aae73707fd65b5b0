#if Redis
import KeyValue

/// Bounds of members of a sorted set whose scores are equal, as its commands take them.
struct LexicalRange: Hashable, Sendable {
    var lower: [UInt8] = [0x2D]
    var upper: [UInt8] = [0x2B]

    /// Everything.
    init() {}

    /// From `lower` up to but without `upper`; a nil bound is open.
    init(from lower: [UInt8]?, to upper: [UInt8]?) {
        if let lower { self.lower = [0x5B] + lower }
        if let upper { self.upper = [0x28] + upper }
    }

    /// The part of it behind a member.
    func after(_ member: [UInt8], reverse: Bool = false) -> LexicalRange {
        var rest = self
        if reverse { rest.upper = [0x28] + member } else { rest.lower = [0x28] + member }
        return rest
    }
}
#endif
