#if HTTP
import Files
import HTTPTypes
import KeyValue
import Logging
import Records

extension Problem {
    /// A refusal of the files service.
    init(_ error: FilesError) {
        self.init(
            HTTPResponse.Status(integerLiteral: error.status),
            code: error.code.rawValue,
            error.message,
            error.details
        )
        fields = error.fields.map { Field($0.path, $0.message) }
    }

    /// What keeps records from being read and written. What it is about stays in the log.
    init(_ error: RecordError) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .contended: .conflict
            case .tooLarge: .contentTooLarge
            case .indexNotReady: .serviceUnavailable
            default: .internalServerError
            }
        self.init(status, code: error.code.rawValue, error.message)
    }

    /// What clients are told of an error in the files; the log has what is not for them.
    static func told(of error: any Error, _ logger: Logger) -> any Error {
        switch error {
        case let error as FilesError: return Problem(error)
        case let error as RecordError:
            logger.error("Files could not be reached.", metadata: ["error": "\(error)"])
            return Problem(error)
        case let error as StoreError:
            logger.error("Files could not be reached.", metadata: ["error": "\(error)"])
            var problem = Problem(error)
            // Keys have names of owners in them.
            problem.metadata = [:]
            return problem
        default: return error
        }
    }
}
#endif
