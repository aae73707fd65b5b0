package import KeyValue
package import StoreHTTP

/// What a URL says, or leaves to the surroundings, of who signs, for which region, and where the server is.
package struct AWSAccess: Hashable, Sendable {
    package var credentials: AWSCredentials
    package var region: String
    /// The server in the place of Amazon's; nil for Amazon's.
    package var endpoint: HTTPEndpoint?

    package init(credentials: AWSCredentials, region: String, endpoint: HTTPEndpoint?) {
        self.credentials = credentials
        self.region = region
        self.endpoint = endpoint
    }

    /// The options of URLs that are read here.
    package static let options = ["region", "endpoint", "profile"]

    /// What a location says; what it leaves out is taken from the surroundings.
    ///
    /// Of a URL `scheme://name:key@…`, the name and the key of the access key are those of the user and the password.
    ///
    /// - Parameter regionOtherwise: The region where neither says one; nil where there has to be one.
    package init(
        _ location: StoreLocation,
        in surroundings: AWSSurroundings,
        regionOtherwise: String? = nil
    ) throws(StoreError) {
        let profile = location.options["profile"]
        if let name = try location.user() {
            guard let key = try location.password(), !key.isEmpty else {
                throw .invalidArgument("The URL names an access key without its secret: write name:secret@ or neither.")
            }
            credentials = AWSCredentials(accessKeyID: name, secretAccessKey: key)
        } else if let found = surroundings.credentials(profile: profile) {
            credentials = found
        } else {
            throw .invalidArgument(
                "There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile."
            )
        }
        endpoint = if let url = location.options["endpoint"] { try HTTPEndpoint(url) } else { nil }
        let chosen = location.options["region"] ?? surroundings.region(profile: profile)
        guard let region = chosen ?? regionOtherwise else {
            throw .invalidArgument("There is no region: add ?region=… to the URL, or set AWS_REGION.")
        }
        guard !region.isEmpty, region.utf8.allSatisfy(AWSAccess.isRegionByte) else {
            throw .invalidArgument("A region has small letters, digits and hyphens.", ["region": region])
        }
        self.region = region
    }

    private static func isRegionByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
    }
}
