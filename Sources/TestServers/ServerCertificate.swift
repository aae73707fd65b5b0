/// A certificate for 127.0.0.1 and localhost, signed by an authority made for it.
struct ServerCertificate {
    let authority: String
    let certificate: String
    let key: String

    init(in directory: String) throws {
        authority = directory + "/ca.crt"
        certificate = directory + "/server.crt"
        key = directory + "/server.key"
        let request = directory + "/server.csr"
        let authorityKey = directory + "/ca.key"
        let names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try Tool.run(
            [
                "openssl", "req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", authorityKey, "-out",
                authority,
            ]
                + curve
        )
        try Tool.run(
            ["openssl", "req", "-subj", "/CN=localhost", "-addext", names, "-keyout", key, "-out", request] + curve
        )
        try Tool.run([
            "openssl", "x509", "-req", "-days", "2", "-copy_extensions", "copy", "-in", request, "-CA", authority,
            "-CAkey", authorityKey, "-CAcreateserial", "-out", certificate,
        ])
    }
}
