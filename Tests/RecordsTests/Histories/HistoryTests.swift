import KeyValue
import Testing

/// The same histories on every store.
@Suite struct HistoryTests {
    @Test(arguments: Subject.memory) func inMemory(_ subject: Subject) async throws {
        for seed in 1...4 {
            try await subject.run { store in
                var history = try await History(store, seed: UInt64(seed))
                try await history.run(200)
            }
        }
    }

    @Test(arguments: Subject.servers) func elsewhere(_ subject: Subject) async throws {
        try await subject.run { store in
            var history = try await History(store, seed: 5)
            try await history.run(200)
        }
    }
}
