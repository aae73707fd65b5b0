import JSONFormat

/// What a value of the wire may be: it is checked by this, and described to others by the same.
indirect enum Shape: Sendable {
    /// A text of so many characters, of a form.
    case text(ClosedRange<Int>, TextForm? = nil)
    /// One of these texts.
    case choice([String])
    /// A number between two others.
    case number(ClosedRange<Double>)
    /// A whole number between two others.
    case integer(ClosedRange<Int64>)
    case bool
    case null
    /// So many values of a shape, all of them different where `isUnique`.
    case list(Shape, ClosedRange<Int>, isUnique: Bool = false)
    case object(ObjectShape)
    /// A value of one of these shapes.
    case either([Shape])

    /// Any number.
    static let anyNumber = Shape.number(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
    /// Any text of a length, of which nothing is asked.
    static func text(to maximum: Int) -> Shape { .text(0...maximum) }
}

/// What an object of the wire may have.
struct ObjectShape: Sendable {
    /// What becomes of members that are not named.
    enum Others: Sendable {
        case ignored
        case refused
        /// Those whose names are of a form have a shape; the rest is refused.
        case formed([(TextForm, Shape)])
    }

    var members: [String: Shape]
    var required: [String] = []
    var others = Others.refused
    /// How many members there may be.
    var count = 0...256
    /// Members that need each other.
    var together: [[String]] = []
    /// Members that exclude each other.
    var apart: [[String]] = []

    init(
        _ members: [String: Shape],
        required: [String] = [],
        others: Others = .refused,
        count: ClosedRange<Int> = 0...256
    ) {
        self.members = members
        self.required = required
        self.others = others
        self.count = count
    }
}

/// What was found wrong with parameters.
struct Findings: Sendable {
    /// How many are told of.
    static let countMax = 50

    private(set) var fields: [FilesError.Field] = []
    private(set) var isUnexpectedOnly = true

    mutating func add(_ path: [String], _ message: String, isUnexpected: Bool = false) {
        if !isUnexpected { isUnexpectedOnly = false }
        guard fields.count < Findings.countMax else { return }
        fields.append(FilesError.Field(path: path.joined(separator: "/"), message: message))
    }

    /// Throws if anything was found.
    func require() throws(FilesError) {
        guard !fields.isEmpty else { return }
        if isUnexpectedOnly {
            throw FilesError(
                .unexpectedParameters,
                "There are parameters that the action does not know: leave them out.",
                fields: fields
            )
        }
        throw FilesError(.invalidParameters, "Parameters are not as they have to be.", fields: fields)
    }
}
