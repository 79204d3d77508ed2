"""Texts become ids: against a slow reference, and against what a trained model reads."""

from __future__ import annotations

import errno
import hashlib
import os
import pathlib
import re
import sys
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slow_texts import refused

from lstm_widget.errors import ModelError, SettingError
from lstm_widget.network import normalize as lookalikes
from lstm_widget.network.normalize import normalize
from lstm_widget.training import encoding, reading
from lstm_widget.training.corpus import open_corpus
from lstm_widget.training.reading import Fault
from lstm_widget.training.text import encode

ACUTE, DOT_BELOW = "\u0301", "\u0323"
KOREAN = "\u1100\u1161\u11a8\uac00\uac01"  # three parts of a syllable, two of them as one, all as one
# Signs that join, that are look-alikes, that depend on what is before them, or that are none of this.
TRICKY = [
    *("a", "b", " ", "\n", "\r", "\t", "e", "\u00e9", "e" + ACUTE, ACUTE, DOT_BELOW, "\u1eb9", "\u0344"),
    *("'", '"', "‘", "’", "“", "”", "«", "-", "–", "—", "(", "\u00a0", "\u2028", "\u0085", "…", "."),
    *(*KOREAN, "\u09c7\u09be", "\u09cb", "\u09be", "\u0f73", "\u0f71", "\u0f72", "\u212b", "\u00c5"),
    *(
        "A",
        "E" + ACUTE,
        "É",
        "ﬁ",
        "f",
        "i",
        "\u017f",
        "s",
        "S",
        "\uff21",
        "½",
        "1",
        "2",
        "/",
        "\u2005",
        "\u3000",
    ),
    *("\U0001f600", "\u200d", "\ufffd", "\ufeff", "\x00", "\x07", "漢", "ü", "\U0010ffff"),
]
texts = st.lists(st.sampled_from(TRICKY), min_size=2, max_size=40).map("".join)


def encoded(source, min_count=1, **options):
    """Return a corpus in a folder that is gone then; on Linux it can be read all the same."""
    with tempfile.TemporaryDirectory() as folder:
        return encode(source, Path(folder) / "ids", min_count=min_count, **options)


def text_of(corpus):
    characters = list(corpus.vocab)
    return "".join(characters[number] for number in corpus.ids)


def with_line_feeds(text):
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def slow_vocab(text, min_count, keep=""):
    counts = Counter(text)
    kept = {character for character in counts if counts[character] >= min_count} | set(keep)
    return {c: number for number, c in enumerate(sorted(kept, key=lambda c: (-counts[c], c)))}


def first_wrong(data):
    """Return where the first byte is that is not UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def written(folder, **files):
    """Write files, named after the keyword; return their paths."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, content in files.items():
        path = folder / f"{name}.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths


# What is read.


@given(text=texts, min_count=st.integers(1, 4), keep=st.text(st.sampled_from("".join(TRICKY))))
@example(text="ab\n" * 3 + "“a”", min_count=3, keep="'\"")
@example(text="abab" + "e" + ACUTE + DOT_BELOW, min_count=2, keep="\u1eb9" + ACUTE)
@example(text=KOREAN * 2, min_count=3, keep="\uac01")
@example(text="ab" * 4 + "\r\n—\r", min_count=4, keep="-\r")
def test_a_text_is_read_as_a_model_reads_it(text, min_count, keep):
    source = text + "ab" * 128  # long enough to be no path
    plain = with_line_feeds(source)
    vocab = slow_vocab(plain, min_count, keep)
    normalized = normalize(plain, vocab)
    corpus = encoded(source, min_count, keep=keep)
    assert corpus.vocab == vocab
    assert list(corpus.vocab) == list(vocab)
    assert [*corpus.ids] == [vocab[character] for character in normalized.text]
    assert corpus.characters == len(plain)
    counts = Counter(plain)
    folded = {c: counts[c] for c in sorted(counts, key=lambda c: (-counts[c], c)) if c not in vocab}
    assert list(corpus.folded.items()) == list(folded.items())
    unread = Counter(one.character for one in normalized.replacements if not one.used)
    assert corpus.unread == dict(unread)
    assert corpus.left_out == unread.total()


