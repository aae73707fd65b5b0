"""Scripts/make-sample on small package lists, and the sample that ships."""

import gzip
import json
import pathlib
import tempfile
import unittest

import loading

make_sample = loading.script("make-sample")
SAMPLE = loading.ROOT / "Sample" / "debian-packages.ndjson.gz"


def stanza(name, section="admin", maintainer="Ada <ada@a.example>", size="7"):
    return (
        f"Package: {name}\nVersion: 1.0-1\nArchitecture: all\nMaintainer: {maintainer}\nDescription: {name}\n"
        f" more: of it\nSection: {section}\nFilename: pool/{name}.deb\nSize: {size}\nSHA256: 00ff\n\n"
    ).encode("utf-8", "surrogateescape")


class Records(unittest.TestCase):
    def records(self, *contents):
        return self.read(make_sample.records, *contents)

    def read(self, reading, *contents):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, content in enumerate(contents):
                paths.append(pathlib.Path(folder) / f"{number}_Packages")
                paths[-1].write_bytes(content)
            original, make_sample.lines_of = make_sample.lines_of, lambda path: path.read_bytes().split(b"\n")
            try:
                found = reading(paths)
                return found if isinstance(found, dict) else list(found)
            finally:
                make_sample.lines_of = original

    def test_a_record_holds_the_facts(self):
        [(partition, key, value)] = self.records(stanza("a"))
        self.assertEqual((partition, key), (b"admin", b"pool/a.deb"))
        self.assertEqual(
            value,
            b'{"architecture":"all","maintainer":"Ada","package":"a","sha256":"00ff","size":7,"version":"1.0-1"}',
        )

    def test_order_is_that_of_bytes_and_duplicates_go(self):
        found = self.records(stanza("b") + stanza("a", "libs"), stanza("a") + stanza("b") + stanza("B"))
        places = [(partition, key) for partition, key, _ in found]
        self.assertEqual(
            places,
            [(b"admin", b"pool/B.deb"), (b"admin", b"pool/a.deb"), (b"admin", b"pool/b.deb"), (b"libs", b"pool/a.deb")],
        )

    def test_the_order_of_the_lists_does_not_matter(self):
        one, two = stanza("a", size="1"), stanza("a", size="2")
        self.assertEqual(self.records(one, two), self.records(two, one))

    def test_packages_without_a_fact_are_left_out(self):
        self.assertEqual(self.records(b"Package: a\nSize: 1\n\n", stanza("b", size="many"), b""), [])

    def test_one_in_some_keeps_the_first_of_each_partition(self):
        records = [(b"a", b"1"), (b"a", b"2"), (b"a", b"3"), (b"b", b"1"), (b"b", b"2")]
        self.assertEqual(list(make_sample.one_in(2, records)), [(b"a", b"1"), (b"a", b"3"), (b"b", b"1")])

    def test_what_is_no_text_is_written_in_base64(self):
        [made] = self.records(stanza("a\udcff"))
        entry = json.loads(make_sample.line(made))
        self.assertEqual(set(entry), {"partition", "keyBase64", "valueBase64"})
        self.assertEqual(entry["keyBase64"], "cG9vbC9h/y5kZWI=")


    def test_tags_are_sorted_and_go_on_in_further_lines(self):
        tagged = stanza("a").replace(b"Section", b"Tag: use::b, role::c,\n made::a\nSection")
        found = self.read(make_sample.tags, tagged + stanza("b"), stanza("a"))
        self.assertEqual(found, {b"a": [b"made::a", b"role::c", b"use::b"]})
        chosen = self.records(tagged + stanza("b"))
        self.assertEqual(list(make_sample.tag_lines(chosen, found | {b"c": [b"x::y"]})), [b"a made::a role::c use::b"])


class ShippedSample(unittest.TestCase):
    def test_its_tags_are_of_its_packages(self):
        with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
            packages = {json.loads(json.loads(line)["value"])["package"] for line in lines}
        with gzip.open(SAMPLE.parent / "debian-tags.txt.gz", "rb") as lines:
            rows = [line.split() for line in lines]
        names = [row[0] for row in rows]
        self.assertEqual(names, sorted(set(names)))
        self.assertLessEqual({name.decode() for name in names}, packages)
        for row in rows:
            self.assertEqual(row[1:], sorted(set(row[1:])))
            self.assertTrue(all(b"::" in tag for tag in row[1:]))
        self.assertEqual((len(rows), sum(len(row) - 1 for row in rows)), (15_554, 57_517))

    def test_it_is_sorted_unique_and_complete(self):
        with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines]
        places = [(entry["partition"].encode(), entry["key"].encode()) for entry in entries]
        self.assertEqual(places, sorted(set(places)))
        self.assertEqual(len(places), 33_257)
        facts = {"architecture", "maintainer", "package", "sha256", "size", "version"}
        for entry in entries:
            self.assertEqual(set(json.loads(entry["value"])), facts)
            self.assertLessEqual(len(entry["partition"].encode()), 128)
            self.assertLessEqual(len(entry["key"].encode()), 448)

    def test_its_readme_tells_its_numbers(self):
        readme = (SAMPLE.parent / "README.md").read_text(encoding="utf-8")
        self.assertIn("33,257", readme)
        self.assertLessEqual(SAMPLE.stat().st_size, 3_000_000)


if __name__ == "__main__":
    unittest.main()
