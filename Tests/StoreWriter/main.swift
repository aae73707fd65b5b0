import Drivers
import Glibc
import KeyValue
import KeyValueConformance

// Holds a store in a process of its own, for tests that end it.
//
//     StoreWriter <URL> hold          says "open", then waits for the end of its input
//     StoreWriter <URL> write [name]  says "open", then what it wrote as soon as that was acknowledged, until it is killed
//     StoreWriter <URL> crash         the same with the batches of the conformance suite
//     StoreWriter <URL> unprivileged  opens as nobody
//
// When the store can't be opened it says "error" with the code, and for a lock the holder's process.

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // One call a line: what was said is said, however the process ends.
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(2) }
}

/// Eight writers of pairs: both records of a pair are one batch, and each is named after the writer and a number.
func writePairs(to store: any KeyValueStore, named prefix: String) async {
    await withDiscardingTaskGroup { group in
        for writer in 0..<8 {
            group.addTask {
                for number in 0... {
                    let name = "\(prefix)\(writer)-\(number)"
                    do throws(StoreError) {
                        var batch = WriteBatch()
                        batch.put(Array(name.utf8), at: Key("acknowledged", name))
                        batch.put(Array(name.utf8), at: Key("acknowledged", name + "'"))
                        _ = try await store.write(batch)
                    } catch {
                        say("error \(error.code.rawValue)")
                        exit(1)
                    }
                    say(name)
                }
            }
        }
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else { exit(64) }
if arguments[2] == "unprivileged" {
    guard setgid(65_534) == 0, setuid(65_534) == 0 else { exit(77) }
}
do throws(StoreError) {
    let store = try await StoreRegistry.bundled.open(arguments[1])
    say("open")
    switch arguments[2] {
    case "write": await writePairs(to: store, named: arguments.count > 3 ? arguments[3] : "")
    case "crash":
        do {
            try await CrashWorkload.run(on: store) { number in say("\(number)") }
        } catch {
            say("error \(error)")
            exit(1)
        }
    default: while getchar() != EOF {}
    }
    await store.close()
    say("closed")
} catch {
    say("error \(error.code.rawValue) \(error.metadata["pid"] ?? "")")
    exit(1)
}
