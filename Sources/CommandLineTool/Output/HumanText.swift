import KeyValue

/// How bytes and numbers are shown to people.
enum HumanText {
    /// UTF-8 without control characters as it is; anything else with printable ASCII as it is, a backslash doubled, and
    /// other bytes as `\xNN`. Never anything that a terminal would act on.
    static func text(_ bytes: some Collection<UInt8>, allowsLines: Bool = false) -> String {
        guard let text = String(validating: bytes, as: UTF8.self),
            text.unicodeScalars.allSatisfy({ isHarmless($0) || (allowsLines && ($0 == "\n" || $0 == "\t")) })
        else { return Key.escaped(bytes) }
        return text
    }

    static func key(_ key: Key) -> String {
        let space = key.space == .records ? "" : "\(key.space.name):"
        return space + text(key.partition) + "/" + text(key.bytes)
    }

    /// 1234567 as 1,234,567.
    static func number(_ number: Int) -> String {
        var digits = Array(String(number.magnitude).reversed())
        for index in stride(from: digits.count / 3 * 3, to: 0, by: -3) where index < digits.count {
            digits.insert(",", at: index)
        }
        return (number < 0 ? "-" : "") + String(digits.reversed())
    }

    /// A number with so many decimal places, rounded.
    static func decimal(_ number: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let whole = Int((number.magnitude * Double(scale)).rounded())
        let fraction = String(whole % scale)
        let sign = number < 0 && whole > 0 ? "-" : ""
        return sign + HumanText.number(whole / scale) + "."
            + String(repeating: "0", count: digits - fraction.utf8.count)
            + fraction
    }

    /// A number of things: "1 record", "2,000 records".
    static func count(_ number: Int, _ noun: String) -> String {
        "\(HumanText.number(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Whole seconds as "42 s", "3 min 5 s" or "2 h 10 min".
    static func duration(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
        default: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        }
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
