import ArgumentParser
import KeyValue

struct StatCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Show what a store is and what it guarantees.",
        discussion: """
            JSON: system, format, durability, batchScope, consistency, order, the numbers of limits, the texts of facts, \
            which are the store's own, and the list of warnings.

            Example: wherehouse stat sqlite:metadata.db
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        try await context.withStore(store) { store in
            let status = try await store.status()
            if options.json {
                try await context.output.line(json(store, status))
            } else {
                try await show(store, status, context.output)
            }
        }
    }

    private func promises(_ store: any KeyValueStore) -> [(name: String, field: String, value: String)] {
        let capabilities = store.capabilities
        return [
            ("a batch reaches", "batchScope", "\(capabilities.batchScope)"),
            ("consistency", "consistency", "\(capabilities.consistency)"),
            ("keys are ordered by", "order", "\(capabilities.order)"),
        ]
    }

    private func limits(_ store: any KeyValueStore) -> [(name: String, field: String, value: Int)] {
        let limits = store.capabilities.limits
        return [
            ("partition, bytes at most", "partitionBytesMax", limits.partitionBytesMax),
            ("key, bytes at most", "keyBytesMax", limits.keyBytesMax),
            ("value, bytes at most", "valueBytesMax", limits.valueBytesMax),
            ("batch, operations at most", "batchOperationsMax", limits.batchOperationsMax),
            ("batch, bytes at most", "batchBytesMax", limits.batchBytesMax),
        ]
    }

    private func json(_ store: any KeyValueStore, _ status: StoreStatus) -> JSONObject {
        var object = JSONObject()
        object.add("system", store.system)
        object.add("format", status.format)
        object.add("durability", status.durability.rawValue)
        for (_, field, value) in promises(store) { object.add(field, value) }
        var limits = JSONObject()
        for (_, field, value) in self.limits(store) { limits.add(field, value) }
        object.add("limits", limits)
        var facts = JSONObject()
        for fact in status.facts { facts.add(fact.name, fact.value) }
        object.add("facts", facts)
        object.add("warnings", status.warnings)
        return object
    }

    private func show(_ store: any KeyValueStore, _ status: StoreStatus, _ output: Output) async throws {
        let lines =
            [
                ("kind", store.system), ("format", "\(status.format)"),
                ("a write survives", status.durability.rawValue),
            ] + promises(store).map { ($0.name, $0.value) }
            + limits(store).map { ($0.name, HumanText.number($0.value)) }
            + status.facts.map { ($0.name, $0.value) }
        let width = lines.map(\.0.count).max() ?? 0
        for (name, value) in lines {
            let padding = String(repeating: " ", count: width - name.count)
            try await output.line("\(name)\(padding)  \(HumanText.text(value.utf8))")
        }
        for warning in status.warnings { try await output.line("warning: \(HumanText.text(warning.utf8))") }
    }
}
