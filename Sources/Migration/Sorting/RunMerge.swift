import KeyValue

/// Merges sorted runs: a heap of the first row of each. Rows of one key come in the order of the runs.
struct RunMerge {
    private var readers: [RunReader]
    private var heap: [(row: Row, run: Int)] = []

    init(_ runs: some Collection<SpilledRun>) throws(StoreError) {
        readers = runs.map(RunReader.init)
        for run in readers.indices {
            if let row = try readers[run].next() { heap.append((row, run)) }
        }
        for index in heap.indices.reversed() { siftDown(index) }
    }

    /// How many rows are held in memory.
    var rowsInMemory: Int { heap.count }

    mutating func next() throws(StoreError) -> Row? {
        guard let first = heap.first else { return nil }
        if let row = try readers[first.run].next() {
            heap[0].row = row
        } else {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        siftDown(0)
        return first.row
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (heap[left], heap[right])
        return left.row.key == right.row.key ? left.run < right.run : left.row.key < right.row.key
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
