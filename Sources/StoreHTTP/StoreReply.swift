/// What a server replied, whole.
package struct StoreReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, which is given in lower case; nil without one.
    package subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header }?.value
    }

    /// Whether the status is one of success, 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}
