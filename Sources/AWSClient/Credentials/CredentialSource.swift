package import StoreHTTP

/// Where credentials come from.
package enum CredentialSource: Hashable, Sendable {
    /// They were given, as a URL, variables or a profile have them. Their end is not known here.
    case given(AWSCredentials)
    /// A role is assumed with the token of an identity that somebody else vouches for.
    case webIdentity(WebIdentity)
    /// A service that stands beside the container.
    case container(ContainerService)
    /// The metadata service of the machine.
    case instance(InstanceService)
}

/// A role that is assumed by `AssumeRoleWithWebIdentity` (AWS Security Token Service API Reference), as pods of EKS do.
package struct WebIdentity: Hashable, Sendable {
    /// The file with the identity's token, which others write anew before it ends.
    package var tokenFile: String
    package var role: String
    /// What the audit log of the account has for the name of the session.
    package var session: String
    /// The token service.
    package var endpoint: HTTPEndpoint
}

/// What lends credentials to the tasks of ECS and the pods of EKS (AWS SDKs and Tools Reference Guide, "Container
/// credential provider").
package struct ContainerService: Hashable, Sendable {
    package var endpoint: HTTPEndpoint
    /// The path and the query.
    package var target: String
}

/// What lends credentials to whatever runs on an instance of EC2 (AWS SDKs and Tools Reference Guide, "IMDS credential
/// provider"). It is there or not: nothing says so before it is asked.
package struct InstanceService: Hashable, Sendable {
    package var endpoint: HTTPEndpoint
    /// What was looked for before, in vain.
    package var tried: [String]
}

extension CredentialSource: CustomStringConvertible {
    /// For errors, without anything secret.
    package var description: String {
        switch self {
        case .given(let credentials): "\(credentials)"
        case .webIdentity(let identity): "\(identity.role) by \(identity.tokenFile) at \(identity.endpoint)"
        case .container(let service): "the container's \(service.endpoint)"
        case .instance(let service): "the instance's \(service.endpoint)"
        }
    }
}
