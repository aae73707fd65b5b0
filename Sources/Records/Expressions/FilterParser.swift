public import Tuples

extension RecordType {
    /// The filter that a text describes, such as `section = "net" and (size > 1000 or not exists homepage)`.
    /// <doc:QueryingRecords> has the language.
    ///
    /// - Parameter text: At most 16,384 bytes.
    /// - Throws: ``RecordError/Code/unreadableFilter`` with the position and what was expected there,
    ///   ``RecordError/Code/unknownField``, ``RecordError/Code/wrongKind`` with the field and its kind, and
    ///   ``RecordError/Code/tooLarge``.
    public func filter(_ text: String) throws(RecordError) -> Filter {
        guard text.utf8.count <= FilterParser.bytesMax else {
            throw RecordError(
                .tooLarge,
                "The text of a filter is too long: make it smaller.",
                ["bytes": "\(text.utf8.count)", "bytesMax": "\(FilterParser.bytesMax)"]
            )
        }
        var parser = try FilterParser(text, shape)
        let filter = try parser.whole()
        try filter.validate(for: shape)
        return filter
    }
}

extension RecordType {
    /// The partition that texts name: a value for each field of the partition key, or the number of the shard. Texts and
    /// moments stand without quotation marks.
    ///
    /// - Throws: ``RecordError/Code/wrongKind`` with the field.
    public func partition(_ texts: [String]) throws(RecordError) -> Tuple {
        let names: [String]
        let kinds: [FieldKind]
        switch shape.partitionKey.kind {
        case .shards: (names, kinds) = (["shard"], [.integer])
        case .fields(let fields): (names, kinds) = (fields, fields.map { shape.fields[$0]?.kind ?? .string })
        }
        guard texts.count == names.count else {
            throw RecordError(
                .invalidDeclaration,
                "A partition is named by a value for each field of the partition key.",
                ["type": name, "fields": names.joined(separator: ",")]
            )
        }
        var elements: [TupleElement] = []
        for (text, (name, kind)) in zip(texts, zip(names, kinds)) {
            guard let element = FilterValue.element(text, of: kind) else {
                throw RecordError(
                    .wrongKind,
                    "A value of the partition key is not of the kind of its field.",
                    [
                        "type": self.name, "field": name, "kind": kind.rawValue,
                        "expected": FilterValue.expected(of: kind),
                    ]
                )
            }
            elements.append(element)
        }
        return Tuple(elements)
    }
}

/// Reads a filter's text by recursive descent, no deeper than a filter may be nested.
struct FilterParser {
    static let bytesMax = 16_384

    private let shape: RecordShape
    private var tokenizer: FilterTokenizer
    private var token: FilterToken
    private var depth = 0

    init(_ text: String, _ shape: RecordShape) throws(RecordError) {
        self.shape = shape
        tokenizer = FilterTokenizer(text)
        token = try tokenizer.next()
    }

    mutating func whole() throws(RecordError) -> Filter {
        if token.kind == .end { return .everything }
        let filter = try alternatives()
        guard token.kind == .end else { throw unreadable("and, or, or the end") }
        return filter
    }

    private mutating func alternatives() throws(RecordError) -> Filter {
        var parts = [try conjunction()]
        while try take("or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(RecordError) -> Filter {
        var parts = [try factor()]
        while try take("and") { parts.append(try factor()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func factor() throws(RecordError) -> Filter {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Filter.depthMax else {
            throw RecordError(
                .tooLarge,
                "The filter is nested too deeply or has too many parts: make it smaller.",
                ["depthMax": "\(Filter.depthMax)", "partsMax": "\(Filter.nodesMax)"]
            )
        }
        if token.kind == .open {
            try advance()
            let filter = try alternatives()
            try require(.close, ")")
            return filter
        }
        if try take("not") { return .not(try factor()) }
        if try take("exists") { return .exists(try field().name) }
        if try take("any") { return try comparison(of: try field()) { .any($0, $1, $2) } }
        if try take("all") { return try comparison(of: try field()) { .all($0, $1, $2) } }
        return try condition()
    }

    /// A field and what its one value has to be.
    private mutating func condition() throws(RecordError) -> Filter {
        let field = try field()
        if try take("begins") { return .hasPrefix(field.name, try text()) }
        if try take("contains") { return .contains(field.name, try text()) }
        if try take("in") {
            try require(.open, "(")
            var values = [try value(of: field)]
            while token.kind == .comma {
                try advance()
                values.append(try value(of: field))
            }
            try require(.close, ", or )")
            return .isIn(field.name, values)
        }
        return try comparison(of: field) { .compare($0, $1, $2) }
    }

    private mutating func comparison(
        of field: FieldDeclaration,
        _ make: (String, Filter.Comparison, TupleElement) -> Filter
    ) throws(RecordError) -> Filter {
        guard case .comparison(let comparison) = token.kind else {
            throw unreadable("=, !=, <, <=, >, >=, in, begins or contains")
        }
        try advance()
        return make(field.name, comparison, try value(of: field))
    }

    // MARK: - Parts

    private mutating func field() throws(RecordError) -> FieldDeclaration {
        guard case .word(let name) = token.kind else { throw unreadable("a field, not, exists, any, all or (") }
        guard let field = shape.fields[name] else {
            throw RecordError(
                .unknownField,
                "No field of this name is declared.",
                ["type": shape.name, "field": name, "position": "\(token.position + 1)"]
            )
        }
        try advance()
        return field
    }

    private mutating func value(of field: FieldDeclaration) throws(RecordError) -> TupleElement {
        guard let value = FilterValue.element(token.kind, of: field.kind) else {
            throw RecordError(
                .wrongKind,
                "A value of the filter is not of the kind of its field.",
                [
                    "type": shape.name, "field": field.name, "kind": field.kind.rawValue,
                    "position": "\(token.position + 1)", "expected": FilterValue.expected(of: field.kind),
                ]
            )
        }
        try advance()
        return value
    }

    private mutating func text() throws(RecordError) -> String {
        guard case .text(let text) = token.kind else { throw unreadable("a text in quotation marks") }
        try advance()
        return text
    }

    /// Whether a word of the language is next, which is then passed.
    private mutating func take(_ word: String) throws(RecordError) -> Bool {
        guard token.kind == .word(word) else { return false }
        try advance()
        return true
    }

    private mutating func require(_ kind: FilterToken.Kind, _ expected: String) throws(RecordError) {
        guard token.kind == kind else { throw unreadable(expected) }
        try advance()
    }

    private mutating func advance() throws(RecordError) { token = try tokenizer.next() }

    private func unreadable(_ expected: String) -> RecordError {
        .unreadable(at: token.position, expected: expected)
    }
}
