package import KeyValue
import Synchronization

/// Signs for one service and region, with the credentials that are good at the time.
package final class RenewedSigner: Sendable {
    package let region: String
    private let service: String
    private let pathForm: RequestSigner.PathForm
    private let keeper: CredentialKeeper
    /// The last, which keeps the key of the day.
    private let last = Mutex<RequestSigner?>(nil)

    package init(_ keeper: CredentialKeeper, region: String, service: String, pathForm: RequestSigner.PathForm) {
        self.keeper = keeper
        self.region = region
        self.service = service
        self.pathForm = pathForm
    }

    /// The signer of the credentials that are good now. Throws where there are none.
    package func current() async throws(StoreError) -> RequestSigner {
        let credentials = try await keeper.credentials()
        return last.withLock { last in
            if let last, last.credentials == credentials { return last }
            let signer = RequestSigner(credentials, region: region, service: service, pathForm: pathForm)
            last = signer
            return signer
        }
    }
}
