#if SQLite
import Glibc
import KeyValue
import KeyValueConformance
import SQLiteStore

// Holds a store in a process of its own, for tests that end it.
//
//     StoreWriter <path> hold            says "open", then waits for the end of its input
//     StoreWriter <path> write [normal]  says "open", then every key whose write was acknowledged, until it is killed
//     StoreWriter <path> crash [normal]  the same with the batches of the conformance suite
//     StoreWriter <path> unprivileged    opens as nobody
//
// When the store can't be opened it says "error" with the code, and for a lock the holder's process.

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // One call a line: what was said is said, however the process ends.
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(2) }
}

func crash(_ store: SQLiteStore) async {
    do {
        try await CrashWorkload.run(on: store) { number in say("\(number)") }
    } catch {
        say("error \(error)")
        exit(1)
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else { exit(64) }
if arguments[2] == "unprivileged" {
    guard setgid(65_534) == 0, setuid(65_534) == 0 else { exit(77) }
}
var configuration = SQLiteConfiguration()
if arguments.contains("normal") { configuration.synchronous = .normal }
do throws(StoreError) {
    let store = try await SQLiteStore.open(path: arguments[1], configuration: configuration)
    say("open")
    if arguments[2] == "write" {
        await withDiscardingTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    var number = 0
                    while true {
                        let name = "\(task)-\(number)"
                        do throws(StoreError) {
                            try await store.put(Array(name.utf8), at: Key("acknowledged", name))
                        } catch {
                            say("error \(error.code.rawValue)")
                            exit(1)
                        }
                        say(name)
                        number += 1
                    }
                }
            }
        }
    }
    if arguments[2] == "crash" { await crash(store) }
    if arguments[2] == "hold" { while getchar() != EOF {} }
    await store.close()
    say("closed")
} catch {
    say("error \(error.code.rawValue) \(error.metadata["pid"] ?? "")")
    exit(1)
}
#endif
