import TestSupport
import Testing

@testable import KeyValue

struct SortedMapTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func behavesAsASortedDictionary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var map = SortedMap<Int, Int>()
        var model: [Int: Int] = [:]
        // Enough keys that chunks split, and enough removals that some empty.
        for step in 0..<6_000 {
            let key = Int.random(in: 0..<2_500, using: &generator)
            let value: Int? = Int.random(in: 0..<(step < 4_000 ? 5 : 2), using: &generator) == 0 ? nil : step
            map[key] = value
            model[key] = value
            #expect(map[key] == model[key])
        }
        let sorted = model.sorted { $0.key < $1.key }
        var position = map.bound { _ in false }
        var forward: [Int] = []
        while let (key, _) = map.next(&position) { forward.append(key) }
        #expect(forward == sorted.map(\.key))
        var backward: [Int] = []
        while let (key, _) = map.previous(&position) { backward.append(key) }
        #expect(backward == forward.reversed())
        for probe in -1...2_500 {
            var position = map.lowerBound(of: probe)
            #expect(map.next(&position)?.key == sorted.first { $0.key >= probe }?.key)
            position = map.upperBound(of: probe)
            #expect(map.previous(&position)?.key == sorted.last { $0.key <= probe }?.key)
        }
    }
}
