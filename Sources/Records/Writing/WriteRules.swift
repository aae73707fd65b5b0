/// The rules of writing and of finding, each of which the tests take away to show that it is needed.
struct WriteRules: OptionSet {
    let rawValue: Int

    /// A record is written only over the very revision that was read.
    static let compareRecord = WriteRules(rawValue: 1 << 0)
    /// New entries and claims are there before the record is written.
    static let entriesFirst = WriteRules(rawValue: 1 << 1)
    /// An insert that takes several steps first gets a revision, so that it can be stopped.
    static let realRevision = WriteRules(rawValue: 1 << 2)
    /// An entry or claim is removed only if it is still the one that was seen before its record was written.
    static let compareRelease = WriteRules(rawValue: 1 << 3)
    /// Who removes or takes over what names a record writes that record anew first.
    static let rewriteFirst = WriteRules(rawValue: 1 << 4)
    /// A claim is written anew even where it names the record already.
    static let claimAnew = WriteRules(rawValue: 1 << 5)
    /// A claim that names another record is judged by that record.
    static let judgeHolder = WriteRules(rawValue: 1 << 6)
    /// What takes several steps says so first.
    static let intentFirst = WriteRules(rawValue: 1 << 7)
    /// A total that a batch can't reach is doubted before and after the record is written.
    static let doubtTotals = WriteRules(rawValue: 1 << 8)
    /// A write whose outcome is unknown is recognised by the record's version, not made again.
    static let recogniseOwn = WriteRules(rawValue: 1 << 9)

    /// A record is written only while the view of the schema holds under which it was judged.
    static let holdLease = WriteRules(rawValue: 1 << 10)
    /// Who changes the schema waits until nobody acts on the schema before.
    static let barrier = WriteRules(rawValue: 1 << 11)
    /// Who does not know an index that is kept does not write.
    static let refuseUnknown = WriteRules(rawValue: 1 << 12)
    /// An index is built by writing every entry anew, also those that are there.
    static let buildAnew = WriteRules(rawValue: 1 << 13)
    /// An index becomes readable only in the life in which it was built.
    static let sameGeneration = WriteRules(rawValue: 1 << 14)

    /// A total that changes without the total over all partitions leaves a notice in the same batch.
    static let noticeTotals = WriteRules(rawValue: 1 << 15)
    /// A total is published over what was published when it was read.
    static let comparePublished = WriteRules(rawValue: 1 << 16)
    /// A notice goes only if it is still the one that was there before its total was read.
    static let compareNotice = WriteRules(rawValue: 1 << 17)
    /// Who can't add to the total over all partitions says first that it is behind.
    static let tellBehind = WriteRules(rawValue: 1 << 18)
    /// A change that looks how far the records are counted is written only if that is still so.
    static let checkCounting = WriteRules(rawValue: 1 << 19)
    /// A change counts its record if that is not counted yet, and marks it.
    static let countSelf = WriteRules(rawValue: 1 << 20)
    /// Records are counted only as they were read.
    static let countUnchanged = WriteRules(rawValue: 1 << 21)

    /// What an entry names is found only if the record holds what is asked for.
    static let holdToRecord = WriteRules(rawValue: 1 << 22)
    /// What an entry names is found only where the record has its place in the order.
    static let compareColumns = WriteRules(rawValue: 1 << 23)
    /// What has expired is not found.
    static let hideExpired = WriteRules(rawValue: 1 << 24)

    /// A transaction is written only if every record that it read is as it was.
    static let validateReads = WriteRules(rawValue: 1 << 32)
    /// A transaction is written only if no record that its queries might have found was changed.
    static let validateRanges = WriteRules(rawValue: 1 << 33)
    /// Every change of a record of a stamped type writes the stamp of its partition.
    static let stampChanges = WriteRules(rawValue: 1 << 34)
    /// A query of a transaction reads the stamp before the records.
    static let stampFirst = WriteRules(rawValue: 1 << 35)
    /// A transaction whose outcome is unknown is recognised by its records' versions, not made again.
    static let recogniseCommit = WriteRules(rawValue: 1 << 36)

    static let all: WriteRules = [
        .compareRecord, .entriesFirst, .realRevision, .compareRelease, .rewriteFirst, .claimAnew, .judgeHolder,
        .intentFirst, .doubtTotals, .recogniseOwn, .holdLease, .barrier, .refuseUnknown, .buildAnew, .sameGeneration,
        .noticeTotals, .comparePublished, .compareNotice, .tellBehind, .checkCounting, .countSelf, .countUnchanged,
        .holdToRecord, .compareColumns, .hideExpired, .validateReads, .validateRanges, .stampChanges, .stampFirst,
        .recogniseCommit,
    ]
}
