import Foundation
import KeyValue
import SwiftProtobuf
import Tuples

@testable import Records

/// One call of one client: what it does is drawn by lot, what it is told is held against what happened.
struct SimulatedActor: Sendable {
    let writer: RecordWriter
    let shape: RecordShape
    let world: SimulatedWorld

    static let refusals: [RecordError.Code] = [
        .alreadyExists, .notFound, .versionMismatch, .notUnique, .contended, .outdatedSchema, .indexNotReady,
        .notServed, .tooLarge,
    ]

    var witness: Witness { world.witness }

    func act() async {
        let message = Upload.with {
            $0.space = ["a", "b"][world.random(below: 2)]
            $0.root = Data([UInt8(world.random(below: 2))])
            $0.size = Int64(world.random(below: 3))
            $0.insertedAtMicroseconds = Int64(world.random(below: 3))
            if world.random(below: 4) == 0 { $0.expiresAtSeconds = world.seconds + Int64(world.random(below: 3)) }
        }
        do {
            let body: [UInt8] = try message.serializedBytes()
            let key = try writer.layout.key(of: try shape.address(of: try shape.extract(body[...])), shape)
            switch world.random(below: world.weather.isLate ? 14 : 13) {
            case 0...3: try await save(key, .none, body)
            case 4...5: try await save(key, .absent, body)
            case 6: try await replace(key, body)
            case 7...8: try await increment(key)
            case 9...10: _ = try await writer.apply(Change(key: key, condition: .none) { _ in nil }, shape)
            case 11...12: try await ask()
            default: try await repair(key)
            }
        } catch let error as StoreError {
            // The weather, or a client that has died.
            guard
                ![.outcomeUnknown, .cancelled, .timedOut, .preconditionFailed, .unsupported, .tooLarge].contains(
                    error.code
                )
            else { return }
            witness.object("a call failed: \(error)")
        } catch let error as RecordError {
            guard SimulatedActor.refusals.contains(error.code) else {
                witness.object("a call failed: \(error)")
                return
            }
        } catch {
            witness.object("a call failed: \(error)")
        }
    }

    private func save(_ key: Key, _ condition: Change.Condition, _ body: [UInt8]) async throws {
        let receipt = try await writer.apply(Change(key: key, condition: condition) { _ in body }, shape)
        guard let transition = theOne(of: key, to: receipt.version) else { return }
        if condition == .absent, transition.from != nil, !transition.wasExpired {
            witness.object("\(key) was inserted over a record")
        }
        if case .version(let version) = condition, transition.from?.version != version {
            witness.object("\(key) was replaced over another version")
        }
    }

    private func replace(_ key: Key, _ body: [UInt8]) async throws {
        guard let live = try await writer.read(key, shape).live else { return }
        try await save(key, .version(live.version), body)
    }

    /// Adds one to the size, of which none may be lost.
    private func increment(_ key: Key) async throws {
        let change = Change(key: key, condition: .present) { body in
            var message = try Upload(serializedBytes: Array(body ?? []))
            message.size += 1
            return try message.serializedBytes()
        }
        let receipt = try await writer.apply(change, shape)
        guard let transition = theOne(of: key, to: receipt.version), let from = transition.from, let to = transition.to
        else { return }
        if try Upload(serializedBytes: Array(to.body)).size != Upload(serializedBytes: Array(from.body)).size + 1 {
            witness.object("\(key) has lost a change")
        }
    }

    private func repair(_ key: Key) async throws {
        let repairer = Repairer(writer: writer)
        let shapes = try await writer.schema?.view().shapes ?? [shape.name: shape]
        switch world.random(below: 4) {
        case 0: _ = try await Sweeper(repairer: repairer, shapes: shapes).sweep(key.partition)
        case 1: _ = try await TotalPublisher(writer: writer).publish(key.partition, shapes)
        case 2: _ = try await ExpirySweeper(writer: writer, pageSize: 2).sweep(key.partition, of: shape)
        default: _ = try await Scrubber(repairer: repairer, shapes: shapes).scrub(key.partition)
        }
    }

    /// The one moment at which a record came to a version.
    private func theOne(of key: Key, to version: RecordVersion?) -> Witness.Transition? {
        let transitions = witness.transitions(of: key).filter { $0.to?.version == version }
        if transitions.count != 1 { witness.object("\(key) came to a version \(transitions.count) times") }
        return transitions.first
    }
}
