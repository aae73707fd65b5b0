/// On whose behalf an action is asked for.
public enum Caller: Hashable, Sendable {
    /// Nobody who is known: may look at what is public.
    case anonymous
    /// An owner of files: may look at what is public, and do everything with what is theirs.
    case owner(String)
    /// A part of the system, such as who brings notifications: may do everything, in anybody's name.
    case service
}

extension Caller {
    /// Whether the caller may read what an owner keeps to themselves, and change it.
    func isTrusted(with owner: String) -> Bool {
        switch self {
        case .anonymous: false
        case .owner(let name): name == owner
        case .service: true
        }
    }

    /// The owner in whose name the action is done: the one that was named, if the caller may, or else the caller.
    ///
    /// - Returns: Nil for the service where it names nobody.
    func acting(as name: String?) throws(FilesError) -> String? {
        switch self {
        case .anonymous: throw FilesError(.signInNeeded, "Sign in: this is for owners of files.")
        case .owner(let own):
            guard name == nil || name == own else {
                throw FilesError(.forbidden, "The action is asked for in somebody else's name.")
            }
            return own
        case .service: return name
        }
    }

    /// Throws unless the caller is a part of the system.
    func requireService() throws(FilesError) {
        guard self == .service else {
            throw FilesError(.forbidden, "Only parts of the system may ask for this.")
        }
    }
}
