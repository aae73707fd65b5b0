import Foundation
package import KeyValue
package import TestSupport

extension HistoryLog {
    /// What these files tell of each key.
    package static func read(_ paths: [String]) throws -> [Key: [KeyEvent]] {
        var events: [Key: [KeyEvent]] = [:]
        for path in paths {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try read(text, into: &events)
        }
        return events
    }

    private static func read(_ text: String, into events: inout [Key: [KeyEvent]]) throws {
        var begun: [Int: (key: Key, event: KeyEvent)] = [:]
        // What is behind the last newline was cut off when the process was killed.
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            guard words.count >= 3, let number = Int(words[1]), let time = Int64(words[2]) else {
                throw WorkloadError("A history has a strange line: \(line)")
            }
            if words[0] == "b" {
                begun[number] = (try key(words[3]), KeyEvent(try effect(words[4...]), began: time, ended: nil))
                continue
            }
            guard let (key, beginning) = begun.removeValue(forKey: number) else {
                throw WorkloadError("A history ends what it did not begin: \(line)")
            }
            var event = beginning
            event.ended = time
            switch words[0] {
            case "e": break
            case "r": event.effect = .read(words[3] == "-" ? nil : Int(words[3]))
            case "f": event.effect = .found
            default: continue
            }
            events[key, default: []].append(event)
        }
        for (key, event) in begun.values where event.effect != .read(nil) { events[key, default: []].append(event) }
    }

    private static func key(_ text: Substring) throws -> Key {
        let parts = text.split(separator: "/")
        guard parts.count == 2 else { throw WorkloadError("A history has a strange key: \(text)") }
        return Key(String(parts[0]), String(parts[1]))
    }

    private static func effect(_ words: ArraySlice<Substring>) throws -> KeyEvent.Effect {
        let values = words.dropFirst().map { $0 == "-" ? nil : Int($0) }
        switch (words.first, values.count) {
        case ("read", 0): return .read(nil)
        case ("write", 1): return .write(values[0])
        case ("swap", 2):
            guard let to = values[1] else { break }
            return .swap(from: values[0], to: to)
        default: break
        }
        throw WorkloadError("A history has a strange effect: \(words)")
    }
}
