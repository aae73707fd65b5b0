extension CID: Codable {
    /// A link where the format has links (see ``Node/decode(as:)``), elsewhere the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// A link where the format has links (see ``Node/init(encoding:)``), elsewhere the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
