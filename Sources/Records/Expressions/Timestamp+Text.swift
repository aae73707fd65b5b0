import Tuples

extension Timestamp {
    /// A moment in UTC after RFC 3339: a day, or a day and a time with at most nine digits of a second and a `Z`.
    package init?(text: String) {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let day = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard day.count == 3, let year = Timestamp.number(day[0], digits: 4),
            let month = Timestamp.number(day[1], digits: 2), let dayOfMonth = Timestamp.number(day[2], digits: 2),
            (1...12).contains(month), (1...Timestamp.days(in: month, year)).contains(dayOfMonth)
        else { return nil }
        var seconds = Timestamp.days(year, month, dayOfMonth) * 86_400
        var nanoseconds = 0
        if parts.count == 2 {
            guard parts[1].hasSuffix("Z") else { return nil }
            let time = parts[1].dropLast().split(separator: ":", omittingEmptySubsequences: false)
            guard time.count == 3, let hour = Timestamp.number(time[0], digits: 2), hour < 24,
                let minute = Timestamp.number(time[1], digits: 2), minute < 60
            else { return nil }
            let parts = time[2].split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count <= 2, let second = Timestamp.number(parts[0], digits: 2), second < 60 else { return nil }
            if parts.count == 2 {
                let padded = parts[1] + String(repeating: "0", count: max(0, 9 - parts[1].count))
                guard !parts[1].isEmpty, let fraction = Timestamp.number(padded[...], digits: 9) else { return nil }
                nanoseconds = fraction
            }
            seconds += hour * 3_600 + minute * 60 + second
        }
        self.init(seconds: Int64(seconds), nanoseconds: UInt32(nanoseconds))
    }

    private static func number(_ text: Substring, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(in month: Int, _ year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The days from 1970-01-01 to a day of the Gregorian calendar in the years 0 to 9999.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Leap days before the year, of which year 0 is one.
        let leaps = year == 0 ? 0 : (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1
        let months = (1..<month).reduce(0) { $0 + days(in: $1, year) }
        return year * 365 + leaps + months + day - 1 - 719_528
    }

    /// The moment as RFC 3339 has it, in UTC, with as many digits of the second as it takes.
    package var text: String {
        let day = Timestamp.floor(Int(seconds), 86_400)
        let (year, month, dayOfMonth) = Timestamp.date(day)
        let second = (Int(seconds) % 86_400 + 86_400) % 86_400
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number.magnitude)
            return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
        text += "T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        if nanoseconds > 0 {
            var digits = padded(Int(nanoseconds), 9)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += ".\(digits)"
        }
        return text + "Z"
    }

    private static func floor(_ number: Int, _ divisor: Int) -> Int {
        number / divisor - (number % divisor < 0 ? 1 : 0)
    }

    /// The date of a day that is so many after 1970-01-01.
    private static func date(_ day: Int) -> (year: Int, month: Int, day: Int) {
        // Every 400 years are 146,097 days.
        let cycle = floor(day, 146_097)
        var rest = day - cycle * 146_097
        var year = 1970 + cycle * 400
        while rest >= (isLeap(year) ? 366 : 365) {
            rest -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while rest >= days(in: month, year) {
            rest -= days(in: month, year)
            month += 1
        }
        return (year, month, rest + 1)
    }
}
