#if S3
import KeyValue

extension BucketClient {
    /// Tries out on an object of its own what the server does under conditions. Servers that ignore a condition, refuse
    /// all, or do not know them are found out; none is believed by its name.
    ///
    /// A user who may not write has no use for either.
    func powers(_ layout: BucketLayout) async throws(StoreError) -> ServerPowers {
        let name = layout.probeName(environment.random())
        var powers = ServerPowers(conditionalWrite: false, conditionalDelete: false)
        do throws(StoreError) {
            powers.conditionalWrite = try await heedsConditionsOfWrites(name)
            if powers.conditionalWrite { powers.conditionalDelete = try await heedsConditionsOfDeletes(name) }
        } catch {
            guard error.code == .permissionDenied else { throw error }
            return powers
        }
        _ = try await delete(name, if: .none)
        return powers
    }

    /// What a request comes to; false as well where the server does not know conditions.
    private func attempt(_ body: () async throws(StoreError) -> Bool) async throws(StoreError) -> Bool? {
        do throws(StoreError) { return try await body() } catch {
            // Some say so without a word of their own.
            let isUnknown = error.code == .unsupported || error.code == .invalidArgument
            guard isUnknown || error.metadata["status"] == "501" else { throw error }
            return nil
        }
    }

    private func heedsConditionsOfWrites(_ name: [UInt8]) async throws(StoreError) -> Bool {
        guard let first = try await put(name, [1], if: .none) else { return false }
        let attempts: [(condition: Condition, isDone: Bool)] = [
            (.isNotThere, false), (.hasTag("00000000000000000000000000000000"), false), (.hasTag(first), true),
            // The content is another now.
            (.hasTag(first), false),
        ]
        for (number, expected) in attempts.enumerated() {
            let done = try await attempt { () async throws(StoreError) in
                try await put(name, [2, UInt8(number)], if: expected.condition) != nil
            }
            guard done == expected.isDone else { return false }
        }
        guard try await delete(name, if: .none) else { return false }
        let isMade = try await attempt { () async throws(StoreError) in
            try await put(name, [3], if: .isNotThere) != nil
        }
        return isMade == true
    }

    private func heedsConditionsOfDeletes(_ name: [UInt8]) async throws(StoreError) -> Bool {
        guard let tag = try await put(name, [4], if: .none) else { return false }
        let isDeleted = try await attempt { () async throws(StoreError) in
            try await delete(name, if: .hasTag("00000000000000000000000000000000"))
        }
        guard isDeleted == false, try await get(name) != nil else { return false }
        return try await attempt { () async throws(StoreError) in try await delete(name, if: .hasTag(tag)) } == true
    }
}
#endif
