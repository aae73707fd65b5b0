import Foundation

/// A real S3 server: the gateway of Ceph, with one monitor and one store in memory, on the loopback interface.
///
/// It checks signatures. It knows `If-None-Match` on writes, and takes an `If-Match` of the usual form for one that does
/// not hold.
public final class CephGateway: Sendable {
    /// The names of its one user.
    public static let accessKeyID = "AKIATEST"
    /// The user's key.
    public static let secretAccessKey = "SECRETTEST"

    /// Where the gateway listens.
    public let port: Int
    private let directory: ServerDirectory
    private let processes: [ServerProcess]

    private init() throws {
        port = try FreePort.find()
        let monitor = try FreePort.find()
        directory = try ServerDirectory()
        let path = directory.path
        for name in ["mon", "osd", "run", "rgw"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        }
        let configuration = "\(path)/ceph.conf"
        let identity = UUID().uuidString.lowercased()
        try CephGateway.text(identity: identity, path: path, port: port, monitor: monitor)
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        let address = "[v2:127.0.0.1:\(monitor)]"
        try Tool.run(["monmaptool", "--create", "--addv", "a", address, "--fsid", identity, "\(path)/monmap"])
        try Tool.run(["ceph-mon", "-c", configuration, "-i", "a", "--mkfs", "--monmap", "\(path)/monmap"])
        let ceph = ["ceph", "-c", configuration, "--connect-timeout", "5"]
        let first = ServerProcess(["ceph-mon", "-c", configuration, "-i", "a", "-f"], in: path)
        // Not ready yet is what these find out, so why does not matter.
        try first.start { (try? Tool.run(ceph + ["-s"])) != nil }
        let disk = UUID().uuidString.lowercased()
        try Tool.run(ceph + ["osd", "new", disk])
        try Tool.run(["ceph-osd", "-c", configuration, "-i", "0", "--mkfs", "--osd-uuid", disk])
        let second = ServerProcess(["ceph-osd", "-c", configuration, "-i", "0", "-f"], in: path)
        // As above.
        try second.start { (try? Tool.run(ceph + ["osd", "stat"]))?.contains("1 up") ?? false }
        let third = ServerProcess(["radosgw", "-c", configuration, "-n", "client.rgw", "-f"], in: path)
        let listening = port
        try third.start { FreePort.isListening(listening) }
        processes = [third, second, first]
        try Tool.run([
            "radosgw-admin", "-c", configuration, "-n", "client.rgw", "user", "create", "--uid", "tests",
            "--display-name", "tests", "--access-key", CephGateway.accessKeyID, "--secret-key",
            CephGateway.secretAccessKey,
        ])
    }

    /// Starts one with nothing in it, which takes some seconds.
    public static func start() async throws -> CephGateway { try await Patience.retrying { try CephGateway() } }

    /// Ends it, and what is in it.
    public func kill() {
        for process in processes { process.end(SIGKILL) }
    }

    private static func text(identity: String, path: String, port: Int, monitor: Int) -> String {
        """
        [global]
        fsid = \(identity)
        mon host = v2:127.0.0.1:\(monitor)
        mon initial members = a
        auth cluster required = none
        auth service required = none
        auth client required = none
        public addr = 127.0.0.1
        cluster addr = 127.0.0.1
        ms bind ipv6 = false
        ms bind port min = 13310
        ms bind port max = 13700
        osd pool default size = 1
        osd pool default min size = 1
        osd pool default pg num = 2
        osd pool default pgp num = 2
        osd pool default pg autoscale mode = off
        mon allow pool size one = true
        mon max pg per osd = 1000
        mon data avail crit = 1
        mon data avail warn = 1
        osd crush chooseleaf type = 0
        osd objectstore = memstore
        memstore device bytes = 2147483648
        mon data = \(path)/mon
        osd data = \(path)/osd
        run dir = \(path)/run
        admin socket = \(path)/run/$name.$pid.asok
        log file = \(path)/run/$name.log
        pid file = \(path)/run/$name.pid
        [client.rgw]
        rgw frontends = beast endpoint=127.0.0.1:\(port) tcp_nodelay=1
        rgw data = \(path)/rgw
        ms mon client mode = crc secure
        auth client required = none

        """
    }
}
