public import IPLD

/// Why something was not allowed or not done, as a receipt tells it: by a name and a sentence.
///
/// Names and sentences are those of the reference implementation, [ucanto](https://github.com/storacha/ucanto), without
/// the stack traces that it adds. Programs should look at the names alone.
public struct Failure: Error, Hashable, Sendable {
    /// What kind of thing went wrong.
    public let name: Name
    /// What went wrong, in words; lists are indented, over several lines.
    public let message: String
    /// What a receipt tells beside name and message.
    public let fields: NodeMap

    /// The names of failures. Services may have more of their own.
    public struct Name: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral value: String) { rawValue = value }

        /// No chain of valid proofs leads to what is claimed.
        public static let unauthorized: Name = "Unauthorized"
        /// One capability is not proven.
        public static let invalidClaim: Name = "InvalidClaim"
        /// One proof does not help.
        public static let proofError: Name = "ProofError"
        /// What is claimed exceeds what was delegated.
        public static let escalatedCapability: Name = "EscalatedCapability"
        /// An attestation does not hold.
        public static let sessionEscalation: Name = "SessionEscalation"
        /// A capability is not what its definition says.
        public static let malformedCapability: Name = "MalformedCapability"
        /// A signature is not the issuer's.
        public static let invalidSignature: Name = "InvalidSignature"
        /// A proof is not at hand.
        public static let unavailableProof: Name = "UnavailableProof"
        /// Nobody knows the keys of a principal.
        public static let unresolvedKey: Name = "DIDKeyResolutionError"
        /// A token is for somebody else.
        public static let invalidAudience: Name = "InvalidAudience"
        /// A token does not hold any more.
        public static let expired: Name = "Expired"
        /// A token does not hold yet.
        public static let notValidBefore: Name = "NotValidBefore"
        /// A token was revoked.
        public static let revoked: Name = "Revoked"
        /// An invocation has not one capability.
        public static let invocationCapability: Name = "InvocationCapabilityError"
        /// Nothing handles such a capability.
        public static let handlerNotFound: Name = "HandlerNotFound"
        /// What handles the capability failed.
        public static let handlerExecution: Name = "HandlerExecutionError"
        /// The limits of the validator do not allow to look further.
        public static let limitExceeded: Name = "LimitExceeded"
    }

    /// A failure from its parts.
    public init(_ name: Name, _ message: String, fields: NodeMap = [:]) {
        self.name = name
        self.message = message
        self.fields = fields
    }

    /// What a receipt holds: `name`, `message` and the fields.
    public var node: Node {
        var map = fields
        map["name"] = .string(Text(name.rawValue))
        map["message"] = .string(Text(message))
        return .map(map)
    }
}

extension Failure: CustomStringConvertible {
    public var description: String { message }
}
