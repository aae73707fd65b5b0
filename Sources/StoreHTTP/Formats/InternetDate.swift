/// The dates of bodies: `1994-11-06T08:49:37Z` (RFC 3339), in UTC.
package enum InternetDate {
    /// The whole seconds since the beginning of 1970; nil for what is no such date. Fractions of a second are dropped.
    package static func seconds(_ text: String) -> Int? {
        guard text.hasSuffix("Z") else { return nil }
        let halves = text.dropLast().split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        let time = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard date.count == 3, time.count <= 2,
            time.dropFirst().allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        return CivilMoment.seconds(year: date[0], month: date[1], day: date[2], time: time[0])
    }
}
