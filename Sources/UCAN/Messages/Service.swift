import IPLD

/// Runs the invocations of a message, and answers with a message of receipts. How messages come and go is for others.
public struct Service<Identity: Signer>: Sendable {
    /// Who signs the receipts, and to whom invocations have to be addressed.
    public let identity: Identity
    /// Tells whether an invocation is allowed.
    public let validator: Validator
    /// Other names to which invocations may be addressed.
    public let otherAudiences: Set<DID>
    private var handlers: [Ability: Handler] = [:]

    private typealias Handler = @Sendable (Delegation, Validator) async throws -> Answer

    /// What a handler answers: a value, and what is to be done next.
    public struct Answer: Sendable {
        let out: Outcome
        let effects: Effects

        /// An invocation that was done, or not.
        public init(_ out: Outcome, effects: Effects = Effects()) {
            self.out = out
            self.effects = effects
        }
    }

    /// A service that handles nothing yet.
    public init(_ identity: Identity, validator: Validator, otherAudiences: Set<DID> = []) {
        self.identity = identity
        self.validator = validator
        self.otherAudiences = otherAudiences
    }

    /// Makes the service handle a capability. What the handler throws becomes the receipt's error: a ``Failure`` as it
    /// is, anything else without its text, which might hold secrets.
    public mutating func handle<Definition: CapabilityDefinition>(
        _ type: Definition.Type,
        _ body: @escaping @Sendable (Authorization<Definition>, Delegation) async throws -> Answer
    ) throws(UCANError) {
        handlers[try Ability(Definition.ability)] = { invocation, validator in
            try await body(try await validator.authorize(invocation, as: Definition.self), invocation)
        }
    }

    /// Runs the invocations of a message one after the other, each once, and answers with their receipts. Throws when a
    /// named invocation is not there or no token; what is wrong with one that is, its receipt tells.
    public func respond(to message: Message) async throws(UCANError) -> Message {
        var receipts: [Receipt] = []
        var invocations: [Delegation] = []
        var seen: Set<CID> = []
        for link in message.execute where seen.insert(link).inserted {
            invocations.append(try message.invocation(link, limits: validator.limits))
        }
        for invocation in invocations {
            let answer = await run(invocation)
            receipts.append(try receipt(of: invocation, answer))
        }
        return try Message(receipts: receipts, context: invocations)
    }

    /// The receipt of an answer; of one that no receipt can hold, such as a number that is not finite, that it failed.
    private func receipt(of invocation: Delegation, _ answer: Answer) throws(UCANError) -> Receipt {
        do throws(UCANError) {
            return try Receipt(of: invocation.cid, answer.out, effects: answer.effects, by: identity)
        } catch {
            guard error.code == .notRepresentable, let capability = invocation.payload.capabilities.first else {
                throw error
            }
            let failure = Failure.handlerExecution(capability, cause: Failure("Error", error.message))
            return try Receipt(of: invocation.cid, .failure(failure), by: identity)
        }
    }

    private func run(_ invocation: Delegation) async -> Answer {
        guard invocation.payload.capabilities.count == 1, let capability = invocation.payload.capabilities.first else {
            return Answer(.failure(.invocationCapability))
        }
        guard let handler = handlers[capability.can] else { return Answer(.failure(.handlerNotFound(capability))) }
        let audience = invocation.payload.audience
        guard audience == identity.did || otherAudiences.contains(audience) else {
            return Answer(
                .failure(Failure(.invalidAudience, "Expected literal \"\(identity.did)\" instead got \"\(audience)\""))
            )
        }
        do {
            return try await handler(invocation, validator)
        } catch let failure as Failure {
            return Answer(.failure(failure))
        } catch {
            let cause = Failure("Error", "the handler failed")
            return Answer(.failure(.handlerExecution(capability, cause: cause)))
        }
    }
}
