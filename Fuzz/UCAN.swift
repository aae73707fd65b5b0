import IPLD
import UCAN

/// The first byte of an input chooses the parser that reads the rest. What is read must be written the same, and be read
/// the same again. The fuzzer calls this, and reports each trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    let text = String(decoding: bytes, as: UTF8.self)
    do throws(UCANError) {
        switch kind % 10 {
        case 0: try check(Token(Block(.dagCBOR, bytes)))
        case 1: try check(Token(text))
        case 2: try checkArchive(bytes)
        case 3: try checkMessage(bytes)
        case 4: try checkReceipt(Block(.dagCBOR, bytes))
        case 5: try checkName(DID(text))
        case 6: try checkName(DID(decoding: bytes))
        case 7: check(try Signature(decoding: bytes).bytes == bytes, "a signature has other bytes")
        case 9: try checkEnvelope(Block(.dagCBOR, bytes))
        default:
            let key = try SigningKey(secretText: text)
            check(try SigningKey(secretText: key.secretText).did == key.did, "a key has another text")
        }
    } catch {
        return 0
    }
    return 0
}

/// The condition is evaluated before the call, so that it may throw.
private func check(_ condition: Bool, _ message: String) { precondition(condition, message) }

private func check(_ token: Token) throws(UCANError) {
    check(try Token(token.block) == token, "a token is read otherwise from its block")
    check(try Token(token.jwt) == token, "a token is read otherwise from its text")
    if let key = try token.payload.issuer.key { _ = try token.isSigned(by: key) }
    _ = try token.alternativeCID
}

private func checkEnvelope(_ block: Block) throws(UCANError) {
    let envelope = try Envelope(block)
    check(try Envelope(envelope.block) == envelope, "an envelope is read otherwise from its block")
    if let key = try envelope.issuer.key { _ = envelope.isSigned(by: key) }
    _ = envelope.holds(at: 0)
}

private func checkArchive(_ bytes: [UInt8]) throws(UCANError) {
    let delegation = try Delegation(archive: bytes)
    let written = try delegation.archive()
    let read = try Delegation(archive: written)
    check(read.token == delegation.token, "a delegation is read otherwise")
    check(try read.archive() == written, "a delegation is written otherwise")
}

private func checkMessage(_ bytes: [UInt8]) throws(UCANError) {
    let message = try Message(decoding: bytes)
    let read = try Message(decoding: message.encoded())
    check(read.execute == message.execute && read.report == message.report, "a message is read otherwise")
    for link in message.execute { try check(message.invocation(link).token) }
    for ran in message.report.keys {
        if let receipt = try message.receipt(of: ran) { try checkReceipt(receipt.block) }
    }
}

private func checkReceipt(_ block: Block) throws(UCANError) {
    let receipt = try Receipt(block)
    check(receipt.block == block, "a receipt has another block")
    if let key = try receipt.issuer?.key { _ = try receipt.isSigned(by: key) }
}

private func checkName(_ did: DID) throws(UCANError) {
    check(try DID(did.text) == did, "a name is read otherwise from its text")
    check(try DID(decoding: did.bytes) == did, "a name is read otherwise from its bytes")
    if let address = did.mailAddress { check(try DID.mail(address).mailAddress == address, "an address is another") }
    _ = try did.key
}
