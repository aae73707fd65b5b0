import Foundation
import Tuples

/// A line of `Fixtures/python-vectors.txt`.
struct Vector {
    let encoding: [UInt8]
    let tuple: Tuple

    static func all() throws -> [Vector] {
        let url = Bundle.module.url(forResource: "python-vectors", withExtension: "txt", subdirectory: "Fixtures")
        guard let url else { throw CocoaError(.fileNoSuchFile) }
        let text = try String(contentsOf: url, encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            var rest = words.dropFirst()
            let encoding = try bytes(words.first ?? "")
            return Vector(encoding: encoding, tuple: try Tuple(elements(&rest)))
        }
    }

    private static func elements(_ words: inout ArraySlice<Substring>) throws -> [TupleElement] {
        var elements: [TupleElement] = []
        while let word = words.popFirst(), word != ")" {
            let value = word.dropFirst()
            switch word.first {
            case "N": elements.append(.null)
            case "B": elements.append(.bytes(try bytes(value)))
            case "S": elements.append(.string(String(decoding: try bytes(value), as: UTF8.self)))
            case "I":
                let digits = value.dropFirst()
                let magnitude = try bytes((digits.count % 2 == 1 ? "0" : "") + digits)
                elements.append(try .integer(isNegative: value.first == "-", magnitude: magnitude))
            case "D": elements.append(.double(Double(bitPattern: UInt64(value, radix: 16) ?? 1)))
            case "F": elements.append(.float(Float(bitPattern: UInt32(value, radix: 16) ?? 1)))
            case "T": elements.append(.bool(true))
            case "f": elements.append(.bool(false))
            case "U": elements.append(.uuid(try TupleUUID(text: String(value))))
            case "(": elements.append(.tuple(Tuple(try self.elements(&words))))
            case nil: break
            default: throw CocoaError(.fileReadCorruptFile)
            }
        }
        return elements
    }

    private static func bytes(_ digits: Substring) throws -> [UInt8] {
        var rest = digits
        var bytes: [UInt8] = []
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { throw CocoaError(.fileReadCorruptFile) }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
