/// The name of an object as a path that can't lead anywhere else.
///
/// It has 1 to 8 parts of 1 to 128 letters, digits, `-`, `_` and `.` each, none of which begins with a point.
struct ObjectName: Hashable, Sendable {
    let text: String
    let parts: [String]

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            (1...128).contains(part.utf8.count) && part.utf8.first != UInt8(ascii: ".")
                && part.utf8.allSatisfy { byte in
                    let small = byte | 0x20
                    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(small)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
                }
        }
        guard isPlain, (1...8).contains(parts.count) else { return nil }
        self.text = text
        self.parts = parts.map(String.init)
    }
}
