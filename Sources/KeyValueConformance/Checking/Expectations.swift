import KeyValue

/// Throws unless `condition` holds.
func expect(
    _ condition: Bool,
    _ message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) throws(ConformanceFailure) {
    guard !condition else { return }
    let location = SourceLocation(file: file, line: line)
    throw ConformanceFailure(message(), expected: "it to hold", found: "that it does not", location)
}

/// Throws unless both are equal.
func expectEqual<Value: Equatable>(
    _ found: Value,
    _ expected: Value,
    _ message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) throws(ConformanceFailure) {
    guard found != expected else { return }
    let location = SourceLocation(file: file, line: line)
    throw ConformanceFailure(message(), expected: shown(expected), found: shown(found), location)
}

/// Throws unless both lists are equal; tells the first difference.
func expectEqual<Value: Equatable>(
    _ found: [Value],
    _ expected: [Value],
    _ message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) throws(ConformanceFailure) {
    guard found != expected else { return }
    let shared = zip(found, expected).prefix { $0 == $1 }.count
    func tell(_ list: [Value]) -> String {
        // A few are shown whole, of many the first that differs.
        guard max(found.count, expected.count) > 8 else { return shown(list) }
        return "\(list.count) items, of which item \(shared) is \(shared < list.count ? shown(list[shared]) : "none")"
    }
    let location = SourceLocation(file: file, line: line)
    throw ConformanceFailure(message(), expected: tell(expected), found: tell(found), location)
}

/// The value, if there is one.
func require<Value>(
    _ value: Value?,
    _ message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) throws(ConformanceFailure) -> Value {
    guard let value else {
        throw ConformanceFailure(message(), expected: "something", found: "nil", .init(file: file, line: line))
    }
    return value
}

/// Throws unless `body` throws a `StoreError` of one of these codes, which is returned.
@discardableResult
func expectError(
    _ codes: StoreError.Code...,
    from message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line,
    _ body: () async throws -> Void
) async throws -> StoreError {
    let location = SourceLocation(file: file, line: line)
    let expected = codes.map(\.rawValue).joined(separator: " or ")
    do {
        try await body()
    } catch let error as StoreError {
        guard codes.contains(error.code) else {
            throw ConformanceFailure(message(), expected: expected, found: "\(error)", location)
        }
        return error
    }
    throw ConformanceFailure(message(), expected: expected, found: "success", location)
}

/// For people, and not longer than they read.
private func shown(_ value: some Any) -> String {
    let text =
        switch value {
        case let bytes as [UInt8]: "\"\(Key.escaped(bytes))\""
        default: "\(value)"
        }
    return text.utf8.count <= 600 ? text : "\(text.prefix(600))…"
}
