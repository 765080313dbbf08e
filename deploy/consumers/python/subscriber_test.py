"""Tests what needs no Kafka: python -m unittest subscriber_test, in this folder."""

import pathlib
import tempfile
import unittest

import subscriber
from copytaster.v1 import article_pb2

TEXT = "The text that is to go"


class Message:
    """A message, or the end of a partition."""

    def __init__(self, partition, offset, end=False, status=article_pb2.STATUS_USABLE, uri=""):
        self.where, self.end = (partition, offset), end
        self.article = article_pb2.Article(uri=uri or f"urn:x:{partition}:{offset}", status=status)
        if status == article_pb2.STATUS_USABLE:
            self.article.text = TEXT

    def topic(self):
        return subscriber.RELEASED

    def partition(self):
        return self.where[0]

    def offset(self):
        return self.where[1]

    def error(self):
        return "the end" if self.end else None

    def headers(self):
        return [("ce_type", subscriber.TYPE), ("content-type", subscriber.CONTENT_TYPE)]

    def key(self):
        return self.article.uri.encode()

    def value(self):
        return self.article.SerializeToString()


class CopyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "copy.db")
        self.copy = subscriber.Copy(self.path)
        self.addCleanup(self.copy.db.close)

    def put(self, *messages):
        with self.copy.change():
            return [self.copy.put(m) for m in messages]

    def test_killed_text_is_gone_from_the_files(self):
        def there():
            return [p.name for p in self.path.parent.iterdir() if TEXT.encode() in p.read_bytes()]

        kill = Message(0, 2, status=article_pb2.STATUS_CANCELED, uri="urn:x:0:1")
        self.assertEqual(self.put(Message(0, 1)), [False])
        self.assertTrue(self.copy.forget())
        self.assertEqual(there(), ["copy.db"])
        reader = subscriber.sqlite3.connect(self.path)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        self.assertEqual(reader.execute("SELECT text FROM articles").fetchall(), [(TEXT,)])
        self.assertEqual(self.put(kill), [True])
        self.assertFalse(self.copy.forget(), "while somebody reads")
        reader.execute("COMMIT")
        self.assertTrue(self.copy.forget())
        self.assertEqual(there(), [])


class ReadTest(unittest.TestCase):
    def read(self, *batches):
        """What is taken of partition 0 from offset 5 to the end 10; the number of batches asked for."""
        s, taken, left = object.__new__(subscriber.Subscriber), [], list(batches)
        s.assign = lambda *_: None
        s.messages = lambda: left.pop(0)
        s.copy = self
        self.put = lambda m: taken.append(m.offset())
        s.read(subscriber.CURRENT, {0: 5}, {0: (0, 10)})
        return taken, len(batches) - len(left)

    def test_to_the_end(self):
        more = [Message(0, 99)]
        for name, batches, want in (
            ("the last", ([Message(0, 5)], [Message(0, 9)], more), ([5, 9], 2)),
            ("the last is gone", ([Message(0, 5)], [Message(0, 12)], more), ([5], 2)),
            ("nothing is there", ([], [Message(0, 10, end=True)], more), ([], 2)),
            ("an end too early", ([Message(0, 7, end=True)], [Message(0, 9)], more), ([9], 2)),
        ):
            with self.subTest(name):
                self.assertEqual(self.read(*batches), want)


if __name__ == "__main__":
    unittest.main()
