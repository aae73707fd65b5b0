"""What the documents say of the code, where a program can tell."""

import re
import unittest

import loading


class Readme(unittest.TestCase):
    def test_its_example_is_the_snippet_that_every_build_compiles(self):
        readme = (loading.ROOT / "README.md").read_text(encoding="utf-8")
        [example] = re.findall(r"^```swift\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
        self.assertEqual(example, (loading.ROOT / "Snippets/Quickstart.swift").read_text(encoding="utf-8"))


class Catalogues(unittest.TestCase):
    def test_their_examples_are_the_snippets_that_every_build_compiles(self):
        for module, snippet in {"IPLD": "Archives", "UCAN": "Delegations"}.items():
            page = (loading.ROOT / f"Sources/{module}/Documentation.docc/{module}.md").read_text(encoding="utf-8")
            examples = re.findall(r"^```swift\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
            program = (loading.ROOT / f"Snippets/{snippet}.swift").read_text(encoding="utf-8")
            slices = re.findall(r"^// snippet\.\w+\n(.*?)^// snippet\.end$", program, re.DOTALL | re.MULTILINE)
            self.assertEqual(examples, slices)


if __name__ == "__main__":
    unittest.main()
