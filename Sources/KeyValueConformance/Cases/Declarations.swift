import KeyValue

extension ConformanceCase {
    /// What a store says of itself.
    static let declarations: [ConformanceCase] = [
        ConformanceCase("declarations/names-its-kind") { context in
            let system = context.store.system
            try expect(!system.isEmpty && system == system.lowercased(), "a kind of store in lower case: \(system)")
        },
        ConformanceCase("declarations/status-agrees") { context in
            let status = try await context.store.status()
            try expectEqual(status.durability, context.capabilities.durability, "the durability that is in force")
            try expect(status.format > 0, "the version of the layout is at least 1")
        },
        ConformanceCase("declarations/limits-are-positive") { context in
            let limits = context.capabilities.limits
            let least = [
                limits.partitionBytesMax, limits.keyBytesMax, limits.valueBytesMax, limits.batchOperationsMax,
                limits.batchBytesMax, limits.getKeysMax, limits.pageKeysMax,
            ].min()
            try expect((least ?? 0) > 0, "limits that let something through: \(limits)")
        },
        ConformanceCase("declarations/stay-the-same") { context in
            let before = context.capabilities
            try await context.fill([context.key("a")])
            let other = try await context.another()
            try expectEqual(context.capabilities, before, "the capabilities of a store after writing")
            try expectEqual(other.capabilities, before, "the capabilities of another store of the kind")
        },
        ConformanceCase("declarations/agree-with-each-other") { context in
            let capabilities = context.capabilities
            if capabilities.snapshotReads {
                try expect(capabilities.consistency != .eventual, "reads of one moment don't lag key by key")
            }
            if capabilities.conditionalWrite {
                try expect(capabilities.consistency >= .exclusiveWrites, "conditional writes exclude each other")
            }
        },
    ]
}
