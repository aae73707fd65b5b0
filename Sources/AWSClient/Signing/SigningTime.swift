/// The moment of a signature, in the two forms in which requests name it.
package struct SigningTime: Hashable, Sendable {
    /// Seconds since 1970.
    package let seconds: Int64
    /// "20130524T000000Z".
    package let text: String

    /// "20130524".
    package var day: Substring { text.prefix(8) }

    /// A moment of the years 1970 to 9999; what lies outside is cut to them.
    package init(secondsSince1970 seconds: Int64) {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        self.seconds = seconds
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        // The civil date of a number of days, counted in eras of 400 years that begin in March.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var text = ""
        SigningTime.append(year, digits: 4, to: &text)
        SigningTime.append(month, digits: 2, to: &text)
        SigningTime.append(day, digits: 2, to: &text)
        text += "T"
        SigningTime.append(rest / 3_600, digits: 2, to: &text)
        SigningTime.append(rest / 60 % 60, digits: 2, to: &text)
        SigningTime.append(rest % 60, digits: 2, to: &text)
        self.text = text + "Z"
    }

    private static func append(_ number: Int64, digits: Int, to text: inout String) {
        let written = "\(number)"
        for _ in written.utf8.count..<max(digits, written.utf8.count) { text += "0" }
        text += written
    }
}
