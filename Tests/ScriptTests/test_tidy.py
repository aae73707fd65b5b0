"""Each rule of Scripts/tidy, on small inputs that break it and on their nearest neighbours that do not."""

import os
import pathlib
import tempfile
import unittest

import loading

tidy = loading.script("tidy")


def lines_found(rule, path, text):
    """The lines on which the rule finds something in a file of this path and text."""
    return [finding.line for finding in rule(tidy.SourceFile(path, text))]


class SplittingCodeAndComments(unittest.TestCase):
    def code(self, source):
        code, comments = tidy.split_code_and_comments(source)
        self.assertEqual(len(code), len(source))
        self.assertEqual(len(comments), len(source))
        return " ".join(code.split())

    def test_comments_are_no_code(self):
        self.assertEqual(self.code("a // b\nc /* d /* e */ f */ g"), "a c g")
        self.assertEqual(self.code("a /* never closed"), "a")

    def test_comments_are_kept_apart(self):
        _, comments = tidy.split_code_and_comments('a // b\n"// c" /* d */')
        self.assertEqual(comments.split(), ["//", "b", "/*", "d", "*/"])

    def test_text_is_no_code(self):
        self.assertEqual(self.code('a("b // c") d'), "a( ) d")
        self.assertEqual(self.code('a("b \\" c") d'), "a( ) d")
        self.assertEqual(self.code('a("""\nb " c\n""") d'), "a( ) d")
        self.assertEqual(self.code('a(#"b " \\( c"#) d'), "a( ) d")
        self.assertEqual(self.code('"never closed\na'), "a")

    def test_interpolations_are_code(self):
        self.assertEqual(self.code('"b \\(c(d)) e" f'), "c(d)) f")
        self.assertEqual(self.code('"b \\(c("d")) e" f'), "c( )) f")
        self.assertEqual(self.code('#"b \\#(c) e"# f'), "c) f")

    def test_quoted_names_hide_their_content(self):
        self.assertEqual(self.code('func `a "b // c`() {}'), 'func `a "b // c`() {}')


class Layers(unittest.TestCase):
    def found(self, target, text):
        return lines_found(tidy.check_imports, f"Sources/{target}/A.swift", text)

    def test_only_listed_imports(self):
        self.assertEqual(self.found("KeyValue", "import Logging\npublic import Foundation\n"), [2])
        self.assertEqual(self.found("Tuples", "import KeyValue\n"), [1])
        self.assertEqual(self.found("Migration", "@testable import SQLiteStore\nimport KeyValue"), [1])
        self.assertEqual(self.found("KeyValue", "internal import struct Foundation.Data\n"), [1])

    def test_comments_import_nothing(self):
        self.assertEqual(self.found("Tuples", "/// import KeyValue\n"), [])

    def test_unknown_target(self):
        self.assertEqual(self.found("Common", ""), [1])

    def test_tests_import_what_they_need(self):
        self.assertEqual(lines_found(tidy.check_imports, "Tests/TuplesTests/A.swift", "import Foundation"), [])

    def test_every_target_is_listed(self):
        targets = {path.name for path in (loading.ROOT / "Sources").iterdir() if path.is_dir()}
        self.assertEqual(targets - set(tidy.LAYERS), set())


class DeclaredDependencies(unittest.TestCase):
    MANIFEST = """
        .target(name: "A"),
        .systemLibrary(name: "C", pkgConfig: "c"),
        .target(name: "B", dependencies: [.target(name: "C", condition: .when(traits: ["T"])), "D"]),
        .testTarget(name: "BTests", dependencies: ["B"]),
        """

    def found(self, path, text):
        files = [tidy.SourceFile("Package.swift", self.MANIFEST), tidy.SourceFile(path, text)]
        return [finding.line for finding in tidy.check_declared_dependencies(files)]

    def test_an_import_is_declared(self):
        self.assertEqual(self.found("Sources/B/B.swift", "import C\nimport Foundation\n"), [])
        self.assertEqual(self.found("Sources/B/B.swift", "import C\nimport A\n"), [2])
        self.assertEqual(self.found("Tests/BTests/B.swift", "@testable import B\n@testable import A\n"), [2])


