"""A downstream team's program, in full: it keeps an SQLite file with the newest
articles from the public topics, takes out of it what is killed or held, and goes
on where it was after it ended in whatever way. deploy/CONSUMING.md says what it
relies on.

    python3 -m venv venv && venv/bin/pip install --require-hashes -r requirements.txt
    venv/bin/python subscriber.py --brokers 127.0.0.1:9092 --copy copy.db follow
    venv/bin/python subscriber.py --copy copy.db list
"""

import argparse
import contextlib
import json
import pathlib
import signal
import sqlite3
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from copytaster.v1 import article_pb2

RELEASED = "articles.released"
CURRENT = "articles.current"

TYPE = b"org.copytaster.article.released.v1"
CONTENT_TYPE = b"application/protobuf"

ASK_SECONDS = 30.0  # for an answer of Kafka
BATCH = 500  # messages in a transaction
WAIT_SECONDS = 1.0  # for a message, until it is looked whether to stop; and until Kafka is asked again
SINCE_MARGIN_MS = 60_000  # for clocks that differ, and ends of partitions not asked for at one moment
PARTITIONS_EVERY = 60.0  # seconds between two looks at the number of partitions


class Anew(Exception):
    """The copy can't go on from where it is, and is made anew."""


class Refused(Exception):
    """A message that this program does not know. To pass over it might be to
    pass over a kill."""


def entry(message):
    """What a message says: uri, revision, status, headline, text."""
    place = f"{message.topic()}/{message.partition()}@{message.offset()}"
    headers = dict(message.headers() or [])
    if headers.get("ce_type") != TYPE:
        raise Refused(f"message {place}: ce_type is {headers.get('ce_type')}, this program knows {TYPE}")
    if headers.get("content-type") != CONTENT_TYPE:
        raise Refused(f"message {place}: content-type is {headers.get('content-type')}, not {CONTENT_TYPE}")
    try:
        article = article_pb2.Article.FromString(message.value())
    except Exception as e:  # the library's own kinds differ by its implementation
        raise Refused(f"message {place}: {e}") from e
    if not article.uri or article.uri.encode() != message.key():
        raise Refused(f"message {place}: the key is {message.key()}, the uri {article.uri}")
    if article.status == article_pb2.STATUS_USABLE:
        return article.uri, article.revision, "usable", first(article, "headline"), article.text
    if article.status == article_pb2.STATUS_CANCELED:
        return article.uri, article.revision, "canceled", "", ""
    # A status of later days, too, is none that lets the text be used.
    return article.uri, article.revision, "withheld", "", ""


def since(message):
    """The message's ct_since, ms since 1970: what was released before is current.
    0: it says nothing."""
    value = dict(message.headers() or []).get("ct_since", b"0")
    try:
        return int(value)
    except ValueError as e:
        raise Refused(f"message {message.topic()}/{message.partition()}@{message.offset()}: ct_since is {value}") from e


def first(article, kind):
    """The text of the article's first segment of that kind. Spans count bytes."""
    text = article.text.encode()
    for segment in article.segments:
        if segment.kind == kind:
            return text[segment.evidence.start : segment.evidence.end].decode()
    return ""


class Stopped(Exception):
    """The program is to end."""


