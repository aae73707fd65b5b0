#if HTTP
import Foundation
import TestServers
import Testing

/// The server over TLS, with certificates of openssl's making and curl as the client.
@Suite struct EncryptionTests {
    private let tool: Tool

    init() throws { tool = try Tool() }

    private func start(_ arguments: String...) async throws -> (running: Running, url: String) {
        let running = try tool.start(arguments)
        return (running, try await running.url())
    }

    @Test func itServesHTTPSAndTakesUpARenewedCertificate() async throws {
        try await tool.makeCertificate("first")
        let copied = try await tool.shell("cp first.pem served.pem && cp first.key served.key")
        #expect(copied.status == 0)
        let token = try await tool.run("token", "issue", "owner:ann").output.trimmingCharacters(in: .newlines)
        let (running, url) = try await start(
            "serve",
            "--listen",
            "0",
            "--tls-certificate-file",
            "served.pem",
            "--tls-key-file",
            "served.key"
        )
        #expect(url.hasPrefix("https://127.0.0.1:"))
        let healthy = try await tool.shell("curl -sS --cacert first.pem \(url)/healthz")
        #expect(healthy.status == 0 && healthy.output == "ok\n", "\(healthy)")

        // Locations lead to the same place, and bytes go there.
        let md5 = try await tool.shell("head -c 300000 /dev/urandom > bytes && md5sum bytes | cut -c1-32").output
        let part = """
            {"type":"arbitrary","contentType":"text/plain","contentLength":300000,"md5Hash":"\(md5.prefix(32))"}
            """
        try Data(#"{"meta":{"name":"n"},"files":[\#(part)]}"#.utf8).write(to: tool.directory.appending(path: "body"))
        let sent = try await tool.shell(
            """
            set -e
            curl -sS --fail --cacert first.pem -H 'Authorization: Bearer \(token)' -d @body \(url)/files/upload > begun
            location=$(jq -r '.files[0].location' begun)
            echo "$location"
            curl -sS --fail --cacert first.pem -T bytes -H 'Content-Type: text/plain' "$location"
            """
        )
        #expect(sent.status == 0 && sent.output.hasPrefix("\(url)/objects/"), "\(sent)")

        let address = url.dropFirst("https://".count)
        let plain = try await tool.shell("curl -sS -w '%{http_code}' \(address)/healthz")
        #expect(plain.status == 0 && plain.output.contains("tlsNeeded") && plain.output.hasSuffix("400"), "\(plain)")
        let stranger = try await tool.shell("curl -sS \(url)/healthz")
        #expect(stranger.status == 60, "\(stranger)")
        let old = try await tool.shell("curl -sS --cacert first.pem --tls-max 1.1 \(url)/healthz")
        #expect(old.status == 35, "\(old)")

        // One without its key leaves what was there; the key makes it good.
        try await tool.makeCertificate("second")
        #expect(try await tool.shell("cp second.pem served.pem").status == 0)
        try await Patience.until { try running.error().contains("can't be taken up") }
        #expect(try await tool.shell("curl -sS --cacert first.pem \(url)/healthz").output == "ok\n")
        #expect(try await tool.shell("cp second.key served.key").status == 0)
        try await Patience.until {
            try await tool.shell("curl -sS --cacert second.pem \(url)/healthz").output == "ok\n"
        }
        running.signal(SIGTERM)
        #expect(await running.status() == 0)
    }

    @Test func filesThatAreNoIdentityAreToldOf() async throws {
        try await tool.makeCertificate("one")
        try await tool.makeCertificate("two")
        let cases: [(certificate: String, key: String, says: String)] = [
            ("one.pem", "two.key", "two.key"), ("one.key", "one.key", "no certificates"),
            ("one.pem", "one.pem", "no private key"), ("nowhere", "one.key", "nowhere"),
            ("one.pem", "missing", "missing"),
        ]
        for (certificate, key, says) in cases {
            let outcome = try await tool.run(
                "serve",
                "--listen",
                "0",
                "--tls-certificate-file",
                certificate,
                "--tls-key-file",
                key
            )
            #expect(outcome.status == 1 && outcome.error.contains(says), "\(outcome)")
            #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome)")
        }
        for arguments in [
            ["serve", "--tls-certificate-file", "one.pem"], ["serve", "--tls-key-file", "one.key"],
            ["migrate", "start", "x", "--tls-certificate-file", "one.pem", "--tls-key-file", "one.key"],
        ] {
            let outcome = try await tool.run(arguments)
            #expect(outcome.status == 2 && outcome.error.contains("--tls-certificate-file"), "\(outcome)")
        }
    }

    @Test func othersBeingAbleToReadIsToldOf() async throws {
        try await tool.makeCertificate("one")
        let (plain, url) = try await start("serve", "--listen", "0.0.0.0:0", "--public-url", "http://localhost")
        #expect(url.contains("//0.0.0.0:"))
        #expect(try plain.error().split(separator: "\n").first?.contains("without encryption") == true)
        plain.interrupt()
        #expect(await plain.status() == 0)
        let (encrypted, _) = try await start(
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--public-url",
            "https://localhost",
            "--tls-certificate-file",
            "one.pem",
            "--tls-key-file",
            "one.key"
        )
        #expect(try !encrypted.error().contains("warning"))
        encrypted.interrupt()
        #expect(await encrypted.status() == 0)
    }
}

extension Tool {
    /// Makes a certificate for this machine that is its own root, and its key.
    func makeCertificate(_ name: String) async throws {
        let made = try await shell(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(name) \
                -addext subjectAltName=IP:127.0.0.1 -keyout \(name).key -out \(name).pem
            """
        )
        try #require(made.status == 0, "\(made)")
    }
}
#endif
