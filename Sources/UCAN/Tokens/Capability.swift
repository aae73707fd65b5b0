public import IPLD

/// What a token allows: to do something with a resource, within bounds.
public struct Capability: Hashable, Sendable {
    /// What may be done.
    public var can: Ability
    /// With what.
    public var with: Resource
    /// The bounds, by name; nil where none are written.
    public var nb: NodeMap?

    /// A capability from its parts. Bounds without any are left out.
    public init(_ can: Ability, with resource: Resource, nb: NodeMap = [:]) {
        self.can = can
        self.with = resource
        self.nb = nb.isEmpty ? nil : nb
    }

    /// A capability from its parts as text.
    public init(_ can: String, with resource: String, nb: NodeMap = [:]) throws(UCANError) {
        self.init(try Ability(can), with: try Resource(resource), nb: nb)
    }

    init(_ node: Node) throws(UCANError) {
        guard case .map(let map) = node, case .string(let can)? = map["can"], case .string(let with)? = map["with"],
            let canText = can.string, let withText = with.string
        else {
            throw UCANError(.malformed, "A capability is not a map with 'can' and 'with'.")
        }
        self.init(try Ability(canText), with: try Resource(withText))
        switch map["nb"] {
        case nil: break
        case .map(let bounds)?: nb = bounds
        case .some: throw UCANError(.malformed, "The bounds of a capability, 'nb', are not a map.")
        }
        guard map.count == (nb == nil ? 2 : 3) else {
            throw UCANError(.unsupported, "A capability has more than 'can', 'with' and 'nb'.")
        }
    }

    var node: Node {
        var map: NodeMap = ["can": .string(Text(can.text)), "with": .string(Text(with.text))]
        if let nb { map["nb"] = .map(nb) }
        return .map(map)
    }
}

extension Capability: CustomStringConvertible {
    /// As JSON, the parts in the order in which they are thought of.
    public var description: String {
        let head = "\"can\":\"\(jsonEscaped(can.text))\",\"with\":\"\(jsonEscaped(with.text))\""
        guard let nb, !nb.isEmpty else { return "{\(head)}" }
        return "{\(head),\"nb\":\(jsonText(.map(nb)))}"
    }
}

/// ASCII text as JSON has it between quotation marks.
func jsonEscaped(_ text: String) -> String {
    text.contains { $0 == "\"" || $0 == "\\" }
        ? String(text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }) : text
}

/// A value for a reader of messages.
func jsonText(_ node: Node) -> String {
    do throws(IPLDError) {
        return String(decoding: try DAGJSON.encode(node), as: UTF8.self)
    } catch {
        return "?"
    }
}
