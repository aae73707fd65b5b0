/// Times as JavaScript writes them in Greenwich, such as `Wed May 18 2033 03:33:20 GMT+0000 (Coordinated Universal
/// Time)`.
enum DateText {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The last second that JavaScript has a date for: 100 million days after 1970 began.
    private static let secondsMax: Int64 = 8_640_000_000_000

    /// A time in seconds since 1970, not before.
    static func text(_ seconds: Int64) -> String {
        guard (0...secondsMax).contains(seconds) else { return "Invalid Date" }
        let days = seconds / 86_400
        let (year, month, day) = date(days)
        let rest = seconds % 86_400
        let time = [rest / 3_600, rest / 60 % 60, rest % 60].map { twoDigits($0) }.joined(separator: ":")
        let weekday = weekdays[Int(days % 7)]
        return
            "\(weekday) \(months[month]) \(twoDigits(day)) \(padded(year)) \(time) GMT+0000 (Coordinated Universal Time)"
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func padded(_ year: Int64) -> String { year > 9_999 ? "+\(year)" : "\(year)" }

    /// The year, the month from 0 and the day from 1 of a number of days since 1970, in the Gregorian calendar. Years
    /// are counted from March, so that the day that is left over at times is the last.
    private static func date(_ days: Int64) -> (year: Int64, month: Int, day: Int64) {
        let sinceMarchOfYear0 = days + 719_468
        let era = sinceMarchOfYear0 / 146_097
        let dayOfEra = sinceMarchOfYear0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = (monthFromMarch + 2) % 12
        return (era * 400 + yearOfEra + (month < 2 ? 1 : 0), Int(month), day)
    }
}
