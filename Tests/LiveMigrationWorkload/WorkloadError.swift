/// Something about the workload itself is wrong, not about what it tests.
package struct WorkloadError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
