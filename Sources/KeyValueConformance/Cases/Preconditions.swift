import KeyValue

extension ConformanceCase {
    /// Every precondition, over every state of a row, for every action.
    static let preconditions: [ConformanceCase] = [
        ConformanceCase("preconditions/of-a-put", .conditionalWrite) { context in
            try await expectTruth(of: .put([9]), context)
        },
        ConformanceCase("preconditions/of-a-tombstone", .conditionalWrite) { context in
            try await expectTruth(of: .bury, context)
        },
        ConformanceCase("preconditions/of-a-check", .conditionalWrite) { context in
            try await expectTruth(of: .check, context)
        },
        ConformanceCase("preconditions/of-an-addition", .conditionalWrite, .integerAdd) { context in
            try await expectTruth(of: .add(1), context)
        },
        ConformanceCase("preconditions/of-a-delete", .conditionalWrite, .conditionalDelete) { context in
            try await expectTruth(of: .delete, context)
        },
        ConformanceCase("preconditions/of-an-empty-value", .conditionalWrite) { context in
            let key = context.key("empty")
            let first = try await context.revision(putting: [], at: key, if: .absent)
            let created = try await context.attempt(.put([]), at: key, if: .absent)
            try expect(created == nil, "an empty value is there, so it is not absent")
            let second = try await context.revision(putting: [], at: key, if: .revision(first))
            let stale = try await context.attempt(.put([]), at: key, if: .revision(first))
            try expect(stale == nil, "an empty value that was overwritten by one is another")
            try await context.put([1], at: key, if: .revision(second))
            try await context.expect(key, is: [1])
        },
        ConformanceCase("preconditions/conflict-can-be-retried-at-once", .conditionalWrite) { context in
            let key = context.key("a")
            for state in RowState.allCases where state != .nothing {
                _ = try await state.make(at: key, context)
                let error = try await expectError(.preconditionFailed, from: "a put if vacant on \(state)") {
                    try await context.put([8], at: key, if: .vacant)
                }
                guard case .row(let entry) = try require(error.conflicts.first, "a conflict").occupant else { continue }
                try await context.put([9], at: key, if: .revision(entry.revision))
                try await context.expect(key, is: [9])
            }
        },
        ConformanceCase("preconditions/refused", .without(.conditionalWrite)) { context in
            let key = context.key("a")
            let preconditions = try await everyPrecondition(at: key, context)
            try await context.expectUnchanged(by: "conditional writes on a store without") {
                for precondition in preconditions {
                    for action in [WriteBatch.Action.put([2]), .bury, .check] {
                        try await expectError(.unsupported, from: "\(action) if \(precondition)") {
                            try await context.write(action, at: key, if: precondition)
                        }
                    }
                }
            }
        },
        ConformanceCase("preconditions/of-a-delete-refused", .without(.conditionalDelete)) { context in
            let key = context.key("a")
            let preconditions = try await everyPrecondition(at: key, context)
            try await context.expectUnchanged(by: "conditional deletes on a store without") {
                for precondition in preconditions {
                    try await expectError(.unsupported, from: "a delete if \(precondition)") {
                        try await context.write(.delete, at: key, if: precondition)
                    }
                }
            }
        },
    ]

    /// Puts a record, and gives preconditions of all kinds; that of its revision where it has one.
    private static func everyPrecondition(at key: Key, _ context: ConformanceContext) async throws -> [Precondition] {
        guard context.offers(.revisions) else {
            try await context.put([1], at: key)
            return [.absent, .vacant, .exists]
        }
        return [.absent, .vacant, .exists, .revision(try await context.revision(putting: [1], at: key))]
    }

    /// What can be at a key.
    enum RowState: CaseIterable {
        case nothing
        case live
        case tombstone

        /// Makes it so at a key, whatever was there; a revision of an earlier row, and that of the present one.
        func make(
            at key: Key,
            _ context: ConformanceContext
        ) async throws -> (stale: Revision, present: Revision?) {
            let stale = try await context.revision(putting: Counter.encode(4), at: key)
            switch self {
            case .nothing:
                try await context.write(.delete, at: key)
                return (stale, nil)
            case .live: return (stale, try await context.revision(putting: Counter.encode(5), at: key))
            case .tombstone: return (stale, try await context.bury(key))
            }
        }
    }

    private static func expectTruth(of action: WriteBatch.Action, _ context: ConformanceContext) async throws {
        let key = context.key("subject")
        let elsewhere = try await context.revision(putting: [1], at: context.key("elsewhere"))
        for state in RowState.allCases {
            for kind in 0..<6 {
                let (stale, present) = try await state.make(at: key, context)
                let precondition: Precondition =
                    switch kind {
                    case 0: .absent
                    case 1: .vacant
                    case 2: .exists
                    case 3: .revision(stale)
                    case 4: .revision(elsewhere)
                    default: .revision(present ?? stale)
                    }
                let holds = [state != .live, state == .nothing, state == .live, false, false, present != nil][kind]
                let what = "\(action) if \(precondition) on \(state)"
                if holds {
                    try await context.write(action, at: key, if: precondition)
                    try await expectEffect(of: action, on: state, at: key, what, context)
                } else {
                    try await expectConflict(action, precondition, on: state, at: key, what, context)
                }
            }
        }
    }

    private static func expectEffect(
        of action: WriteBatch.Action,
        on state: RowState,
        at key: Key,
        _ what: String,
        _ context: ConformanceContext
    ) async throws {
        let before: [UInt8]? = state == .live ? Counter.encode(5) : nil
        let (value, isTombstone): ([UInt8]?, Bool) =
            switch action {
            case .put(let value): (value, false)
            case .bury: (nil, true)
            case .delete: (nil, false)
            case .add(let amount): (Counter.encode((state == .live ? 5 : 0) + amount), false)
            case .check: (before, state == .tombstone)
            }
        try await context.expect(key, is: value, "what is there after \(what)")
        try await context.eventually {
            let row = try await context.row(key)
            try expectEqual(row?.isTombstone ?? false, isTombstone, "whether a tombstone is there after \(what)")
            try expectEqual(row != nil, value != nil || isTombstone, "whether a row is there after \(what)")
        }
    }

    private static func expectConflict(
        _ action: WriteBatch.Action,
        _ precondition: Precondition,
        on state: RowState,
        at key: Key,
        _ what: String,
        _ context: ConformanceContext
    ) async throws {
        try await context.expectUnchanged(by: what) {
            let error = try await expectError(.preconditionFailed, from: what) {
                try await context.write(action, at: key, if: precondition)
            }
            let conflict = try require(error.conflicts.first, "what is there instead, after \(what)")
            try expectEqual(conflict.key, key, "the key of the conflict")
            try expectEqual(conflict.precondition, precondition, "the precondition of the conflict")
            switch conflict.occupant {
            case .unknown: break
            case .vacant: try expectEqual(state, .nothing, "what is there, told as vacant after \(what)")
            case .row(let entry):
                try expectEqual(entry, try await context.row(key), "what is there, told after \(what)")
            }
        }
    }
}
