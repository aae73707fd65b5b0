package import KeyValue
package import StoreHTTP

/// What a URL says, or leaves to the surroundings, of who signs, for which region, and where the server is.
package struct AWSAccess: Hashable, Sendable {
    package var source: CredentialSource
    package var region: String
    /// The server in the place of Amazon's; nil for Amazon's.
    package var endpoint: HTTPEndpoint?

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
        endpoint = if let url = location.options["endpoint"] { try HTTPEndpoint(url) } else { nil }
        let chosen = location.options["region"] ?? surroundings.region(profile: profile)
        guard let region = chosen ?? regionOtherwise else {
            throw .invalidArgument("There is no region: add ?region=… to the URL, or set AWS_REGION.")
        }
        guard !region.isEmpty, region.utf8.allSatisfy(AWSAccess.isRegionByte) else {
            throw .invalidArgument("A region has small letters, digits and hyphens.", ["region": region])
        }
        self.region = region
        if let name = try location.user() {
            guard let key = try location.password(), !key.isEmpty else {
                throw .invalidArgument("The URL names an access key without its secret: write name:secret@ or neither.")
            }
            source = .given(AWSCredentials(accessKeyID: name, secretAccessKey: key))
        } else {
            source = try surroundings.credentialSource(profile: profile, region: region)
        }
    }

    /// The host of Amazon's that has a service in a region.
    package static func host(of service: String, in region: String) -> String {
        "\(service).\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
    }

    static func endpoint(of service: String, in region: String) throws(StoreError) -> HTTPEndpoint {
        try HTTPEndpoint(host: host(of: service, in: region), port: 443, isEncrypted: true)
    }

    /// The server to ask for a service: the URL's, or else Amazon's.
    package func endpoint(of service: String) throws(StoreError) -> HTTPEndpoint {
        if let endpoint { return endpoint }
        return try AWSAccess.endpoint(of: service, in: region)
    }

    /// What signs requests to a service. What it needs to get its credentials it sends by `caller`.
    package func signer(
        of service: String,
        _ pathForm: RequestSigner.PathForm,
        _ caller: HTTPCaller,
        in surroundings: AWSSurroundings
    ) -> RenewedSigner {
        let keeper = CredentialKeeper(source, caller, in: surroundings)
        return RenewedSigner(keeper, region: region, service: service, pathForm: pathForm)
    }

    private static func isRegionByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
    }
}
