import Tuples

/// Whatever is decoded must encode to the same bytes. The fuzzer calls this, and reports each trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let tuple: Tuple
    do throws(TupleError) { tuple = try Tuple(decoding: bytes) } catch { return 0 }
    do throws(TupleError) {
        let again = try tuple.encoded()
        precondition(again == bytes, "a decoded tuple has another encoding")
    } catch {
        preconditionFailure("the encoder refuses what was decoded")
    }
    return 0
}