def test_a_model_reads_the_text_into_the_same_ids(random_model):
    text = "“Well—well,” he said…\n" * 3 + "it’s a cafe" + ACUTE + "\n'café'. \u2028 - -\n" * 3
    corpus = encoded(text, min_count=7, keep="'\"-é.")
    assert corpus.folded.keys() >= {"“", "—", "’", "…", ACUTE, "\u2028"}
    assert corpus.left_out > 0
    model = random_model((3,), characters="".join(corpus.vocab))
    assert text_of(corpus) == model.normalize(text).text


def test_a_quote_is_read_by_what_is_before_it():
    text = "'ab' a'b ('a') —'b'\n'a''" + "ab" * 128
    corpus = encoded(text, min_count=20, keep=" \n()—‘’")
    assert text_of(corpus) == "‘ab’ a’b (‘a’) —‘b’\n‘a’’" + "ab" * 128
    assert corpus.folded == {"'": 10}
    # Also behind a character that is itself left out: it opens nothing.
    text = "a☃'b ☃'" + "ab" * 128
    assert text_of(encoded(text, min_count=20, keep=" ‘’")) == "a’b ’" + "ab" * 128


def test_a_known_text_is_left_as_it_is():
    text = "e" + ACUTE + "é “’ … " + KOREAN + "\n"
    assert text_of(encoded(text)) == text


@given(data=st.lists(st.sampled_from([b"\xc3", b"\xa9", b"\xe2\x80", b"\x9c", b"\xff", b"\xed\xa0\x80",
       b"\xf0\x9f", b"\x98\x80", b"\r", b"\n", b"a", "\ufffdé".encode(), b"\xef\xbb\xbf",
       b"\xc0\x80"])))  # fmt: skip
def test_what_is_not_utf8_is_left_out_and_told(data):
    start = b"ab" * 150  # enough that the file passes as a text
    data = start + b"".join(data)
    decoded = data.decode(errors="ignore")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.txt"
        file.write_bytes(data)
        corpus = encoded(file)
    assert text_of(corpus) == with_line_feeds(decoded)
    assert corpus.undecodable == len(data) - len(decoded.encode())
    first = first_wrong(data)
    wrong = () if first is None else (Fault("a.txt", corpus.undecodable, first, data[first]),)
    assert corpus.faults == wrong
    assert corpus.characters == len(with_line_feeds(decoded))


def test_a_replacement_character_in_the_text_is_a_character(tmp_path):
    [file] = written(tmp_path, a="a\ufffdb" * 3)
    corpus = encoded(file)
    assert (text_of(corpus), corpus.undecodable) == ("a\ufffdb" * 3, 0)


def test_half_characters_of_a_str_are_left_out():
    corpus = encoded("ab\n\udce9\ud83d\ude00c\udfff")
    assert text_of(corpus) == "ab\nc"
    assert corpus.faults == (Fault(None, 4, 3, 0xDCE9),)
    assert corpus.notes() == (
        "4 halves of characters (lone surrogates) in the text were left out, the first at position 3.",
    )


@settings(max_examples=100)
@given(text=st.text("a\r\n", min_size=1).map("ab\n".__add__))
def test_every_line_end_is_one_line_feed(text):
    expected = with_line_feeds(text)
    assert text_of(encoded(text)) == expected
    with tempfile.TemporaryDirectory() as folder:
        [file] = written(Path(folder), a=text)
        assert text_of(encoded(file)) == expected


@settings(max_examples=100)
@given(contents=st.lists(st.text("ab\r\n\ufeff", max_size=5), max_size=5))
def test_files_follow_each_other_on_lines_of_their_own(contents):
    contents = ["ab", *contents, "ba"]
    expected = ""
    for content in filter(None, map(with_line_feeds, contents)):
        expected += "\n" * (expected[-1:] not in {"", "\n"}) + content
    with tempfile.TemporaryDirectory() as folder:
        files = written(Path(folder), **{f"f{number}": text for number, text in enumerate(contents)})
        corpus = encoded(files)
    assert text_of(corpus) == expected
    assert corpus.characters == len(expected)
    assert corpus.names == tuple(file.name for file in files)


