/// Something that should have been XML and is not.
package struct MalformedXML: Error {}

/// One element of a reply in XML, with those within it. Attributes, comments and processing instructions are dropped.
package struct XMLElement: Hashable, Sendable {
    /// Without the prefix of a namespace.
    package let name: String
    /// What stands in it beside elements.
    package var text = ""
    package var children: [XMLElement] = []

    init(name: String) { self.name = name }

    /// The first element within of this name.
    package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The outermost element of a document; throws for anything that is none, also for one with a declaration of types.
    package init(_ document: [UInt8]) throws(MalformedXML) {
        var parser = XMLParser(document)
        self = try parser.document()
    }
}

/// Reads what replies are made of, and refuses what they never have.
private struct XMLParser {
    private let bytes: [UInt8]
    private var position = 0

    private static let depthMax = 16

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func has(_ text: StaticString) -> Bool {
        bytes[position...].starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The bytes up to a text, which is passed over too.
    private mutating func take(upTo end: StaticString) throws(MalformedXML) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count {
            if has(end) {
                defer { position += end.utf8CodeUnitCount }
                return bytes[start..<position]
            }
            position += 1
        }
        throw MalformedXML()
    }

    /// Passes over what may stand between elements; whether there was something.
    private mutating func skipAside() throws(MalformedXML) -> Bool {
        if has("<?") {
            _ = try take(upTo: "?>")
        } else if has("<!--") {
            _ = try take(upTo: "-->")
        } else {
            return false
        }
        return true
    }

    private mutating func skipMargin() throws(MalformedXML) {
        repeat {
            while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
        } while try skipAside()
    }

    mutating func document() throws(MalformedXML) -> XMLElement {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        try skipMargin()
        var open: [XMLElement] = []
        while true {
            guard position < bytes.count else { throw MalformedXML() }
            if bytes[position] != 0x3C {
                let text = try text()
                guard let last = open.indices.last else { throw MalformedXML() }
                open[last].text += text
                continue
            }
            if try skipAside() { continue }
            if has("<![CDATA[") {
                position += 9
                let text = String(decoding: try take(upTo: "]]>"), as: UTF8.self)
                guard let last = open.indices.last else { throw MalformedXML() }
                open[last].text += text
                continue
            }
            position += 1
            let tag = try take(upTo: ">")
            let done: XMLElement
            if tag.first == 0x2F {
                guard let element = open.popLast(), element.name == XMLParser.name(of: tag.dropFirst()) else {
                    throw MalformedXML()
                }
                done = element
            } else {
                guard let name = XMLParser.name(of: tag), open.count < XMLParser.depthMax else {
                    throw MalformedXML()
                }
                guard tag.last == 0x2F else {
                    open.append(XMLElement(name: name))
                    continue
                }
                done = XMLElement(name: name)
            }
            guard let last = open.indices.last else {
                try skipMargin()
                guard position == bytes.count else { throw MalformedXML() }
                return done
            }
            open[last].children.append(done)
        }
    }

    /// The name of a tag, without prefix and attributes; nil for what is no element.
    private static func name(of tag: ArraySlice<UInt8>) -> String? {
        let whole = tag.prefix { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 && $0 != 0x2F }
        guard let first = whole.first, first != 0x21, let name = String(validating: whole, as: UTF8.self) else {
            return nil
        }
        return name.split(separator: ":").last.map(String.init)
    }

    /// The text up to the next tag, with what is written as a reference resolved.
    private mutating func text() throws(MalformedXML) -> String {
        let end = bytes[position...].firstIndex(of: 0x3C) ?? bytes.count
        var rest = bytes[position..<end]
        position = end
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == 0x26 else {
                text.append(byte)
                continue
            }
            guard let semicolon = rest.prefix(12).firstIndex(of: 0x3B),
                let character = XMLParser.character(named: String(decoding: rest[..<semicolon], as: UTF8.self))
            else { throw MalformedXML() }
            text += String(character).utf8
            rest = rest[(semicolon + 1)...]
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func character(named name: String) -> Character? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let isHexadecimal = name.hasPrefix("#x")
            let digits = name.dropFirst(isHexadecimal ? 2 : 1)
            guard digits.first.map({ $0 != "+" && $0 != "-" }) ?? false else { return nil }
            return UInt32(digits, radix: isHexadecimal ? 16 : 10).flatMap(Unicode.Scalar.init).map(Character.init)
        }
    }
}