class StoreNames(unittest.TestCase):
    def found(self, target, text):
        return lines_found(tidy.check_store_names, f"Sources/{target}/A.swift", text)

    def test_code_outside_of_the_store(self):
        self.assertEqual(self.found("KeyValue", "struct SQLiteThing {}\nlet usesRedis = true\n"), [1, 2])
        self.assertEqual(self.found("Migration", "let a = sqlite3_open\nlet b = S3Bucket()\nlet c = s3\n"), [1, 2, 3])
        self.assertEqual(self.found("SQLiteStore", "let a = PostgreSQL()\n"), [1])
        self.assertEqual(self.found("KeyValue", "let dynamoDBLimit = 1\nlet cloudflare = 1"), [1, 2])

    def test_where_a_store_may_be_named(self):
        self.assertEqual(self.found("SQLiteStore", "struct SQLiteStore {}\n"), [])
        self.assertEqual(self.found("Drivers", "let a = SQLiteStore.self\n"), [])
        self.assertEqual(lines_found(tidy.check_store_names, "Tests/KeyValueTests/A.swift", "SQLiteStore()"), [])

    def test_documents_may_name_stores(self):
        self.assertEqual(self.found("KeyValue", "/// As in SQLite.\nlet a = \"SQLite\"\n"), [])

    def test_ordinary_words(self):
        self.assertEqual(self.found("KeyValue", "func redistribute() {}\nlet redirect = 1\nlet keys32 = 1\n"), [])

    def test_conditions_on_traits(self):
        self.assertEqual(self.found("KeyValue", "#if SQLite\n#endif\n"), [])


class Lengths(unittest.TestCase):
    def test_files(self):
        self.assertEqual(lines_found(tidy.check_file_length, "Sources/KeyValue/A.swift", "\n" * 600), [])
        self.assertEqual(lines_found(tidy.check_file_length, "Sources/KeyValue/A.swift", "\n" * 601), [601])
        self.assertEqual(lines_found(tidy.check_file_length, "Scripts/a", "\n" * 601), [601])
        self.assertEqual(lines_found(tidy.check_file_length, "ARCHITECTURE.md", "\n" * 601), [])

    def functions(self, text):
        return lines_found(tidy.check_function_length, "Sources/KeyValue/A.swift", text)

    def body(self, lines):
        """A body that is that many lines long with its first and last."""
        return "{\n" + "a\n" * (lines - 2) + "}\n"

    def test_functions(self):
        self.assertEqual(self.functions("struct A {\n  func b() " + self.body(70) + "}"), [])
        self.assertEqual(self.functions("struct A {\n  func b() " + self.body(71) + "}"), [2])
        self.assertEqual(self.functions("class A {\n  class func b() " + self.body(71) + "}"), [2])
        two = "  init() " + self.body(71) + "  deinit " + self.body(71)
        self.assertEqual(self.functions("struct A {\n" + two + "}"), [2, 73])

    def test_properties_and_closures(self):
        self.assertEqual(self.functions("extension A {\n  var b: Int " + self.body(71) + "}"), [2])
        self.assertEqual(self.functions("let a = b.map " + self.body(71)), [1])

    def test_inner_bodies_are_part_of_the_outer(self):
        self.assertEqual(self.functions("func a() {\n  if b " + self.body(68) + "}"), [])
        self.assertEqual(self.functions("func a() {\n  if b " + self.body(71) + "}"), [1])

    def test_types_may_be_long(self):
        self.assertEqual(self.functions("struct A " + self.body(200)), [])
        self.assertEqual(self.functions("enum A {\n  case b\n  struct C " + self.body(200) + "}"), [])
        self.assertEqual(self.functions("protocol A {\n  func b()\n  var c: C { get }\n}\nactor D " + self.body(9)), [])

    def test_python(self):
        long = "#!/usr/bin/env python3\ndef a():\n" + "    b()\n" * 70
        self.assertEqual(lines_found(tidy.check_function_length, "Scripts/a", long), [2])
        self.assertEqual(lines_found(tidy.check_function_length, "Scripts/a", long[:-8]), [])


