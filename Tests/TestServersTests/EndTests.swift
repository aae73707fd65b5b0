import Foundation
import TestServers
import Testing

@Suite struct EndTests {
    /// Starts servers in a process that is then killed, and sees that neither they nor their files are left.
    @Test func nothingOutlivesAKilledProcess() async throws {
        let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
            let redis = try await RedisServer.start()
            let postgreSQL = try await PostgreSQLServer.start()
            let workers = try String(
                contentsOfFile: "/proc/\(postgreSQL.pid)/task/\(postgreSQL.pid)/children",
                encoding: .utf8
            )
            print(
                "started \(redis.pid) \(redis.directoryPath) \(postgreSQL.pid) \(postgreSQL.directoryPath) \(workers)"
            )
            fflush(nil)
            kill(getpid(), SIGKILL)
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("started ") })
        let words = line.split(separator: " ").dropFirst().map(String.init)
        let processes = words.compactMap { Int32($0) }
        let directories = words.filter { $0.hasPrefix("/") }
        #expect(processes.count > 2)
        #expect(directories.count == 2)
        try await Patience.until { processes.allSatisfy(isGone) }
        try await Patience.until {
            directories.allSatisfy { !FileManager.default.fileExists(atPath: $0) }
        }
    }

    @Test func filesGoWithTheServer() async throws {
        var server: RedisServer? = try await RedisServer.start()
        let path = try #require(server).directoryPath
        #expect(FileManager.default.fileExists(atPath: path))
        server = nil
        try await Patience.until { !FileManager.default.fileExists(atPath: path) }
    }

    /// Whether it has ended; process 1 may not have noticed yet.
    private func isGone(_ process: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
        return stat.split(separator: ")").last?.split(separator: " ").first == "Z"
    }
}
