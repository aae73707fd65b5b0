import KeyValue

let store = MemoryStore()
let key = Key("harbour", "2026/pier.jpg")
try await store.put(Array(#"{"size":48213}"#.utf8), at: key, if: .absent)

if let entry = try await store.get(key) {
    print(String(decoding: entry.value, as: UTF8.self))
    // Only if nobody has written since we read; otherwise this throws and says what is there now.
    try await store.put(Array(#"{"size":48214}"#.utf8), at: key, if: .revision(entry.revision))
}
print(try await store.count(.partition(key.partition)).value)