class Copy:
    """The local copy. Articles and how far they are change in one transaction:
    so every message takes effect once, however often it comes."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None, timeout=ASK_SECONDS)
        self.db.execute("PRAGMA journal_mode = WAL")  # others may read meanwhile
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA secure_delete = ON")  # what is killed is gone from the file, too, see forget
        with self.change():
            self.db.execute(
                "CREATE TABLE IF NOT EXISTS articles (uri TEXT PRIMARY KEY, revision INTEGER NOT NULL,"
                " status TEXT NOT NULL, headline TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID"
            )
            self.db.execute(
                "CREATE TABLE IF NOT EXISTS positions (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL)"
            )

    @contextlib.contextmanager
    def change(self):
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def put(self, message):
        """Puts what a message says in place, and tells whether it is a notice."""
        e = entry(message)
        self.db.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?)", e)
        return e[2] != "usable"

    def forget(self):
        """Overwrites in the file what was taken out, and empties the log beside it,
        which still has the text; tells whether it could. While somebody lists it can't,
        and does not wait: the next kill must not."""
        self.db.execute("PRAGMA busy_timeout = 0")
        busy, *_ = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.db.execute(f"PRAGMA busy_timeout = {ASK_SECONDS * 1000:.0f}")
        return not busy

    def clear(self):
        self.db.execute("DELETE FROM articles")
        self.db.execute("DELETE FROM positions")

    def advance(self, positions):
        self.db.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", positions.items())

    def positions(self):
        return dict(self.db.execute("SELECT partition, next FROM positions"))


def list_copy(path, out):
    """Prints the copy's articles, by uri, also while another process follows."""
    if not pathlib.Path(path).exists():
        return
    db = sqlite3.connect(path, timeout=ASK_SECONDS)
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles'").fetchone():
        return
    for uri, revision, status, headline, text in db.execute(
        "SELECT uri, revision, status, headline, text FROM articles ORDER BY uri"
    ):
        line = {"uri": uri, "revision": revision, "status": status, "headline": headline, "text": text}
        print(json.dumps({k: v for k, v in line.items() if v != ""}, ensure_ascii=False), file=out)


class Subscriber:
    def __init__(self, copy, settings, namespace, stop):
        self.copy = copy
        self.namespace = namespace
        self.stop = stop
        self.consumer = Consumer(
            {
                "client.id": "subscriber",
                "group.id": namespace + "subscriber",  # asked for by the library; positions are the copy's
                "enable.auto.commit": False,
                # An offset that the log does not have is an error: to go on elsewhere would be to lose articles.
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                **settings,
            }
        )

    def run(self):
        """Keeps the copy up to date until it is to stop. It tries again for as
        long as Kafka is away; what ends it is a message that it can't read, and
        a copy that it can't write."""
        with contextlib.suppress(Stopped):
            while True:
                try:
                    positions = self.copy.positions()
                    self.check(positions)
                    self.follow(positions)
                except Anew as why:
                    say(why)
                    try:
                        self.anew()
                        say("the copy is made")
                    except (Anew, KafkaException) as e:
                        self.try_again(e)
                except KafkaException as e:
                    self.try_again(e)

    def try_again(self, why):
        say(f"can't read from Kafka, trying again: {why}")
        self.stop.wait(WAIT_SECONDS)

    def check(self, positions):
        """Tells whether the log still has what comes after the copy."""
        if not positions:
            raise Anew("there is no copy")
        extents = self.extents(RELEASED)
        if extents.keys() != positions.keys():
            raise Anew(f"{RELEASED} has {len(extents)} partitions, and had {len(positions)}: keys have moved")
        for partition, position in positions.items():
            start, end = extents[partition]
            if not start <= position <= end:
                raise Anew(f"{RELEASED}/{partition} has offsets {start} to {end}, and {position} is next")

    def anew(self):
        """Makes a copy: all of what is current, and then what was released and may
        not have been current when that was read. Nobody sees it until it is whole,
        so that it does not matter that the second repeats some of the first."""
        with self.copy.change():
            self.copy.clear()
            current = self.extents(CURRENT)
            latest = self.read(CURRENT, {p: start for p, (start, _) in current.items()}, current)
            start = self.start(latest)
            # What is current was released before: so this end is behind all that was read.
            released = self.extents(RELEASED)
            self.read(RELEASED, start, released)
            self.copy.advance({p: end for p, (_, end) in released.items()})

    def start(self, time_ms):
        """Where to begin in what was released, by partition: messages of that time
        (ms since 1970; 0: from the first) or later, with the margin."""
        extents = self.extents(RELEASED)
        if time_ms == 0:
            return {p: start for p, (start, _) in extents.items()}
        name = self.namespace + RELEASED
        asked = [TopicPartition(name, p, time_ms - SINCE_MARGIN_MS) for p in extents]
        offsets = {}
        for found in self.consumer.offsets_for_times(asked, timeout=ASK_SECONDS):
            if found.error is not None:
                raise KafkaException(found.error)
            # Below 0: nothing is that late.
            offsets[found.partition] = found.offset if found.offset >= 0 else extents[found.partition][1]
        return offsets

    def extents(self, topic):
        """First offset and the one behind the last, by partition."""
        name = self.namespace + topic
        known = self.consumer.list_topics(name, timeout=ASK_SECONDS).topics[name]
        if known.error is not None:
            raise KafkaException(known.error)
        return {
            p: self.consumer.get_watermark_offsets(TopicPartition(name, p), timeout=ASK_SECONDS)
            for p in known.partitions
        }

    def assign(self, topic, positions):
        self.consumer.assign([TopicPartition(self.namespace + topic, p, at) for p, at in positions.items()])

    def read(self, topic, positions, extents):
        """Reads a topic up to its end. Gives the latest ct_since."""
        latest = 0
        left = {p for p, at in positions.items() if at < extents[p][1]}
        self.assign(topic, {p: positions[p] for p in left})
        while left:
            for message in self.messages():
                end = extents[message.partition()][1]
                at_end = message.error() is not None  # of the partition; its offset is the one behind
                if not at_end and message.offset() < end:
                    self.copy.put(message)
                    latest = max(latest, since(message))
                # What was last may be compacted away, or no message: the position tells.
                if message.offset() + (0 if at_end else 1) >= end:
                    left.discard(message.partition())
        return latest

    def follow(self, positions):
        """Reads what is released from now on into the copy."""
        self.assign(RELEASED, positions)
        looked = time.monotonic()
        to_forget = True  # what was taken out before may be there still
        while True:
            if time.monotonic() - looked > PARTITIONS_EVERY:
                self.check(self.copy.positions())
                looked = time.monotonic()
            messages = [m for m in self.messages() if m.error() is None]
            if messages:
                with self.copy.change():
                    for message in messages:
                        to_forget |= self.copy.put(message)
                    self.copy.advance({m.partition(): m.offset() + 1 for m in messages})
            if to_forget:
                to_forget = not self.copy.forget()

    def messages(self):
        """What has come; of errors only the ends of partitions."""
        if self.stop.is_set():
            raise Stopped
        # To ask for many with a timeout would be to wait for many: a kill must not.
        one = self.consumer.poll(WAIT_SECONDS)
        messages = [] if one is None else [one, *self.consumer.consume(BATCH - 1, timeout=0)]
        for message in messages:
            error = message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:
                continue
            if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
                raise Anew(error.str())
            if error.retriable() or error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT):
                say(error.str())
                continue
            raise KafkaException(error)
        return [m for m in messages if m.error() is None or m.error().code() == KafkaError._PARTITION_EOF]


