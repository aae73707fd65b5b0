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

    private func shared(_ variableName: String, _ name: String) -> SharedFile? {
        guard let path = variable(variableName) ?? variable("HOME").map({ $0 + "/.aws/" + name }) else { return nil }
        return file(path).map { SharedFile($0) }
    }

    private func profileName(_ name: String?) -> String { name ?? variable("AWS_PROFILE") ?? "default" }

    /// Credentials of the process's variables, or else of the profile in the shared file; nil where there are none.
    ///
    /// - Parameter profile: the one to take; it goes before the variables. Nil for that of `AWS_PROFILE`, or `default`.
    func credentials(profile: String?) -> AWSCredentials? {
        if profile == nil, let name = variable("AWS_ACCESS_KEY_ID"), let key = variable("AWS_SECRET_ACCESS_KEY") {
            return AWSCredentials(
                accessKeyID: name,
                secretAccessKey: key,
                sessionToken: variable("AWS_SESSION_TOKEN")
            )
        }
        let profile = profileName(profile)
        for file in [shared("AWS_SHARED_CREDENTIALS_FILE", "credentials"), shared("AWS_CONFIG_FILE", "config")] {
            guard let file, let name = file[profile, "aws_access_key_id"],
                let key = file[profile, "aws_secret_access_key"]
            else { continue }
            return AWSCredentials(
                accessKeyID: name,
                secretAccessKey: key,
                sessionToken: file[profile, "aws_session_token"]
            )
        }
        return nil
    }

    /// The region of the process's variables, or else of the profile; nil where there is none.
    func region(profile: String?) -> String? {
        variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
            ?? shared("AWS_CONFIG_FILE", "config")?[profileName(profile), "region"]
    }
}
