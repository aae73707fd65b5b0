// Whoever speaks HTTP to a store reads and writes JSON.
@_exported public import JSONFormat
