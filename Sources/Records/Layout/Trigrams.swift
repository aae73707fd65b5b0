/// The runs of three characters of a text, by which parts of it are found.
enum Trigrams {
    /// Every different run of three Unicode scalars of the text in lower case; none of a text of fewer.
    static func of(_ text: String) -> Set<String> {
        let scalars = Array(text.lowercased().unicodeScalars)
        guard scalars.count >= 3 else { return [] }
        return Set(
            (0...scalars.count - 3).map { start in
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[start..<start + 3])
                return String(view)
            }
        )
    }
}