class ForbiddenCode(unittest.TestCase):
    def found(self, path, text):
        return lines_found(tidy.check_forbidden_code, path, text)

    def test_traps(self):
        bad = "let a = try! b()\nlet c = d as! E\nfatalError(\"f\")\n"
        self.assertEqual(self.found("Sources/KeyValue/A.swift", bad), [1, 2, 3])
        good = "// try! and as!\nlet a = \"fatalError()\"\nlet b = c as? D\n"
        self.assertEqual(self.found("Sources/KeyValue/A.swift", good), [])

    def test_what_the_compiler_gets_wrong(self):
        self.assertEqual(self.found("Sources/KeyValue/A.swift", "defer { a = consume b }\ndefer { a = b }"), [1])

    def test_printing(self):
        self.assertEqual(self.found("Sources/KeyValue/A.swift", "print(1)\ndebugPrint(2)\ndump(3)"), [1, 2, 3])
        self.assertEqual(self.found("Sources/KeyValue/A.swift", "a.print(1)\nblueprint(2)"), [])
        self.assertEqual(self.found("Sources/CommandLineTool/A.swift", "print(1)"), [])

    def test_tests(self):
        bad = "try await Task.sleep(for: a)\nusleep(1)\n@Test(.disabled(\"b\"))\nwithKnownIssue {}\nimport XCTest\n"
        self.assertEqual(self.found("Tests/KeyValueTests/A.swift", bad), [1, 2, 3, 4, 5])
        self.assertEqual(self.found("Tests/KeyValueTests/A.swift", "func sleep(until: Int) {}\nasleep()"), [])


class ExplainedCode(unittest.TestCase):
    def found(self, text, path="Sources/SQLiteStore/A.swift"):
        return lines_found(tidy.check_explained_code, path, text)

    def test_swallowed_errors(self):
        self.assertEqual(self.found("a()\ntry? b()\n"), [2])
        self.assertEqual(self.found("// It is gone either way.\ntry? b()\ntry? c() // As above.\n"), [])
        self.assertEqual(self.found("try? b()\n", "Tests/KeyValueTests/A.swift"), [])

    def test_unchecked_conformances(self):
        self.assertEqual(self.found("final class A: @unchecked Sendable {}\n"), [1])
        self.assertEqual(self.found("// Never changed after init.\n@frozen\nstruct A: @unchecked Sendable {}\n"), [])
        self.assertEqual(self.found("nonisolated(unsafe) var a = 1\n"), [1])
        self.assertEqual(self.found("nonisolated(unsafe) var a = 1 // Behind the lock.\n"), [])

    def test_unsafe_pointers(self):
        self.assertEqual(self.found("struct A {\n  func b(_ c: UnsafeMutableRawPointer) {}\n}\n"), [2])
        self.assertEqual(self.found("/// A.\nstruct A {\n  func b() {\n    c()\n    Unmanaged.d(e)\n  }\n}\n"), [5])
        self.assertEqual(self.found("// Valid in c.\nfunc b() {\n  let d: UnsafeMutablePointer<Int>\n}\n"), [])
        self.assertEqual(self.found("func b() {\n  // Copied at once.\n  unsafeBitCast(c)\n}\n"), [])


