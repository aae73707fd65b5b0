import TestSupport

extension SimulatedWorld {
    /// Lets clients make this many calls, one step of one of them at a time, in an order and weather drawn by lot.
    ///
    /// - Parameters:
    ///   - work: What is done now and then beside them, as a client of the number behind theirs.
    ///   - nanoseconds: How much time passes with each step.
    func run(
        _ calls: Int,
        clients: Int,
        beside work: (@Sendable () async -> Void)? = nil,
        passing nanoseconds: Int64 = 0,
        _ act: @escaping @Sendable (_ client: Int) async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            var started = 0
            while true {
                let parked = await turns.quiet()
                pass(nanoseconds)
                let idle = (0..<clients).filter { !parked.contains($0) }
                if parked.isEmpty, started >= calls { break }
                switch random(below: 40) {
                case 0: advance()
                case 1...2: await deliverLate()
                case 3 where weather.shifts: shift()
                case 3 where weather.shrinks: shrink()
                case 17 where work != nil && started < calls && !parked.contains(clients):
                    guard let work else { continue }
                    turns.begin()
                    group.addTask { [self] in
                        await work()
                        turns.end()
                    }
                case 4...16 where started < calls && !idle.isEmpty:
                    let number = idle[random(below: idle.count)]
                    started += 1
                    turns.begin()
                    group.addTask { [self] in
                        await act(number)
                        turns.end()
                    }
                default:
                    guard !parked.isEmpty else { continue }
                    turns.resume(parked[random(below: parked.count)])
                }
            }
            await group.waitForAll()
        }
    }
}
