public import IPLD

/// What a capability is: its name, its bounds, and when one is contained in another.
///
/// ```swift
/// struct AddToStore: CapabilityDefinition {
///     static let ability = "store/add"
///     struct Bounds: Codable, Sendable {
///         var link: CID
///         var size: Int
///     }
///     static func check(_ claimed: Claim<Self>, isWithin delegated: Claim<Self>) throws(Failure) {
///         try Derivation.same(claimed.capability, delegated.capability, except: ["size"])
///         guard claimed.bounds.size <= delegated.bounds.size else { throw Derivation.exceeds("size") }
///     }
/// }
/// ```
public protocol CapabilityDefinition: Sendable {
    /// What `nb` holds. What is optional may be left out by who invokes; everything may by who delegates: what a
    /// delegation does not bound is taken from what is claimed.
    associatedtype Bounds: Decodable & Sendable

    /// The name, such as `store/add`.
    static var ability: String { get }

    /// Throws when a resource is none that such a capability is about. Without a definition's own, each is.
    static func check(_ resource: Resource) throws(Failure)

    /// Throws when what is claimed is not contained in what was delegated. The delegated claim has the same ability;
    /// where its resource is `ucan:*`, it has the claimed one. Without a definition's own, ``Derivation/same(_:_:except:)``.
    static func check(_ claimed: Claim<Self>, isWithin delegated: Claim<Self>) throws(Failure)

    /// Other capabilities that contain this one. Without a definition's own, none: only the same ability, its path with
    /// a `*` and `*` do.
    static var origins: [CapabilityOrigin<Self>] { get }
}

extension CapabilityDefinition {
    /// Allows every resource.
    public static func check(_ resource: Resource) throws(Failure) {}

    /// Allows what has the same resource and the same bounds.
    public static func check(_ claimed: Claim<Self>, isWithin delegated: Claim<Self>) throws(Failure) {
        try Derivation.same(claimed.capability, delegated.capability)
    }

    /// None.
    public static var origins: [CapabilityOrigin<Self>] { [] }
}

/// Bounds of a capability that has none of its own.
public struct NoBounds: Codable, Hashable, Sendable {
    /// No bounds.
    public init() {}
}

/// A capability that was read by its definition.
public struct Claim<Definition: CapabilityDefinition>: Sendable {
    /// The capability. Of a delegated one the bounds that it leaves open are the claimed ones.
    public let capability: Capability
    /// Its bounds.
    public let bounds: Definition.Bounds

    /// What it is about.
    public var with: Resource { capability.with }

    init(_ capability: Capability) throws(Failure) {
        self.capability = capability
        try Definition.check(capability.with)
        do {
            bounds = try Node.map(capability.nb ?? [:]).decode()
        } catch {
            throw Failure(.malformedCapability, Claim.text(error))
        }
    }

    private static func text(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "The bounds are not what they should be" }
        let context: DecodingError.Context
        switch error {
        case .keyNotFound(let key, let keyContext):
            return "Object contains invalid field \"\(path(keyContext.codingPath + [key]))\": it is missing"
        case .typeMismatch(_, let mismatch), .valueNotFound(_, let mismatch), .dataCorrupted(let mismatch):
            context = mismatch
        @unknown default: return "The bounds are not what they should be"
        }
        return "Object contains invalid field \"\(path(context.codingPath))\": \(context.debugDescription)"
    }

    private static func path(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
}

/// A capability that contains another of a different name.
public struct CapabilityOrigin<Target: CapabilityDefinition>: Sendable {
    let rule: @Sendable () throws(UCANError) -> Rule
    let check: @Sendable (Capability, Capability) throws(Failure) -> Void

    /// The capability of a definition, and when it contains what is claimed.
    public init<Source: CapabilityDefinition>(
        _ source: Source.Type,
        check: @escaping @Sendable (_ claimed: Claim<Target>, _ delegated: Claim<Source>) throws(Failure) -> Void
    ) {
        rule = { () throws(UCANError) in try Rule(Source.self) }
        self.check = { (claimed, delegated) throws(Failure) in
            try check(Claim<Target>(claimed), Claim<Source>(delegated))
        }
    }
}

/// What rules of derivation are made of.
public enum Derivation {
    /// Throws unless the resource is the delegated one, or begins with it where that ends in `*`, and every bound that
    /// was delegated is the same in what is claimed.
    public static func same(
        _ claimed: Capability,
        _ delegated: Capability,
        except names: Set<Text> = []
    ) throws(Failure) {
        try sameResource(claimed, delegated)
        for bound in delegated.nb ?? [:] where !names.contains(bound.key) {
            guard let value = claimed.nb?[bound.key], value == bound.value else {
                let found = (claimed.nb?[bound.key]).map { jsonText($0) } ?? "undefined"
                throw Failure(.escalatedCapability, "\(bound.key): \(found) violates \(jsonText(bound.value))")
            }
        }
    }

    /// Throws unless the resource is the delegated one, or begins with it where that ends in `*`.
    public static func sameResource(_ claimed: Capability, _ delegated: Capability) throws(Failure) {
        let (with, pattern) = (claimed.with.text, delegated.with.text)
        if pattern.hasSuffix("*") {
            guard with.utf8.starts(with: pattern.utf8.dropLast()) else {
                throw Failure(.escalatedCapability, "Resource \(with) does not match delegated \(pattern)")
            }
        } else if pattern != with {
            throw Failure(.escalatedCapability, "Resource \(with) is not contained by \(pattern)")
        }
    }

    /// What to throw where a bound is exceeded.
    public static func exceeds(_ name: String) -> Failure {
        Failure(.escalatedCapability, "\(name) exceeds what was delegated")
    }
}
