public import Tracing

/// Puts every call into a span of the program's tracer, with the attributes that OpenTelemetry names for databases.
///
/// Spans hold no keys and no values.
public struct TracedStore<Spans: Tracer>: StoreDecorator {
    public let base: any KeyValueStore
    private let tracer: Spans

    /// Traces `base` with `tracer`.
    public init(_ base: any KeyValueStore, tracer: Spans) {
        self.base = base
        self.tracer = tracer
    }

    public func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let span = tracer.startSpan(call.operation.name, ofKind: .client)
        defer { span.end() }
        if span.isRecording {
            span.updateAttributes { attributes in
                attributes["db.system.name"] = base.system
                attributes["db.operation.name"] = call.operation.name
                attributes["db.operation.batch.size"] = call.items
            }
        }
        do throws(StoreError) {
            // The context goes along by hand: the library's own scoped form does not carry a typed error.
            var outcome: Swift.Result<Result, StoreError>?
            await ServiceContext.$current.withValue(span.context) {
                do throws(StoreError) {
                    outcome = .success(try await body())
                } catch {
                    outcome = .failure(error)
                }
            }
            guard let outcome else { throw StoreError(.unavailable, "The call did not run.") }
            return try outcome.get()
        } catch {
            span.attributes["error.type"] = error.code.rawValue
            if error.code != .preconditionFailed {
                span.setStatus(SpanStatus(code: .error, message: error.message))
            }
            throw error
        }
    }
}
