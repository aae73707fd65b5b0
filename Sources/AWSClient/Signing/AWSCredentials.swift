/// Who signs: the name of a key, the key, and for one that was lent for some hours the token that goes with it.
package struct AWSCredentials: Hashable, Sendable {
    /// The name of the key, which every request shows.
    package var accessKeyID: String
    /// The key, which never leaves the process.
    package var secretAccessKey: String
    /// What goes along with a key that was lent; nil for a lasting one.
    package var sessionToken: String?

    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

extension AWSCredentials: CustomStringConvertible {
    /// The name of the key alone, for logs.
    package var description: String { "credentials of \(accessKeyID)" }
}
