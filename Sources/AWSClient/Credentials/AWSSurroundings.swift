import Glibc

/// Where credentials and regions are looked for that no URL gives: the variables of the process, and two files.
package struct AWSSurroundings: Sendable {
    /// The value of a variable; nil where it is not set, or empty.
    package var variable: @Sendable (_ name: String) -> String?
    /// The text of a file; nil where there is none that can be read.
    package var file: @Sendable (_ path: String) -> String?
    /// The seconds since 1970, by which requests are signed.
    package var secondsSince1970: @Sendable () -> Int64

    package init(
        variable: @escaping @Sendable (_ name: String) -> String?,
        file: @escaping @Sendable (_ path: String) -> String?,
        secondsSince1970: @escaping @Sendable () -> Int64
    ) {
        self.variable = variable
        self.file = file
        self.secondsSince1970 = secondsSince1970
    }

    /// Those of this process.
    package static let live = AWSSurroundings(
        variable: { name in
            guard let value = getenv(name), value.pointee != 0 else { return nil }
            return String(cString: value)
        },
        file: { path in readText(path) },
        secondsSince1970: { Int64(time(nil)) }
    )

    /// More than any such file has.
    private static let fileBytesMax = 1 << 20

    private static func readText(_ path: String) -> String? {
        let handle = open(path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { return nil }
        defer { close(handle) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < fileBytesMax {
            let count = read(handle, &block, block.count)
            if count <= 0 { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The files that other programs share, in the order in which a setting is looked for in them.
    var profilePaths: [String] {
        [("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")].compactMap { name, file in
            variable(name) ?? variable("HOME").map { "\($0)/.aws/\(file)" }
        }
    }

    var profileFiles: [SharedFile] { profilePaths.compactMap { file($0).map { SharedFile($0) } } }

    /// The name of the profile that is meant.
    func profileName(_ name: String?) -> String { name ?? variable("AWS_PROFILE") ?? "default" }

    func hasProfile(_ name: String) -> Bool { profileFiles.contains { $0.has(name) } }

    /// The region of the process's variables, or else of the profile; nil where there is none.
    func region(profile: String?) -> String? {
        if let region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") { return region }
        let name = profileName(profile)
        return profileFiles.lazy.compactMap { $0[name, "region"] }.first
    }
}
