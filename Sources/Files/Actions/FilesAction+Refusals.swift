extension FilesAction {
    /// Why it may be refused, whatever the store does.
    package var refusals: Set<FilesError.Code> {
        var codes: Set<FilesError.Code> = [.invalidParameters]
        if shape.refusesOthers { codes.insert(.unexpectedParameters) }
        switch self {
        case .upload: codes.formUnion([.signInNeeded, .forbidden, .unsuitableParts, .wrongStatus])
        case .finish:
            codes.formUnion([
                .signInNeeded, .notFound, .contended, .beingProcessed, .wrongStatus, .processingFailed, .exportExists,
            ])
        case .process:
            codes.formUnion([
                .signInNeeded, .forbidden, .notFound, .contended, .beingProcessed, .wrongStatus, .processingFailed,
                .exportExists,
            ])
        case .update:
            codes.formUnion([
                .signInNeeded, .forbidden, .notFound, .contended, .versionMismatch, .wrongStatus, .unlisted,
                .aliasTaken,
            ])
        case .addTags: codes.formUnion([.signInNeeded, .forbidden, .notFound, .contended, .versionMismatch])
        case .access:
            codes.formUnion([.signInNeeded, .forbidden, .notFound, .contended, .versionMismatch, .wrongStatus])
        case .remove:
            codes.formUnion([.signInNeeded, .forbidden, .notFound, .contended, .versionMismatch, .unlisted])
        case .sync: codes.insert(.forbidden)
        case .info, .head, .data: codes.formUnion([.signInNeeded, .forbidden, .notFound])
        case .download: codes.formUnion([.signInNeeded, .forbidden, .notFound, .wrongStatus])
        case .list: codes.insert(.signInNeeded)
        case .report, .count: codes.formUnion([.signInNeeded, .forbidden])
        }
        return codes
    }
}

extension Shape {
    /// Whether there may be members, here or further in, that are refused for their names alone.
    fileprivate var refusesOthers: Bool {
        switch self {
        case .text, .choice, .number, .integer, .bool, .null: false
        case .list(let shape, _, _): shape.refusesOthers
        case .object(let shape): shape.refusesOthers
        // What fits none of several shapes is wrong for more than a name.
        case .either: false
        }
    }
}

extension ObjectShape {
    fileprivate var refusesOthers: Bool {
        switch others {
        case .ignored: members.values.contains(where: \.refusesOthers)
        case .refused, .formed: true
        }
    }
}