def say(what):
    print(f"subscriber: {what}", file=sys.stderr, flush=True)


def settings(arguments):
    """How Kafka is spoken to, in the library's own words."""
    s = {"bootstrap.servers": arguments.brokers}
    if arguments.ca_cert or arguments.user:
        s["security.protocol"] = "SASL_SSL" if arguments.user else "SSL"
    if arguments.ca_cert:
        s["ssl.ca.location"] = arguments.ca_cert
    if arguments.user:
        s["sasl.mechanism"] = "SCRAM-SHA-512"
        s["sasl.username"] = arguments.user
        s["sasl.password"] = pathlib.Path(arguments.password_file).read_text().rstrip("\r\n")
    return s


def main():
    parser = argparse.ArgumentParser(description="Keeps an SQLite file with the newest articles, and lists it.")
    parser.add_argument("--brokers", default="127.0.0.1:9092", help="addresses of Kafka, by comma")
    parser.add_argument("--namespace", default="", help="what stands before the topics' names")
    parser.add_argument("--copy", default="copy.db", help="file of the copy")
    parser.add_argument("--user", help="user in Kafka (SCRAM-SHA-512, over TLS)")
    parser.add_argument("--password-file", help="file with the user's password")
    parser.add_argument("--ca-cert", help="file of the certificates to trust; with it or a user Kafka is asked over TLS")
    parser.add_argument("what", choices=["follow", "list"])
    arguments = parser.parse_args()

    if arguments.what == "list":
        list_copy(arguments.copy, sys.stdout)
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        Subscriber(Copy(arguments.copy), settings(arguments), arguments.namespace, stop).run()
    except (KafkaException, Refused, sqlite3.Error) as e:
        sys.exit(f"subscriber: {e}")


if __name__ == "__main__":
    main()
