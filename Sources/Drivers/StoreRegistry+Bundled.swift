public import KeyValue

extension StoreRegistry {
    /// Every store that this build brings along: the one list of them.
    public static var bundled: StoreRegistry {
        StoreRegistry([MemoryDriver()])
    }
}
