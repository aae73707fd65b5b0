"""What the documents say of the code, where a program can tell."""

import re
import unittest

import loading


class Readme(unittest.TestCase):
    def test_its_example_is_the_snippet_that_every_build_compiles(self):
        readme = (loading.ROOT / "README.md").read_text(encoding="utf-8")
        [example] = re.findall(r"^```swift\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
        self.assertEqual(example, (loading.ROOT / "Snippets/Quickstart.swift").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
