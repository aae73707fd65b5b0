import CZstd
import KeyValue

/// Compresses and expands blocks, each by itself, as zstd frames (RFC 8878) with their own checksum.
final class Compression {
    // Both are used by whoever holds the only reference, one call at a time.
    private let compressor: OpaquePointer
    private let expander: OpaquePointer

    init() throws(StoreError) {
        guard let compressor = ZSTD_createCCtx() else { throw Compression.outOfMemory }
        guard let expander = ZSTD_createDCtx() else {
            ZSTD_freeCCtx(compressor)
            throw Compression.outOfMemory
        }
        self.compressor = compressor
        self.expander = expander
    }

    deinit {
        ZSTD_freeCCtx(compressor)
        ZSTD_freeDCtx(expander)
    }

    private static let outOfMemory = StoreError(.full, "There is no memory for compressing: free some.")

    func compress(_ bytes: [UInt8], level: Int) throws(StoreError) -> [UInt8] {
        let settings = [(ZSTD_c_compressionLevel, CInt(clamping: level)), (ZSTD_c_checksumFlag, 1)]
        for (setting, value) in settings
        where ZSTD_isError(ZSTD_CCtx_setParameter(compressor, setting, value)) != 0 {
            throw .invalidArgument("The compression takes no such level.", ["level": "\(level)"])
        }
        var code = 0
        let compressed = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, filled in
            code = bytes.withUnsafeBytes {
                ZSTD_compress2(compressor, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
            }
            filled = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else { throw Compression.outOfMemory }
        return compressed
    }

    /// The bytes of one frame, which have to be this many; nil otherwise.
    func expand(_ bytes: ArraySlice<UInt8>, to count: Int) -> [UInt8]? {
        let announced = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard announced == UInt64(count) else { return nil }
        var code = 0
        let expanded = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            code = bytes.withUnsafeBytes {
                ZSTD_decompressDCtx(expander, buffer.baseAddress, count, $0.baseAddress, $0.count)
            }
            filled = code == count ? count : 0
        }
        return expanded.count == count ? expanded : nil
    }
}
