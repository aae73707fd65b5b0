extension Animal {
    /// Every broken store.
    static let zoo: [Animal] = [
        tokens, atomicity, writing, reading, keys, scanning, paging, listing, maintenance, fences, marks, feeds,
        lifetimes, openers, snapshots, promises,
    ].flatMap(\.self)

    /// The same with something else set.
    func with(_ change: (inout Animal) -> Void) -> Animal {
        var animal = self
        change(&animal)
        return animal
    }
}
