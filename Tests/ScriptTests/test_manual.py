"""What Scripts/manual makes of what the command says of itself."""

import unittest

import loading

manual = loading.script("manual")

GET = {
    "commandName": "get",
    "abstract": "Show a value.",
    "discussion": "Of one record.\n\nExample: wherehouse get a\nExample: wherehouse get b",
    "arguments": [
        {
            "kind": "positional",
            "valueName": "store",
            "abstract": "Its URL.",
            "isOptional": False,
            "shouldDisplay": True,
        },
        {
            "kind": "option",
            "valueName": "policy",
            "abstract": "What to do.",
            "isOptional": True,
            "shouldDisplay": True,
            "allValues": ["skip", "fail"],
            "defaultValue": "skip",
            "preferredName": {"kind": "long", "name": "if-exists"},
        },
        {
            "kind": "flag",
            "valueName": "hidden",
            "isOptional": True,
            "shouldDisplay": False,
            "preferredName": {"kind": "long", "name": "hidden"},
        },
    ],
}


class Page(unittest.TestCase):
    def test_a_command_has_its_synopsis_and_its_arguments(self):
        lines = list(manual.section(GET))
        begin = [".Ss get", ".Nm wherehouse", ".Cm get", ".Ar store", r".Op Fl \-if\-exists Ar policy"]
        self.assertEqual(lines[: len(begin)], begin)
        self.assertIn("What to do. One of: skip, fail. Default: skip.", lines)
        self.assertNotIn("hidden", "\n".join(lines))

    def test_examples_are_shown_as_they_are_typed(self):
        lines = list(manual.section(GET))
        begin = lines.index(".Bd -literal -offset indent")
        self.assertEqual(lines[begin + 1 : begin + 4], ["wherehouse get a", "wherehouse get b", ".Ed"])

    def test_no_text_is_taken_for_a_request(self):
        self.assertEqual(manual.escaped(".Dd -x\n'y\\"), "\\&.Dd \\-x\n\\&'y\\e")


if __name__ == "__main__":
    unittest.main()
