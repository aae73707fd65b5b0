/// A key of a place in a list, or of a class's superclass.
struct NodeKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) { self.init(index: intValue) }

    init(index: Int) {
        stringValue = "\(index)"
        intValue = index
    }

    static let root = NodeKey(stringValue: "")
    static let `super` = NodeKey(stringValue: "super")
}

/// Kept, since each mention of a generic type looks it up anew.
let bytesType: Any.Type = [UInt8].self
