#if Redis
public import KeyValue

extension RedisStore {
    /// How many partitions one step counts.
    private static let partitionsAStep = 256

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        let tombstones: [UInt8] = [options.includesTombstones ? 0x31 : 0x30]
        if case .keys(let partition, let lower, let upper) = range.extent {
            let bounds = LexicalRange(from: lower, to: upper)
            let step = try await counts([(Bucket(of: partition), bounds)], of: partition, in: range.space, tombstones)
            return Measurement(step.total, .exact)
        }
        var total = 0
        var open = Bucket.all.map { ($0, LexicalRange()) }
        while !open.isEmpty {
            let step = try await counts(open, of: [], in: range.space, tombstones)
            total += step.total
            open = step.rest
        }
        return Measurement(total, .exact)
    }

    /// Counts once in each of these buckets. How many there were, and where there is more.
    private func counts(
        _ steps: [(bucket: Bucket, bounds: LexicalRange)],
        of partition: [UInt8],
        in space: KeySpace,
        _ tombstones: [UInt8]
    ) async throws(StoreError) -> (total: Int, rest: [(Bucket, LexicalRange)]) {
        let most = Array("\(RedisStore.partitionsAStep)".utf8)
        let calls = steps.map { bucket, bounds in
            call(
                .count,
                in: bucket,
                [[RedisLayout.digit(space)], partition, bounds.lower, bounds.upper, tombstones, most],
                .reads
            )
        }
        var total = 0
        var rest: [(Bucket, LexicalRange)] = []
        for (step, reply) in zip(steps, await scripts.run(calls)) {
            guard let parts = try reply.get().elements, parts.count == 2, let number = parts[0].integer else {
                throw RedisStore.strangeReply
            }
            total += Int(number)
            if let last = parts[1].bytes { rest.append((step.bucket, step.bounds.after(last))) }
        }
        return (total, rest)
    }
}
#endif
