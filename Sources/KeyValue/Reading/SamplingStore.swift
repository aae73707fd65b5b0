/// A store that can draw keys of a large partition without reading it: by these it is split into parts of about as many
/// records each.
///
/// It is for stores whose keys say little of how many lie between two of them. Others are asked where their keys begin.
public protocol SamplingStore: KeyValueStore {
    /// Keys of live records of a partition, drawn so that each is about as likely as another: all of a small one, some
    /// thousands of a large one, none where there are none. They come in any order, and differ from call to call.
    func sample(of partition: [UInt8]) async throws(StoreError) -> [[UInt8]]
}
