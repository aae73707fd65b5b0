package import KeyValue
package import StoreHTTP

/// Which bucket, on which server, and who asks.
package struct BucketAddress: Sendable {
    package let bucket: String
    package var access: AWSAccess
    /// Whether the bucket is the first part of the path, rather than of the host's name.
    package let isPathStyle: Bool

    /// The options of URLs that are read here.
    package static let options = AWSAccess.options + ["style"]

    /// The bucket of a URL `s3://key:secret@bucket?region=…`.
    package init(_ location: StoreLocation, in surroundings: AWSSurroundings) throws(StoreError) {
        let servers = try location.servers()
        guard servers.count == 1, servers[0].port == nil else {
            throw .invalidArgument("A bucket is named by s3://bucket/prefix?region=….")
        }
        bucket = servers[0].host
        let isName = bucket.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2D, 0x2E].contains(byte)
        }
        guard isName, (3...63).contains(bucket.utf8.count) else {
            throw .invalidArgument(
                "The name of a bucket has 3 to 63 small letters, digits, hyphens and dots.",
                ["bucket": bucket]
            )
        }
        access = try AWSAccess(
            location,
            in: surroundings,
            // Servers of others have one region, and most take this name for it.
            regionOtherwise: location.options["endpoint"] == nil ? nil : "us-east-1"
        )
        switch location.options["style"] {
        case nil: isPathStyle = access.endpoint != nil
        case "path"?: isPathStyle = true
        case "virtual"?: isPathStyle = false
        case let style?:
            throw .invalidArgument("The option style is path or virtual.", ["style": style])
        }
    }

    /// The server to ask for objects of the bucket.
    package func endpoint() throws(StoreError) -> HTTPEndpoint {
        var endpoint = try access.endpoint(of: "s3")
        if !isPathStyle { endpoint.host = bucket + "." + endpoint.host }
        return endpoint
    }

    /// The path of an object, percent-encoded.
    package func path(_ name: some Collection<UInt8>) -> String {
        let parts = name.split(separator: 0x2F, omittingEmptySubsequences: false).map { PercentEncoding.encode($0) }
        let path = "/" + parts.joined(separator: "/")
        return isPathStyle ? "/" + bucket + path : path
    }

    /// The path of the bucket itself.
    package var path: String { isPathStyle ? "/" + bucket : "/" }

    /// What sends signed requests to it.
    package func caller(_ caller: HTTPCaller, in surroundings: AWSSurroundings) throws(StoreError) -> AWSCaller {
        AWSCaller(
            caller,
            signer: access.signer(of: "s3", .verbatim, caller, in: surroundings),
            endpoint: try endpoint(),
            clock: surroundings.secondsSince1970,
            showsPayloadHash: true
        )
    }
}
