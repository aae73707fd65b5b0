/// A moment as people write it, from the parts of its text.
enum CivilMoment {
    /// The seconds since the beginning of 1970 of a moment in UTC; nil for what is none.
    ///
    /// - Parameter time: Hours, minutes and seconds, with colons between.
    static func seconds(
        year: some StringProtocol,
        month: some StringProtocol,
        day: some StringProtocol,
        time: some StringProtocol
    ) -> Int? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let year = number(year, in: 1_970...9_999), let month = number(month, in: 1...12),
            let day = number(day, in: 1...31), let hour = number(clock[0], in: 0...23),
            let minute = number(clock[1], in: 0...59), let second = number(clock[2], in: 0...60)
        else { return nil }
        // Years begin with March, so that a leap day is a year's last.
        let shifted = month < 3 ? year - 1 : year
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ((month + 9) % 12 * 306 + 5) / 10 + day
        return (days - 719_469) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    private static func number(_ text: some StringProtocol, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
        return range.contains(number) ? number : nil
    }
}
