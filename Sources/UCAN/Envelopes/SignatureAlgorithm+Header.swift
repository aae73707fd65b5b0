import IPLD

extension SignatureAlgorithm {
    /// The algorithm that the header of an envelope tells: that of the
    /// [varsig specification](https://github.com/ChainAgnostic/varsig), version 1, over DAG-CBOR.
    ///
    /// It is a row of varints: 0x34, the version, the algorithm with two numbers that depend on it, and the format of what
    /// is signed.
    init(header: [UInt8], signatureBytes: Int) throws(UCANError) {
        var numbers: [UInt64] = []
        var rest = header[...]
        while !rest.isEmpty, numbers.count < 7 {
            let (number, count) = try translating { () throws(IPLDError) in try Varint.decode(rest) }
            numbers.append(number)
            rest = rest.dropFirst(count)
        }
        guard numbers.count == 6, numbers[0] == 0x34, numbers[1] == 1 else {
            throw UCANError(.unsupported, "The header of a signature is not one of version 1 with one algorithm.")
        }
        guard numbers[5] == Multicodec.dagCBOR.rawValue else {
            throw UCANError(.unsupported, "A signature is not of DAG-CBOR.")
        }
        let size = UInt64(signatureBytes)
        self =
            switch (numbers[2], numbers[3], numbers[4]) {
            case (0xED, 0xED, 0x13): .edDSA
            case (0xEC, 0x1200, 0x12): .es256
            case (0xEC, 0xE7, 0x12): .es256K
            case (0xEC, 0x1201, 0x20): .es384
            case (0xEC, 0x1202, 0x13): .es512
            // The specification gives the hash function and the bytes of the key in one order here and another there.
            case (0x1205, 0x12, size), (0x1205, size, 0x12): .rs256
            default: throw UCANError(.unsupported, "The header of a signature names an algorithm that is not known.")
            }
    }
}
