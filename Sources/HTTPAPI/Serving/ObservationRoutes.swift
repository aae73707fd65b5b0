#if HTTP
import HTTPTypes
import Hummingbird
import NIOCore
import Telemetry

/// What those ask for who look after a server: `/healthz` whether it runs, `/readyz` whether all of its services can do
/// their work, `/metrics` what it has counted, in Prometheus's text format.
struct ObservationRoutes {
    let services: [any HTTPService]
    let metrics: MetricsRegistry

    func add(to router: Router<ServiceContext>) {
        router.get("/healthz") { _, _ in Response(text: "ok\n") }
        router.get("/readyz") { [services] _, _ in
            for service in services {
                guard let hindrance = await service.hindrance() else { continue }
                throw Problem(
                    .serviceUnavailable,
                    code: "notReady",
                    hindrance,
                    ["service": service.path],
                    retryAfter: .seconds(1)
                )
            }
            return Response(text: "ok\n")
        }
        router.get("/metrics") { [services, metrics] _, _ in
            for service in services { await service.measure(into: metrics) }
            return Response(text: metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}

extension Response {
    fileprivate init(text: String, type: String = "text/plain; charset=utf-8") {
        self.init(
            status: .ok,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
#endif
