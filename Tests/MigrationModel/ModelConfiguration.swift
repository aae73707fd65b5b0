package import Migration

/// How large a model is: who takes part, and how often.
package struct ModelConfiguration: Sendable {
    /// How writes to the source are captured.
    package enum Capture: Hashable, Sendable {
        /// The mark is in the write's own atomic batch.
        case atomic
        /// The mark is made before the write and ended after it.
        case intent
    }

    package var clients: Int
    /// Puts and deletes of all clients together.
    package var operations: Int
    package var copiers: Int
    package var reconcilers: Int
    /// How often a worker forgets what it was about, or a client what it was writing. Whoever is not scheduled any more
    /// stands for all those that never come back.
    package var crashes: Int
    package var capture: Capture
    package var rules: MigrationRules

    /// A configuration; two of anything, or three clients, are the most.
    package init(
        clients: Int = 2,
        operations: Int = 2,
        copiers: Int = 1,
        reconcilers: Int = 2,
        crashes: Int = 0,
        capture: Capture = .atomic,
        rules: MigrationRules = .all
    ) {
        self.clients = clients
        self.operations = operations
        self.copiers = copiers
        self.reconcilers = reconcilers
        self.crashes = crashes
        self.capture = capture
        self.rules = rules
    }

    /// Those that are explored as a whole.
    ///
    /// A model of the protocol on paper, checked by two programs before this one was written, had 197,122, 901,602,
    /// 2,385,997, 2,897,402, 261,863, 1,162,651 and 2,889,601 states. This one differs: it has the step that weakens
    /// capabilities, giving up, the end of the barrier of mode 1 and of all workers as transitions of their own, and
    /// late writes of clients that are gone, which make it larger; it takes for one what differs in names of marks,
    /// clients, copiers or reconcilers alone, which makes it smaller.
    package static let table: [ModelConfiguration] = [
        ModelConfiguration(),
        ModelConfiguration(copiers: 2, crashes: 1),
        ModelConfiguration(operations: 3, copiers: 2),
        ModelConfiguration(operations: 3, crashes: 1),
        ModelConfiguration(clients: 3),
        ModelConfiguration(capture: .intent),
        ModelConfiguration(operations: 3, reconcilers: 1, crashes: 1, capture: .intent),
    ]
}

extension ModelConfiguration: CustomStringConvertible {
    package var description: String {
        var text = "\(clients) clients, \(operations) operations, \(copiers) copiers, \(reconcilers) reconcilers"
        if crashes > 0 { text += ", \(crashes) crash" }
        if capture == .intent { text += ", marks before writes" }
        return text
    }
}