def test_a_byte_order_mark_is_no_character(tmp_path):
    files = written(tmp_path, a="\ufeffab", b="\ufeffba\ufeff\ufeff")
    assert text_of(encoded(files)) == "ab\nba\ufeff\ufeff"
    assert text_of(encoded("\ufeffab\n\ufeff")) == "ab\n\ufeff"
    [file] = written(tmp_path, c=b"\xef\xbb\xbfabab\xe9")
    assert encoded(file).faults == (Fault("c.txt", 1, 7, 0xE9),)


# Where it is read from.


def test_a_folder_is_every_text_file_below_it(tmp_path):
    folder = tmp_path / ".home" / "texts"
    files = {
        "b.txt": "1", "a/z.txt": "2", "a.txt": "3", "a/b/c.TXT": "4", "a-b/x.txt": "5", "B.txt": "6",
        ".hidden.txt": "no", ".git/x.txt": "no", "a/.b/x.txt": "no",
        "x.md": "no", "txt": "no", "c.txt/no": "no",
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    corpus = encoded(folder)
    assert text_of(corpus) == "6\n4\n2\n5\n3\n1"
    assert corpus.names == ("B.txt", "c.TXT", "z.txt", "x.txt", "a.txt", "b.txt")
    other = tmp_path / "7.txt"
    other.write_text("7")
    again = encoded([str(other), folder / "a", other])
    assert text_of(again) == "7\n4\n2\n7"


def test_a_str_is_a_text_or_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("a.txt").write_text("from the file")
    assert text_of(encoded("a.txt")) == text_of(encoded("~/a.txt")) == "from the file"
    assert text_of(encoded(Path("~/a.txt"))) == "from the file"
    for text in ("a.txt\n", "a\rb", "ab" * 128):
        corpus = encoded(text)
        assert text_of(corpus) == text.replace("\r", "\n")
        assert corpus.names == ()
    for no_text in ("ab" * 127 + "c", Path("a\nb"), ["a\nb"], "~nobody-at-all/x", "a\0b", ["a.txt", "b.txt"]):
        with refused(SettingError, "There is no text file or folder '.*': check the path"):
            encoded(no_text)


@pytest.mark.parametrize("source", [None, 3, b"ab\n", {"a": "b"}, [b"a.txt"], ["a", 3], iter("a")])
def test_what_is_no_text_is_refused(source):
    with refused(SettingError, "A text is a str, or the path"):
        encoded(source)


def test_nothing_is_refused(tmp_path):
    empty, mark = written(tmp_path / "empty", empty="", mark="\ufeff")
    [wrong] = written(tmp_path / "wrong", wrong=b"\xe9")
    for source in ("", empty, mark, [empty, mark], wrong, "\udcff" * 300):
        with refused(SettingError, "The text is empty"):
            encoded(source)
    with refused(SettingError, "There is no text: name at least one"):
        encoded([])
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.md").write_text("ab")
    with refused(SettingError, r"no text file \(\*.txt\) in the folder '.*none'"):
        encoded(tmp_path / "none")


def test_one_character_is_nothing_to_learn(tmp_path):
    with refused(SettingError, "The text holds only the character 'a': there is nothing to learn"):
        encoded("a" * 300)
    with refused(SettingError, "only the character 'a'"):
        encoded("a" * 300 + "bb", min_count=3, keep="x")
    with refused(SettingError, "No character of the text occurs 3 times"):
        encoded("a\nb", min_count=3)
    with refused(SettingError, "none of the characters to keep: there is nothing to learn"):
        encoded("a\nb", min_count=3, keep="xy")
    assert text_of(encoded("a" * 300 + "—", min_count=3, keep="-")) == "a" * 300 + "-"
    with refused(SettingError, "Only single characters can be kept, not 'ab'"):
        encoded("a\nb", keep=["ab"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_wide_texts_are_refused(tmp_path, coding):
    [file] = written(tmp_path, wide=("\ufeff" * coding.endswith("e") + "Ein Text.\n").encode(coding))
    with refused(SettingError, "'wide.txt' is a text in UTF-16 or UTF-32: save it as UTF-8"):
        encoded(file)
    [file] = written(tmp_path, unmarked="Ein Text.\n".encode("utf-16-le"))
    with refused(SettingError, "'unmarked.txt' holds NUL bytes .* save it as UTF-8"):
        encoded(file)


def test_what_is_no_text_file_is_refused(tmp_path):
    [file] = written(tmp_path, late=b"ab" * 70_000 + b"\0")
    with refused(SettingError, "'late.txt' holds NUL bytes"):
        encoded(file)
    for share, fine in ((0.29, True), (0.31, False)):
        wrong = int(share * 1000)
        [file] = written(tmp_path, latin=b"\xe9" * wrong + b"ab" * ((1000 - wrong) // 2))
        if fine:
            assert encoded(file).undecodable == wrong
        else:
            with refused(SettingError, "'latin.txt' is not a text, or in another encoding: save it as UTF-8"):
                encoded(file)
    os.mkfifo(tmp_path / "pipe.txt")
    for source in (tmp_path / "pipe.txt", "/dev/zero", tmp_path):
        with refused(SettingError, "is a device or a pipe"):
            encoded(source)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "nowhere.txt").symlink_to("nothing")
    with refused(SettingError, "no text file or folder '.*nowhere.txt'"):
        encoded(tmp_path / "links")


def test_what_cannot_be_read_is_told(tmp_path, monkeypatch):
    [file] = written(tmp_path, a="ab")

    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    for owner, name, source, told in (
        (pathlib.Path, "open", file, "a.txt"),
        (pathlib.Path, "stat", file, "a.txt"),
        (os, "scandir", tmp_path, tmp_path.name),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, refuse)
            with refused(SettingError, f"'{re.escape(told)}' cannot be read: Permission denied"):
                reading.read_texts(reading.parts_of(source), [])


# What is written.


@pytest.mark.parametrize(
    ("characters", "dtype"),
    [(2, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.uint32)],
)
def test_ids_have_the_smallest_type(tmp_path, characters, dtype):
    text = "".join(map(chr, range(0x10000, 0x10000 + characters)))
    file = tmp_path / "ids"
    corpus = encode(text * (2 if characters > 255 else 200), file, min_count=1)
    assert corpus.ids.dtype == dtype
    assert isinstance(corpus.ids, np.memmap)
    assert file.stat().st_size == len(corpus.ids) * corpus.ids.itemsize
    np.testing.assert_array_equal(corpus.ids[:characters], range(characters))
    with pytest.raises(ValueError, match="read-only"):
        corpus.ids[0] = 1


def test_a_corpus_can_be_opened_again(tmp_path):
    files = written(tmp_path, a="“Häh?”\n" * 5 + "\U0001f600…", b=b"ababab\xff\xfe")
    file = tmp_path / "new" / "folder" / "ids"
    made, found = encode(files, file, min_count=3, keep="\u1234"), open_corpus(file)
    np.testing.assert_array_equal(made.ids, found.ids)
    for name in ("vocab", "names", "characters", "min_count", "folded", "unread", "faults", "digest"):
        assert getattr(made, name) == getattr(found, name)
    assert list(made.vocab) == list(found.vocab)
    assert found.names == ("a.txt", "b.txt")
    assert found.undecodable == 2
    assert sorted(path.name for path in file.parent.iterdir()) == ["ids", "ids.json"]


def test_what_is_no_corpus_is_not_opened(tmp_path):
    file, facts = tmp_path / "ids", tmp_path / "ids.json"
    encode("abc\n", file, min_count=1)
    ids, told = file.read_bytes(), facts.read_text()

    def damaged():
        with refused(ModelError, "'.*ids' holds no text as ids, or not all of it: encode the text again"):
            open_corpus(file)

    file.write_bytes(ids[:-1])
    damaged()
    file.unlink()
    damaged()
    file.write_bytes(ids)
    for wrong in (
        "",
        "[]",
        "{}",
        told.replace("corpus 2", "corpus 1"),
        told.replace('"size": 4', '"size": 5'),
    ):
        assert wrong != told
        facts.write_text(wrong)
        damaged()
    facts.unlink()
    damaged()
    facts.write_text(told)
    assert text_of(open_corpus(file)) == "abc\n"


def test_the_digest_is_that_of_the_text_and_the_threshold(tmp_path):
    text = "“ab”\r\nba" * 20 + "\r\ncd"
    digest = encoded(text, min_count=3).digest
    assert re.fullmatch("[0-9a-f]{64}", digest)
    [whole] = written(tmp_path, whole=text.encode("utf-8-sig"))
    halves = written(tmp_path, first=text[: text.index("\r")], second=text[text.index("\n") + 1 :])
    for source in (text, text.replace("\r\n", "\n"), whole, halves):
        assert encoded(source, min_count=3).digest == digest
    others = [encoded(text), encoded(text + "a", min_count=3), encoded(text, min_count=3, keep="x")]
    assert len({digest, *(other.digest for other in others)}) == 4


def test_the_digest_never_changes():
    ids = np.array([0, 1, 2, 0], dtype="<u4").tobytes()
    expected = hashlib.sha256(b'["a", "\\n", "b"]' + ids).hexdigest()
    assert encoded("a\nba").digest == expected


class FullDisk:
    """A file that cannot be written after some bytes."""

    def __init__(self, stream, room):
        self.stream, self.room = stream, room

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.stream.write(data)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("moment", ["ids", "facts", "second move"])
def test_a_full_disk_leaves_no_part_behind(tmp_path, monkeypatch, before, moment):
    file = tmp_path / "ids"
    old = encode("old\n", file, min_count=1).digest if before else None
    opening, move = Path.open, Path.replace

    def open_on_a_full_disk(path, mode="r", *options, **more):
        stream = opening(path, mode, *options, **more)
        return FullDisk(stream, 20) if "w" in mode and path.name == moment else stream

    def move_on_a_full_disk(path, target):
        if moment == "second move" and Path(target) == file:
            raise OSError(errno.ENOSPC, "No space left on device")
        return move(path, target)

    def write_text(path, text, **_):
        with path.open("wb") as stream:
            stream.write(text.encode())

    monkeypatch.setattr(Path, "open", open_on_a_full_disk)
    monkeypatch.setattr(Path, "write_text", write_text)
    monkeypatch.setattr(Path, "replace", move_on_a_full_disk)
    with refused(ModelError, r"'.*ids' cannot be written: No space left on device\."):
        encode("a new text\n" * 5, file, min_count=1)
    left = sorted(path.name for path in tmp_path.iterdir())
    if before and moment != "second move":
        assert left == ["ids", "ids.json"]
        assert open_corpus(file).digest == old
    else:
        assert left == []


def test_the_facts_are_there_before_the_ids(tmp_path, monkeypatch):
    file, seen, move = tmp_path / "ids", [], Path.replace
    encode("old\n", file, min_count=1)

    def watched(path, target):
        seen.append((file.exists(), Path(target).name))
        return move(path, target)

    monkeypatch.setattr(Path, "replace", watched)
    corpus = encode("a new text\n", file, min_count=1)
    assert seen == [(False, "ids.json"), (False, "ids")]
    assert text_of(corpus) == "a new text\n"


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "folder", tmp_path / "file" / "ids"):
        with refused(ModelError, "cannot be written"):
            encode("ab\n", path, min_count=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_the_text_is_not_written_over(tmp_path):
    file, facts = tmp_path / "a", tmp_path / "a.json"
    (tmp_path / "link").symlink_to("a")
    for path in (file, facts):
        path.write_text("ab\n")
        for target in (file, tmp_path / "link"):
            with refused(SettingError, f"over the text in '{path.name}': choose another file"):
                encode(path, target, min_count=1)
        assert path.read_text() == "ab\n"
        path.unlink()


def test_a_text_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_BYTES", 2**20)
    files = written(tmp_path, a="ab\n" * 200_000, b="cd\n" * 149_525 + "d")
    assert encoded(files).characters == 2**20
    for source in ([*files, files[0]], "ab\n" * 349_526):
        with refused(SettingError, "The text is larger than 1 MiB: train on a part of it"):
            encoded(source)


def test_a_sign_of_many_marks_is_read_at_once():
    text = "a\n" + ACUTE * 1000 + "\u1eb9"
    assert text_of(encoded(text + "ab" * 200, min_count=100, keep="\n")) == "a\n" + ACUTE * 1000 + "ab" * 200


def test_a_text_is_not_cut_before_what_may_join():
    joining = set()
    for code in range(sys.maxunicode + 1):
        whole = unicodedata.normalize("NFD", chr(code))
        for place in range(1, len(whole)):
            before = unicodedata.normalize("NFC", whole[:place])
            if lookalikes._joins(before, whole[place]):
                joining.add(whole[place])
    assert joining >= {ACUTE, DOT_BELOW, *"\u1161\u11a8\u09be"}
    assert not any(encoding._starts_sign(ord(character)) for character in joining)
    assert all(encoding._starts_sign(ord(character)) for character in "漢\u1100\uac00ж“\U0001f600")


# What a person is told.


def test_there_is_nothing_to_tell_of_a_plain_text():
    assert encoded("ab\n", min_count=1).notes() == ()


def test_wrong_bytes_are_told_file_by_file(tmp_path):
    files = written(tmp_path, a=b"a" * 17 + b"\xe9\xe9bbbb\xe9", b=b"fine", c=b"caf\xe9 noir")
    three, one = encoded(files).notes()
    assert three == (
        r"3 bytes of 'a.txt' are not UTF-8 and were left out, the first at byte 17 (b'\xe9'): "
        "is the file in another encoding?"
    )
    assert one.startswith(
        r"1 byte of 'c.txt' is not UTF-8 and was left out, at byte 3 (b'\xe9'): is the file"
    )
    many = encoded([files[0]] * 12).notes()
    assert len(many) == 11
    assert many[-1] == "2 more files have bytes that are not UTF-8."


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        ("The cat sat on the mat beside the dog.", "The cat sat on the mat beside"),
        ("CHAPTER I.\n\n  It was a bright cold day in April", "CHAPTER I.\n\n  It was a bright"),
        ("\ufeff \n\n\tOnce", "Once"),
        ("The cat sat on the mat, and so on", "The cat sat on the mat, and so"),  # the word ends there
        ("天" * 50, "天" * 30),
        (" " * 1000 + "Late", ""),
    ],
)
def test_how_a_text_begins(begins, words):
    rest = "\n" * 2000
    assert encoded(begins + rest).first_words == words


@pytest.mark.parametrize(
    ("rare", "told"),
    [
        (
            "’’“–üüß",
            (
                "5 characters occur fewer than 5 times, 7 times in all: 5 were read as similar ones, "
                "2 were left out ('ü' 2)."
            ),
        ),
        ("’’", "1 character occurs fewer than 5 times, 2 times in all: 2 were read as similar ones."),
        ("ß", "1 character occurs fewer than 5 times: 1 was read as a similar one."),
        ("☃", "1 character occurs fewer than 5 times: 1 was left out ('☃' 1)."),
        (
            "BCDEFGHJKLMM",
            (
                "11 characters occur fewer than 5 times, 12 times in all: 12 were left out ('M' 2, 'B' 1, "
                "'C' 1, 'D' 1, 'E' 1, 'F' 1, 'G' 1, 'H' 1, 'J' 1, 'K' 1, ...)."
            ),
        ),
    ],
)
def test_rare_characters_are_told(rare, told):
    assert encoded('it\'s "so" - \n' * 5 + rare, min_count=5).notes() == (told,)
