import Foundation

/// Says a line to whoever started the process, in one call, so that it is there however the process ends.
package func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // If nobody listens any more there is nobody to tell.
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
