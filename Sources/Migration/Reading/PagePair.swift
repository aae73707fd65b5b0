import KeyValue

/// Reads two sources side by side, each one page ahead of what was taken of it.
struct PagePair<Source: PageSource> {
    /// What one read came to.
    struct Read: Sendable {
        let side: Side
        let source: Source
        let page: Result<ScanPage?, StoreError>
    }

    /// The sources as they were after their last page.
    private(set) var sources: [Side: Source] = [:]
    private var ready: [Side: ScanPage?] = [:]

    /// Begins to read both.
    init(_ source: Source, _ target: Source, in group: inout TaskGroup<Read>) {
        PagePair.read(source, .source, in: &group)
        PagePair.read(target, .target, in: &group)
    }

    /// The next page of a side, or of whichever side has one first, and nil for its end; nothing at the end of both.
    mutating func next(
        of wanted: Side? = nil,
        in group: inout TaskGroup<Read>
    ) async throws(StoreError) -> (side: Side, page: ScanPage?)? {
        while true {
            for side in Side.allCases where wanted == nil || wanted == side {
                guard let page = ready.removeValue(forKey: side) else { continue }
                if page != nil, let source = sources[side] { PagePair.read(source, side, in: &group) }
                return (side, page)
            }
            guard let read = await group.next() else { return nil }
            sources[read.side] = read.source
            ready[read.side] = .some(try read.page.get())
        }
    }

    private static func read(_ source: Source, _ side: Side, in group: inout TaskGroup<Read>) {
        group.addTask {
            var source = source
            do throws(StoreError) {
                let page = try await source.nextPage()
                return Read(side: side, source: source, page: .success(page))
            } catch {
                return Read(side: side, source: source, page: .failure(error))
            }
        }
    }
}

/// Does work on the pages of two sources.
func withPages<Source: PageSource, Result>(
    of source: Source,
    and target: Source,
    _ work: (inout PagePair<Source>, inout TaskGroup<PagePair<Source>.Read>) async throws(StoreError) -> Result
) async throws(StoreError) -> Result {
    let result = await withTaskGroup(of: PagePair<Source>.Read.self) { group in
        var pages = PagePair(source, target, in: &group)
        do throws(StoreError) {
            return Swift.Result<Result, StoreError>.success(try await work(&pages, &group))
        } catch {
            group.cancelAll()
            return .failure(error)
        }
    }
    return try result.get()
}
