import Foundation
import SwiftProtobuf
import Tuples

@testable import Records

/// What one client does in a transaction: the same on records and on a model, so that what it saw can be compared.
struct TransactionProgram: Sendable {
    enum Step: Sendable {
        case get(UInt8)
        case find(atLeast: Int64)
        case save(UInt8)
        case delete(UInt8)
    }

    let number: Int64
    let steps: [Step]
    /// Whether it is a lone change without a transaction.
    let isLone: Bool

    init(_ number: Int, in world: SimulatedWorld) {
        self.number = Int64(number)
        let keys = UInt8(3)
        func key() -> UInt8 { UInt8(world.random(below: Int(keys))) }
        func change() -> Step { world.random(below: 3) == 0 ? .delete(key()) : .save(key()) }
        isLone = world.random(below: 4) == 0
        guard !isLone else {
            steps = [change()]
            return
        }
        var steps: [Step] = []
        for _ in 0...world.random(below: 2) {
            steps.append(world.random(below: 2) == 0 ? .get(key()) : .find(atLeast: Int64(world.random(below: 3))))
        }
        for _ in 0...world.random(below: 2) { steps.append(change()) }
        if world.random(below: 3) == 0 { steps.append(.find(atLeast: 0)) }
        self.steps = steps
    }

    /// What is saved depends on all that was seen, so that whoever saw something else is found out.
    private func size(after seen: [[Int64]]) -> Int64 { seen.joined().reduce(number) { ($0 * 31 + $1 + 7) % 1_009 } }

    /// What it sees of a model, and makes of it.
    func run(on model: inout [UInt8: Int64]) -> [[Int64]] {
        var seen: [[Int64]] = []
        for step in steps {
            switch step {
            case .get(let key): seen.append([model[key] ?? -1])
            case .find(let least):
                seen.append(model.filter { $1 >= least }.sorted { $0.key < $1.key }.flatMap { [Int64($0), $1] })
            case .save(let key): model[key] = size(after: seen)
            case .delete(let key): model[key] = nil
            }
        }
        return seen
    }

    /// What it sees of the records, once what it makes of them is written.
    func run(on records: RecordStore, _ type: RecordType<Upload>) async throws -> [[Int64]] {
        if isLone {
            switch steps[0] {
            case .save(let key): try await records.save(upload(key, []), as: type)
            case .delete(let key): try await records.delete(try type.address(of: upload(key, [])), as: type)
            default: break
            }
            return []
        }
        let address = try type.address(of: upload(0, []))
        return try await records.transact(inPartitionOf: address) { transaction in
            var seen: [[Int64]] = []
            for step in steps {
                switch step {
                case .get(let key):
                    let found = try await transaction.get(try type.address(of: upload(key, [])), as: type)
                    seen.append([found?.message.size ?? -1])
                case .find(let least): seen.append(try await find(least, transaction, type))
                case .save(let key): try await transaction.save(upload(key, seen), as: type)
                case .delete(let key): try await transaction.delete(try type.address(of: upload(key, [])), as: type)
                }
            }
            return seen
        }
    }

    private func find(
        _ least: Int64,
        _ transaction: RecordTransaction,
        _ type: RecordType<Upload>
    ) async throws -> [Int64] {
        var query = Query(.compare("size", .greaterOrEqual, .integer(least)), in: ["s"], limit: 2)
        var found: [Upload] = []
        repeat {
            let page = try await transaction.find(query, as: type)
            found += page.records.map(\.message)
            query.cursor = page.cursor
        } while query.cursor != nil
        return found.sorted { $0.root[0] < $1.root[0] }.flatMap { [Int64($0.root[0]), $0.size] }
    }

    private func upload(_ key: UInt8, _ seen: [[Int64]]) -> Upload {
        Upload.with {
            $0.space = "s"
            $0.root = Data([key])
            $0.size = size(after: seen)
            $0.insertedAtMicroseconds = $0.size % 3
        }
    }
}
