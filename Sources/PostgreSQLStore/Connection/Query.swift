#if PostgreSQL
/// One statement with its parameters.
struct Query: Sendable {
    /// The text, with `$1` and so on.
    let text: String
    /// Under which name connections keep it prepared; nil for a text that runs once.
    let name: String?
    let parameters: Parameters

    init(_ text: String, name: String? = nil, _ fill: (inout Parameters) -> Void = { _ in }) {
        self.text = text
        self.name = name
        var parameters = Parameters()
        fill(&parameters)
        self.parameters = parameters
    }
}
#endif
