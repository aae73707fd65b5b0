#if CloudflareKV
import KeyValue
import StoreHTTP
import TestServers

@testable import CloudflareKVStore

/// Hands requests to a namespace without a server between, so that time can be simulated.
struct DirectTransport: HTTPTransport {
    let namespace: ScriptedCloudflareKV

    func send(_ request: StoreRequest, deadline: Duration) async throws(HTTPFailure) -> StoreReply {
        let headers = Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
        let answer = namespace.answer(
            HTTPExchangeRequest(method: request.method, target: request.target, headers: headers, body: request.body)
        )
        guard case .reply(let reply) = answer else { throw HTTPFailure(.disconnected, maybeSent: true) }
        return StoreReply(status: reply.status, headers: reply.headers, body: reply.body)
    }

    func close() async {}
}

extension CloudflareKVStore {
    /// A store of a namespace without a server between.
    convenience init(
        of namespace: ScriptedCloudflareKV,
        partition: String,
        budget: RequestBudget,
        environment: StoreEnvironment
    ) throws(StoreError) {
        let transport = BudgetedTransport(
            base: DirectTransport(namespace: namespace),
            budget: budget,
            environment: environment
        )
        let endpoint = try HTTPEndpoint("http://127.0.0.1:1")
        self.init(
            CloudflareNamespace(
                caller: HTTPCaller(transport, environment: environment, timeout: .seconds(10)),
                endpoint: endpoint,
                token: "t0ken",
                path: ScriptedCloudflareKV.path
            ),
            partition: partition,
            prefix: nil,
            environment: environment
        )
    }
}
#endif
