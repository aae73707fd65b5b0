/// One attempt to process an upload, which nobody else processes meanwhile.
struct ProcessingClaim: Sendable {
    /// Tells it from every other.
    let attempt: UInt64
    /// When it began, in milliseconds since 1970.
    let began: Int64
    /// The upload as it was then.
    let upload: StoredUpload
    /// What becomes of the upload if the claim is given back.
    let before: Unclaimed
}

/// What a claim takes the place of.
struct Unclaimed: Hashable, Sendable {
    private let status: Int64
    private let held: Bool
    private let export: String?
    private let processing: StoredProcessing?

    /// An upload as it is.
    init(_ upload: StoredUpload) {
        status = upload.status
        held = upload.held
        export = upload.hasExport ? upload.export : nil
        processing = upload.hasProcessing ? upload.processing : nil
    }

    /// Makes an upload as it was; what was said of it meanwhile stays.
    func restore(in upload: inout StoredUpload) {
        upload.status = status
        upload.held = held
        if let export { upload.export = export } else { upload.clearExport() }
        if let processing { upload.processing = processing } else { upload.clearProcessing() }
    }
}