class Text(unittest.TestCase):
    def found(self, path, text):
        return lines_found(tidy.check_text, path, text)

    def test_unfinished_work(self):
        self.assertEqual(self.found("README.md", "a\nTO" + "DO: b\n// FIX" + "ME\nTODOS\n"), [2, 3])

    def test_machine_paths(self):
        self.assertEqual(self.found("a.md", "cd /ro" + "ot/a\n\"/ho" + "me/b\"\n/wo" + "rk\n"), [1, 2, 3])
        self.assertEqual(self.found("a.md", "a/work/b\n$PWD/work\n./home/a\n/workers\n/rooted\n"), [])

    def test_registries(self):
        self.assertEqual(self.found("a.md", "deb" + ".debian.org\nghcr" + ".io/a\nDebian's archive\n"), [1, 2])

    def test_links(self):
        good = "https://github.com/a/b http://example.com:80/c http://127.0.0.1:1/ https://a.example/\n"
        self.assertEqual(self.found("a.md", good + "see https:" + "//elsewhere.net/a\n"), [2])

    def test_script_columns(self):
        self.assertEqual(self.found("Scripts/a", "#" * 120 + "\n" + "#" * 121), [2])
        self.assertEqual(self.found("a.md", "#" * 121), [])


class Documentation(unittest.TestCase):
    def found(self, *texts):
        files = [tidy.SourceFile(f"Sources/KeyValue/{number}.swift", text) for number, text in enumerate(texts)]
        return [finding.line for finding in tidy.check_documentation(files)]

    def test_public_declarations(self):
        bad = "public struct A {\n  public let b = 1\n  @inlinable public static func c() {}\n  public init(d: D)\n"
        self.assertEqual(self.found(bad + "  // e\n  public var e: Int { 1 }\n}\n"), [1, 2, 3, 4, 6])
        good = "/// A.\n@frozen\npublic struct A {\n  let b = 1\n  /// C.\n  public init?(c: C)\n}\n"
        self.assertEqual(self.found("public import KeyValue\n" + good), [])

    def test_requirements_document_what_meets_them(self):
        protocol = "/// A.\npublic protocol A {\n  /// B.\n  func b()\n  /// C.\n  var c: Int { get }\n}\n"
        extension = "extension D: A {\n  public func b() {}\n  public var c: Int { 1 }\n  public func e() {}\n}\n"
        self.assertEqual(self.found(protocol, extension), [4])
        self.assertEqual(self.found("extension A {\n  public static func == (b: A, c: A) -> Bool { true }\n}\n"), [])
        self.assertEqual(self.found("extension A {\n  public init(from b: any Decoder) throws {}\n}\n"), [])


class Checkout(unittest.TestCase):
    def test_placeholders(self):
        empty = tidy.SourceFile("Sources/KeyValue/Empty.swift", "")
        other = tidy.SourceFile("Sources/KeyValue/Batch/Put.swift", "")
        neighbour = tidy.SourceFile("Tests/KeyValueTests/A.swift", "")
        self.assertEqual(len(list(tidy.check_placeholders([empty, other]))), 1)
        self.assertEqual(list(tidy.check_placeholders([empty, neighbour])), [])

    def test_relative_links(self):
        text = "[a](README.md) [b](Sample) [c](#part) [d](https://example.com)\n[e](Scripts/nothing)\n"
        found = tidy.check_relative_links(loading.ROOT, tidy.SourceFile("A.md", text))
        self.assertEqual([finding.line for finding in found], [2])

    def test_findings_of_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in {"Sources/Tuples/A.swift": "import Foundation\n", "Scripts/a": "true\n"}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            generated = root / "Sources/Tuples/a.pb.swift"
            generated.write_text("// DO NOT EDIT.\nimport Foundation\n", encoding="utf-8")
            (root / "picture.png").write_bytes(b"\x89PNG\xff\x00")
            found = [(finding.path, finding.line) for finding in tidy.findings(root)]
            self.assertEqual(found, [("Scripts/a", 1), ("Scripts/a", 1), ("Sources/Tuples/A.swift", 1)])
            os.chmod(root / "Scripts/a", 0o755)
            self.assertEqual(len(tidy.findings(root)), 2)


if __name__ == "__main__":
    unittest.main()
