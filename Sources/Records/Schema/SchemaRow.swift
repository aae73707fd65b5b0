import FoundationEssentials
import KeyValue
import Tuples

/// How a schema's description lies in the store. Format 1: a byte 1, and the description as JSON with sorted names.
struct SchemaRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    var description: SchemaDescription

    init(_ description: SchemaDescription) { self.description = description }

    func encoded() throws(RecordError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return [SchemaRow.format] + (try encoder.encode(description))
        } catch {
            throw RecordError(.invalidDeclaration, "The schema can't be written down.", ["cause": "\(error)"])
        }
    }

    /// Total on any bytes.
    init(_ bytes: [UInt8]) throws(RecordError) {
        guard let format = bytes.first, format == SchemaRow.format else {
            guard bytes.isEmpty || bytes[0] == 0 else {
                throw RecordError(.newerVersion, "The schema on the store is of a newer format: use a newer release.")
            }
            throw .damaged("The schema on the store can't be read.")
        }
        do {
            description = try JSONDecoder().decode(SchemaDescription.self, from: Data(bytes.dropFirst()))
        } catch {
            throw .damaged("The schema on the store can't be read.", ["cause": "\(type(of: error))"])
        }
    }
}

extension RecordLayout {
    /// Where the schema lies: in a partition that no group's name and no index's can collide with.
    func schemaKey() throws(RecordError) -> Key {
        let partition = try RecordLayout.encode([.string(namespace), 2])
        return Key(partition: partition, bytes: try RecordLayout.encode([6]), space: .reservedData)
    }
}
