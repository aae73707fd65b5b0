/// Where an upload stands. The numbers are those of the wire and of the records.
package enum Status: Int64, Hashable, Sendable, CaseIterable {
    /// Its parts are on their way.
    case pending = 1
    /// All parts are there.
    case uploaded = 2
    /// It was processed.
    case processed = 3
    /// It is being processed.
    case processing = 4
    /// The last attempt to process it failed.
    case failed = 5
}

/// What happens to an upload.
package enum LifecycleEvent: Hashable, Sendable, CaseIterable {
    /// A part has come which was not the last.
    case partCame
    /// The last part has come.
    case lastPartCame
    /// Somebody begins to process it; nobody else does, or who did is given up.
    case processingBegan
    /// The same, for an export of what was processed before.
    case exportBegan
    /// The attempt came to a good end.
    case processingSucceeded
    /// The attempt failed.
    case processingFailed
}

extension Status {
    /// The status after an event; nil where the event can't happen.
    ///
    /// An attempt that died leaves `processing` behind; beginning anew from there is for who has seen that its time is
    /// over.
    package func after(_ event: LifecycleEvent) -> Status? {
        switch (self, event) {
        case (.pending, .partCame): .pending
        case (.pending, .lastPartCame): .uploaded
        case (.uploaded, .processingBegan), (.failed, .processingBegan), (.processing, .processingBegan): .processing
        case (.uploaded, .exportBegan), (.processed, .exportBegan), (.failed, .exportBegan),
            (.processing, .exportBegan):
            .processing
        case (.processing, .processingSucceeded): .processed
        case (.processing, .processingFailed): .failed
        default: nil
        }
    }
}
