"""A model at an http(s) address, from a real server that behaves well, badly, or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import zipfile
from email.message import Message
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from model_files import PUBLISHED, change_manifest, little_memory, refused

from lstm_widget.formats import load_model, web
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.formats.web import load_url
from lstm_widget.generator import LSTMGenerator

# CacheControl leaves its temporary file to the garbage collector if a body is not read to its end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

MODIFIED = formatdate(1_000_000_000, usegmt=True)


class Request(NamedTuple):
    path: str
    headers: Message


class Site(ThreadingHTTPServer):
    """A server of files in memory that remembers what it was asked and what it sent."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        self.files = {}
        self.answers = {}  # what is sent in place of a file, by path: a function of the handler
        self.tag = "etag"  # or "date", or nothing
        self.headers = {}
        self.asked = []  # of Request
        self.sent = 0  # bytes of files
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def add(self, folder, path):
        """Serve a folder."""
        for file in folder.rglob("*"):
            if file.is_file():
                self.files[f"{path}/{file.relative_to(folder).as_posix()}"] = file.read_bytes()

    def handle_error(self, *_):
        pass  # a client that has heard enough hangs up


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        site = self.server
        site.asked.append(Request(self.path, self.headers))
        path = unquote(urlsplit(self.path).path)
        if path in site.answers:
            site.answers[path](self)
        elif path not in site.files:
            self.answer(404, b"<html>not here</html>", {"Content-Type": "text/html"})
        else:
            self.file(site.files[path])

    def file(self, data):
        site = self.server
        headers, unchanged = dict(site.headers), False
        if site.tag == "etag":
            headers["ETag"] = f'"{sha256(data).hexdigest()}"'
            unchanged = self.headers.get("If-None-Match") == headers["ETag"]
        elif site.tag == "date":
            headers["Last-Modified"] = MODIFIED
            unchanged = self.headers.get("If-Modified-Since") == MODIFIED
        if unchanged:
            self.answer(304, None, headers)
        else:
            site.sent += len(data)
            self.answer(200, data, headers)

    def answer(self, status, data, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if data is not None:
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        else:
            self.end_headers()


def answering(status, data=b"", **headers):
    """Return what answers so."""
    return lambda handler: handler.answer(
        status, data, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def raw(data):
    """Return what sends just that, and hangs up."""

    def send(handler):
        handler.wfile.write(data)
        handler.close_connection = True

    return send


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    """See to it that the cache lies in a folder of the test, and that no proxy is asked."""
    cache = tmp_path / "cache"
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(cache))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    return cache / "lstm-widget"


@pytest.fixture
def serve():
    """Return a function that starts one more server."""
    sites = []

    def start(context=None):
        site = Site()
        if context is not None:
            site.socket = context.wrap_socket(site.socket, server_side=True)
            site.url = site.url.replace("http", "https")
        threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        sites.append(site)
        return site

    yield start
    for site in sites:
        site.over.set()
        site.shutdown()
        site.server_close()


@pytest.fixture
def site(serve, folder):
    """Return a server with the sound folder at ``/model``."""
    site = serve()
    site.add(folder, "/model")
    return site


def zipped(folder, inside=""):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, inside + file.name)
    return memory.getvalue()


# Sound ones.


@pytest.mark.filterwarnings("ignore:The vocabulary is damaged")
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_model_is_the_same_from_the_web(
    shared_models, published, serve, tmp_path, same_model, name
):
    site = serve()
    site.add(shared_models / name, f"/models/{name}")
    site.files[f"/{name}.zip"] = zipped(shared_models / name)
    file = save_safetensors(published(name), tmp_path / "file.safetensors")
    site.files[f"/{name}.safetensors"] = file.read_bytes()
    for path in (f"/models/{name}", f"/models/{name}/", f"/{name}.zip", f"/{name}.safetensors"):
        read = load_model(site.url + path)
        same_model(read, published(name))
        assert read.card == published(name).card, path


@pytest.mark.parametrize("path", ["/model", "/model/", "/model/manifest.json", "/./model", "/model/#part"])
def test_the_address_of_a_folder(site, model, same_model, path):
    read = load_url(site.url + path)
    same_model(read, model)
    assert read.card["title"] == "model"


def test_a_folder_may_be_the_whole_site(serve, folder, model, same_model):
    site = serve()
    site.add(folder, "")
    for path in ("", "/", "/manifest.json"):
        read = load_url(site.url + path)
        same_model(read, model)
        assert read.card["title"] == "127.0.0.1"


def test_the_scheme_may_be_written_in_capitals_and_with_space_around(site, model, same_model):
    same_model(LSTMGenerator(f" {site.url.replace('http', 'HTTP')}/model\n").model, model)


def test_what_follows_a_question_mark_goes_with_every_file(site, folder, model, same_model):
    site.files["/model.zip"] = zipped(folder)
    for path in (
        "/model?key=a/b&c",
        "/model/?key=a/b&c",
        "/model/manifest.json?key=a/b&c",
        "/model.zip?key=a/b&c",
    ):
        site.asked.clear()
        same_model(load_url(site.url + path), model)
        assert site.asked
        assert all(request.path.endswith("?key=a/b&c") for request in site.asked)


def test_one_of_several_models_in_a_zip_file(site, folder, tmp_path, model, same_model):
    for name in ("bolano", "my model"):
        shutil.copytree(folder, tmp_path / "repo" / "repo-main" / name)
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for file in (tmp_path / "repo").rglob("*"):
            archive.write(file, file.relative_to(tmp_path / "repo"))
    site.files["/archive/main.zip"] = memory.getvalue()
    with refused(
        "'http.*/archive/main.zip' holds several models, .*, such as 'http.*main.zip/repo-main/bolano'"
    ):
        load_url(site.url + "/archive/main.zip")
    for inside, title in (("repo-main/bolano/", "bolano"), ("my%20model", "my model")):
        read = load_url(f"{site.url}/archive/main.zip/{inside}")
        same_model(read, model)
        assert read.card["title"] == title


def test_what_is_no_model_at_an_address(site):
    with refused("net.pt' is a pickle, which is never opened"):
        load_url(site.url + "/net.pt")
    with refused("manifest.json is missing at .*: give the folder with that file, or a .zip or .safetensors"):
        load_url(site.url + "/tree/main/model")
    site.files["/app/manifest.json"] = b'{"name": "App"}'
    with refused("the one at .* belongs to something else, such as a web app"):
        load_url(site.url + "/app")


def test_titles_of_zip_files(site, folder):
    site.files["/my model.ZIP"], site.files["/b.zip"] = zipped(folder), zipped(folder, "inside/")
    assert load_url(site.url + "/my%20model.ZIP?x=1").card["title"] == "my model"
    assert load_url(site.url + "/b.zip").card["title"] == "inside"


@pytest.mark.parametrize(
    "name", ["a b", "ü“", "100%", "a%2e", "what?", "#1", "deep/er/x", "./x", "softmax:0", "~", "a+b&c=d"]
)
def test_odd_file_names_are_found(site, folder, model, same_model, name):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename=name))
    site.files["/model/manifest.json"] = (folder / "manifest.json").read_bytes()
    site.files[f"/model/{name.removeprefix('./')}"] = site.files.pop("/model/file0")
    same_model(load_url(site.url + "/model"), model)


def test_a_card_is_read(site):
    site.files["/model/card.json"] = b'{"title": "Mine", "text": "mine too"}'
    assert load_url(site.url + "/model").card["title"] == "Mine"


@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize("name", ["char_indices.json", "indices_char.json"])
def test_other_names_of_the_vocabulary_are_tried(site, model, same_model, name, status):
    vocab = {number: character for character, number in model.vocab.items()}
    site.files["/model/indices_char.json"] = json.dumps(vocab).encode()
    site.files[f"/model/{name}"] = (
        site.files.pop("/model/vocab.json") if "char_i" in name else json.dumps(vocab).encode()
    )
    for missing in ("vocab.json", "card.json"):
        site.answers[f"/model/{missing}"] = answering(status)
    same_model(load_url(site.url + "/model"), model)


def test_a_page_in_place_of_what_is_not_there_is_nothing(site, model, same_model):
    page = answering(200, b"\n<!DOCTYPE html><p>Oh!", Content_Type="text/html; charset=utf-8")
    site.files["/model/char_indices.json"] = site.files.pop("/model/vocab.json")
    site.answers["/model/vocab.json"] = site.answers["/model/card.json"] = page
    same_model(load_url(site.url + "/model"), model)


def test_files_that_are_sent_gzipped_unasked(site, model, same_model):
    for path, data in site.files.items():
        site.answers[path] = answering(200, gzip.compress(data), Content_Encoding="gzip", ETag='"x"')
    for _ in range(2):
        same_model(load_url(site.url + "/model"), model)


def test_pieces_without_a_length(site, model, same_model):
    def chunked(data):
        def send(handler):
            handler.answer(200, None, {"Transfer-Encoding": "chunked", "ETag": '"x"'})
            for start in range(0, len(data), 100):
                piece = data[start : start + 100]
                handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            handler.wfile.write(b"0\r\n\r\n")

        return send

    for path, data in site.files.items():
        site.answers[path] = chunked(data)
    same_model(load_url(site.url + "/model"), model)


def test_answers_that_end_with_the_connection(site, model, same_model):
    for path, data in site.files.items():
        site.answers[path] = raw(b"HTTP/1.0 200 OK\r\n\r\n" + data)
    same_model(load_url(site.url + "/model"), model)


def test_a_connection_that_is_closed_between_two_files_is_opened_again(site, model, same_model):
    def once(data):
        def send(handler):
            if not getattr(handler, "is_used", False):
                handler.is_used = True
                handler.file(data)
            else:
                handler.close_connection = True

        return send

    for path, data in site.files.items():
        site.answers[path] = once(data)
    same_model(load_url(site.url + "/model"), model)


# The cache.


@pytest.mark.parametrize("kind", ["", ".zip", ".safetensors"])
def test_what_has_not_changed_is_not_sent_again(site, folder, model, same_model, tmp_path, kind):
    site.files["/model.zip"] = zipped(folder)
    site.files["/model.safetensors"] = save_safetensors(model, tmp_path / "x.safetensors").read_bytes()
    same_model(load_url(f"{site.url}/model{kind}"), model)
    asked, sent = len(site.asked), site.sent
    assert sent
    same_model(load_url(f"{site.url}/model{kind}"), model)
    assert site.sent == sent
    assert len(site.asked) == 2 * asked


@pytest.mark.parametrize("control", ["max-age=3600", "immutable, max-age=99999999", "no-cache", "private"])
@pytest.mark.parametrize("tag", ["etag", "date"])
def test_every_file_is_asked_for_whatever_the_server_promises(
    site, random_model, name_variables, write_folder, same_model, tmp_path, tag, control
):
    site.tag, site.headers = tag, {"Cache-Control": control, "Expires": "Fri, 01 Jan 2100 00:00:00 GMT"}
    load_url(site.url + "/model")
    other = random_model((4, 3), embedding=5, random_seed=1)
    site.add(write_folder(tmp_path / "other", name_variables(other), dict(other.vocab)), "/model")
    if tag == "date":
        site.tag = "etag"  # the date is another one now
    same_model(load_url(site.url + "/model"), other)


def test_what_may_not_be_kept_is_not_kept(site, model, same_model, at_home):
    site.headers = {"Cache-Control": "no-store"}
    load_url(site.url + "/model")
    assert not [path for path in at_home.rglob("*") if path.is_file()]
    sent = site.sent
    same_model(load_url(site.url + "/model"), model)
    assert site.sent == 2 * sent


def test_the_cache_is_for_the_owner_alone(site, at_home):
    load_url(site.url + "/model")
    files = [path for path in at_home.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert files
    if os.name != "nt":
        assert all(path.stat().st_mode & 0o077 == 0 for path in files)


@pytest.mark.parametrize(
    "how", ["a file", "below a file", "no home", "cannot be written", "cannot be locked"]
)
def test_without_a_cache_everything_works_too(site, model, same_model, monkeypatch, tmp_path, how):
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    def fail(*_, **__):
        if how == "cannot be locked":
            raise NotImplementedError
        raise OSError(28, "No space left on device")

    def no_home():
        raise RuntimeError

    if how == "a file":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        (tmp_path / "lstm-widget").write_text("mine", encoding="utf-8")
    elif how == "below a file":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    elif how == "no home":
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        monkeypatch.setattr("pathlib.Path.home", no_home)
    else:
        monkeypatch.setattr("cachecontrol.caches.FileCache.set", fail)
    sent = site.sent
    for _ in range(2):
        same_model(load_url(site.url + "/model"), model)
    assert site.sent > sent


@pytest.mark.parametrize("damage", ["empty", "cut off", "changed", "folder"])
def test_a_damaged_cache_is_mended(site, model, same_model, at_home, damage):
    load_url(site.url + "/model")
    for path in [path for path in at_home.rglob("*") if path.is_file() and path.suffix != ".lock"]:
        data = path.read_bytes()
        path.unlink()
        if damage == "folder":
            path.mkdir()
        elif damage == "changed":
            path.write_bytes(data.replace(b"{", b"[").replace(b"\x00", b"\xff"))
        else:
            path.write_bytes(data[: len(data) // 2] if damage == "cut off" else b"")
    same_model(load_url(site.url + "/model"), model)
    if damage != "folder":
        same_model(load_url(site.url + "/model"), model)
        sent = site.sent
        same_model(load_url(site.url + "/model"), model)
        assert site.sent == sent


@pytest.mark.parametrize("kind", ["", ".zip", ".safetensors"])
def test_without_a_connection_the_copy_from_last_time_is_used(
    site, folder, model, same_model, tmp_path, kind
):
    site.files["/model.zip"] = zipped(folder)
    site.files["/model.safetensors"] = save_safetensors(model, tmp_path / "x.safetensors").read_bytes()
    url = f"{site.url.replace('://', '://user:secret@')}/model{kind}"
    load_url(url)
    site.shutdown()
    site.server_close()
    with pytest.warns(UserWarning, match=f"/model{kind}.*cannot be reached.* copy from last time") as caught:
        same_model(load_url(url), model)
    assert len(caught) == 1
    assert "secret" not in str(caught[0].message)
    with refused("cannot be reached or does not answer: check the address and your connection"):
        load_url(f"{site.url}/other{kind}")


def test_what_was_kept_of_a_connection_that_broke_is_mended(site, model, same_model):
    data = site.files["/model/file0"]
    head = f'HTTP/1.0 200 OK\r\nETag: "{sha256(data).hexdigest()}"\r\n\r\n'.encode()
    site.answers["/model/file0"] = raw(head + data[:50])  # nothing tells that more was to come
    with refused("'file0' has 50 bytes"):
        load_url(site.url + "/model")
    site.answers.clear()
    for _ in range(2):
        same_model(load_url(site.url + "/model"), model)


# Addresses.


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///model",
        "http://:80/",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://[x]/",
        "https://?query",
        "http://user:secret@",
        "http://user:secret@host:x/",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with refused("The address of the model is not valid") as caught:
        load_model(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["a b", "a..b", "x" * 70, "-", "%", "ex\u2100mple.org", "*"])
def test_an_impossible_host_is_refused(host, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    with refused():
        load_model(f"http://{host}/")


def no_such_name(*_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    "url", ["ftp://user:secret@host/model", "file:///etc", "s3://bucket/model", "ws://host"]
)
def test_other_schemes_are_refused(url):
    with refused(f"from an http or https address, not from {url.partition(':')[0]}") as caught:
        load_model(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["../secret", "/secret", "a/../../secret", "//host/x", "http://host/x", "a\\x", "C:x", ".."]
)
def test_a_manifest_that_leads_out_is_refused(site, folder, name):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename=name))
    site.files["/model/manifest.json"] = (folder / "manifest.json").read_bytes()
    site.files["/secret"] = site.files["/model/file0"]
    with refused("outside the model's folder"):
        load_url(site.url + "/model")
    assert all(request.path.startswith("/model/") for request in site.asked)


@pytest.mark.parametrize("name", [".", "nul\0", "\ud800", "a\nb", "x" * 3000, "%2e%2e/secret", "file0/x"])
def test_an_impossible_file_name_is_refused(site, folder, name):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename=name))
    site.files["/model/manifest.json"] = (folder / "manifest.json").read_bytes()
    site.files["/secret"] = site.files["/model/file0"]
    with refused("missing"):
        load_url(site.url + "/model")


# Passwords.


def test_a_password_is_sent_but_not_told(site, model, same_model):
    def guarded(data):
        def send(handler):
            # Basic authentication of "ü@:s%c/ret" in UTF-8.
            if handler.headers.get("Authorization") == "Basic w7xAOnMlYy9yZXQ=":
                handler.file(data)
            else:
                handler.answer(401, b"")

        return send

    for path, data in site.files.items():
        site.answers[path] = guarded(data)
    host = site.url.removeprefix("http://")
    same_model(load_url(f"http://%C3%BC%40:s%25c%2Fret@{host}/model"), model)
    with refused(
        f"{host}/model/manifest.json.*' answers with the status 401: it asks for a password"
    ) as caught:
        load_url(f"http://user:secret@{host}/model?key=secret")
    assert "secret" not in str(caught.value)


def test_a_password_is_not_sent_to_another_server(site, serve, model, same_model):
    other = serve()
    other.files = dict(site.files)
    for path in site.files:
        site.answers[path] = answering(302, Location=other.url + path)
    same_model(load_url(site.url.replace("://", "://user:secret@") + "/model"), model)
    assert all("Authorization" in request.headers for request in site.asked)
    assert other.asked
    assert not any("Authorization" in request.headers for request in other.asked)


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_each_time(site, model, same_model, status):
    for path in site.files:
        site.answers["/moved" + path] = answering(
            status, Location=f"../..{path}?moved" if status == 302 else path
        )
    for _ in range(2):
        site.asked.clear()
        same_model(load_url(site.url + "/moved/model/"), model)
        # Also a permanent one: a network that one has to log in to sends one for any address.
        assert site.asked[0].path == "/moved/model/manifest.json"


def test_five_redirects_are_followed_and_no_more(site, folder, model, same_model):
    site.files["/0.zip"] = zipped(folder)
    for n in range(1, 8):
        site.answers[f"/{n}.zip"] = answering(302, Location=f"/{n - 1}.zip")
    same_model(load_url(site.url + "/5.zip"), model)
    with refused("redirects more than 5 times"):
        load_url(site.url + "/6.zip")


def test_a_circle_is_left(site):
    site.answers["/model/manifest.json"] = answering(301, Location="/model/manifest.json")
    with refused("more than 5 times"):
        load_url(site.url + "/model")


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:application/json,{}",
        "javascript:0",
        "gopher://x",
        "mailto:a@b",
    ],
)
def test_a_redirect_to_no_web_address_is_refused(site, target):
    site.answers["/model/manifest.json"] = answering(302, Location=target)
    with refused("model/manifest.json' cannot be read: check the address"):
        load_url(site.url + "/model")


@pytest.mark.parametrize(
    "target", ["http://[", "http://127.0.0.1:99999/", "http://a b/", "\xff", "//", "http://", "http://\u2100"]
)
def test_a_redirect_to_nowhere_is_refused(site, target):
    location = target.encode().decode("latin-1")
    site.answers["/model/manifest.json"] = answering(302, Location=location)
    with refused():
        load_url(site.url + "/model")


def test_a_redirect_without_a_target_is_refused(site):
    site.answers["/model/manifest.json"] = answering(302)
    with refused("status 302"):
        load_url(site.url + "/model")


# Answers that are none.


def test_what_is_not_there_is_told(site):
    with refused(f"manifest.json is missing at '{site.url}/nowhere/'"):
        load_url(site.url + "/nowhere")
    for kind in ("zip", "safetensors"):
        with refused(f"There is no model at '{site.url}/nowhere.{kind}': check the address"):
            load_url(f"{site.url}/nowhere.{kind}")
    del site.files["/model/file0"]
    with refused(f"'file0' of the variable 'rnnlm/softmax_w' is missing at '{site.url}/model/'"):
        load_url(site.url + "/model")


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 418, 429, 500, 503, 999])
def test_other_answers_are_told(site, status):
    site.answers["/model/file0"] = answering(status)
    with refused(f"file0' answers with the status {status}: "):
        load_url(site.url + "/model")


def test_a_vocabulary_that_is_a_page_is_told(site):
    page = b"<!DOCTYPE html><p>404"
    for name in ("vocab.json", "char_indices.json", "indices_char.json"):
        site.answers[f"/model/{name}"] = answering(200, page, Content_Type="text/html")
    with refused("The vocabulary is missing: there is no vocab.json at"):
        load_url(site.url + "/model")
    site.answers["/model/vocab.json"] = answering(200, page, Content_Type="application/json")
    with refused("'vocab.json' is a web page"):
        load_url(site.url + "/model")


@pytest.mark.parametrize("path", ["/model", "/model.zip", "/model.safetensors"])
def test_a_site_that_answers_everything_with_a_page_is_told(serve, path):
    site = serve()
    for asked in ("/model/manifest.json", "/model.zip", "/model.safetensors"):
        site.answers[asked] = answering(200, b"<html>Log in!</html>", Content_Type="text/html")
    with refused("missing at|no model at"):
        load_url(site.url + path)
    for asked in site.answers:
        site.answers[asked] = answering(200, b"<html>Log in!</html>")
    with refused():
        load_url(site.url + path)


@pytest.mark.parametrize("name", ["manifest.json", "file0"])
def test_a_connection_that_breaks_off_is_told(site, name):
    data = site.files[f"/model/{name}"]
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    site.answers[f"/model/{name}"] = raw(head + data[:-10])
    with refused(f"model/{name}' (cannot be read|cannot be reached or does not answer)"):
        load_url(site.url + "/model")


@pytest.mark.parametrize("length", ["-1", "many", "1e9", "", "5, 6", "9" * 30, "٣", "²"])
def test_a_length_that_is_none(site, model, same_model, length):
    data = site.files["/model/file0"]
    length = length.encode().decode("latin-1")

    def send(handler):
        handler.answer(200, data, {"Content-Length": length})
        handler.close_connection = True

    site.answers["/model/file0"] = send
    try:
        read = load_url(site.url + "/model")
    except ValueError as error:
        with refused():
            raise error from None
    else:
        same_model(read, model)


@pytest.mark.parametrize("change", [-10, -1, 1, 10])
def test_a_length_that_is_wrong_is_told(site, change):
    data = site.files["/model/file0"]

    def send(handler):
        handler.answer(200, data, {"Content-Length": str(len(data) + change)})
        handler.close_connection = True

    site.answers["/model/file0"] = send
    with refused("file0"):
        load_url(site.url + "/model")


NO_ANSWERS = {
    "nothing": b"",
    "no status": b"hello\r\n\r\n",
    "half a status": b"HTTP/1.1 2",
    "a status in words": b"HTTP/1.1 okay\r\n\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n",
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a negative chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "no gzip": b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}",
    "half a gzip": b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}")[:-4],
    "more than a gzip": b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}") + b"x",
    "empty gzip": b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
    "another packing": b"HTTP/1.0 200 OK\r\nContent-Encoding: br\r\n\r\n{}",
    "packed twice": b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n{}",
    "random": bytes(range(256)) * 10,
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
}


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_what_is_no_answer_is_told(site, kind):
    site.answers["/model/manifest.json"] = raw(NO_ANSWERS[kind])
    with refused():
        load_url(site.url + "/model")


@pytest.mark.parametrize(
    "header",
    [
        "Date: yesterday",
        "Date:",
        "Expires: 0",
        "Expires: soon",
        "Cache-Control: max-age=x, s-maxage, ,=",
        "Cache-Control: max-age=-1",
        "Vary: *",
        "Vary: Accept-Encoding, User-Agent, X",
        "ETag:",
        "ETag: \xff",
        "Last-Modified: never",
        "Content-Type: \xff",
        "Set-Cookie: \xff=\xfe",
        "Warning: 110",
    ],
)
def test_odd_headers_do_no_harm(site, model, same_model, header):
    for path, data in site.files.items():
        head = f'HTTP/1.1 200 OK\r\nETag: "x"\r\n{header}\r\nContent-Length: {len(data)}\r\n\r\n'
        site.answers[path] = raw(head.encode("latin-1") + data)
    for _ in range(2):
        same_model(load_url(site.url + "/model"), model)


# Too much, and too slow.


def test_an_endless_body_is_left(site, monkeypatch):
    def endless(handler):
        handler.answer(200, None, {"Transfer-Encoding": "chunked"})
        while True:
            handler.wfile.write(b"10000\r\n" + b" " * 2**16 + b"\r\n")

    monkeypatch.setattr(web, "MAX_BYTES", 2**20)
    site.answers["/model.zip"] = site.answers["/model/file0"] = endless
    with little_memory(), refused("model at .*model.zip' is larger than 1 MiB"):
        load_url(site.url + "/model.zip")
    with little_memory(), refused("'file0' has too many bytes, but the shape"):
        load_url(site.url + "/model")


def test_an_endless_manifest_is_left(site):
    def endless(handler):
        handler.answer(200, None, {"Transfer-Encoding": "chunked"})
        while True:
            handler.wfile.write(b"10000\r\n" + b" " * 2**16 + b"\r\n")

    site.answers["/model/manifest.json"] = endless
    with little_memory(2**26), refused("manifest.json is larger than 16 MiB"):
        load_url(site.url + "/model")


def test_what_is_announced_as_too_large_is_not_read(site):
    site.answers["/model.zip"] = answering(200, b"x", Content_Length=str(2**40))
    with refused("model.zip' is larger than 512 MiB"):
        load_url(site.url + "/model.zip")


def test_a_gzip_bomb_is_not_unpacked(site):
    bomb = gzip.compress(bytes(2**27), compresslevel=1)
    site.answers["/model/file0"] = answering(200, bomb, Content_Encoding="gzip")
    with little_memory(), refused("'file0' has too many bytes"):
        load_url(site.url + "/model")
    site.answers["/model/manifest.json"] = answering(200, bomb, Content_Encoding="gzip")
    with little_memory(2**26), refused("manifest.json is larger than 16 MiB"):
        load_url(site.url + "/model")


def test_the_time_for_a_model_ends(site, monkeypatch):
    def slow(handler):
        handler.answer(200, None, {"Content-Length": str(2**28)})
        while not handler.server.over.wait(0.01):
            handler.wfile.write(b" " * 2**15)

    monkeypatch.setattr(web, "DEADLINE", 0.2)
    site.answers["/model.zip"] = slow
    with refused("/model.zip' was not loaded within 0.2 seconds"):
        load_url(site.url + "/model.zip")


def test_a_server_that_does_not_answer_is_told(site, monkeypatch):
    monkeypatch.setattr(web, "TIMEOUT", 0.2)
    site.answers["/model/manifest.json"] = lambda handler: handler.server.over.wait(20)
    with refused("does not answer"):
        load_url(site.url + "/model")

    def stops(handler):
        handler.answer(200, None, {"Content-Length": "10"})
        handler.wfile.flush()
        handler.server.over.wait(20)

    site.answers["/model/manifest.json"] = stops
    with refused("does not answer"):
        load_url(site.url + "/model")


# No connection.


def test_a_server_that_is_not_there_is_told(serve):
    site = serve()
    site.server_close()
    with refused("cannot be reached or does not answer: check the address"):
        load_url(site.url + "/model")


def test_a_name_that_is_not_known_is_told(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    with refused("'https://nowhere.example/model/manifest.json' cannot be reached"):
        load_url("https://user:secret@nowhere.example/model")


def test_a_network_that_is_not_there_is_told(monkeypatch):
    def unreachable(*_, **__):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    with refused("'http://127.0.0.1/model/manifest.json' cannot be reached"):
        load_url("http://127.0.0.1/model")


def test_a_proxy_that_is_not_there_is_told(serve, monkeypatch):
    site = serve()
    site.server_close()
    monkeypatch.setenv("http_proxy", site.url)
    with refused("out of reach for the proxy"):
        load_url("http://nowhere.example/model")


def test_a_server_without_encryption_is_told(site):
    with refused("no trusted, encrypted connection to 'https://127.0.0.1.*: check whether"):
        load_url(site.url.replace("http", "https") + "/model")


@pytest.fixture
def secure_site(serve, tmp_path):
    """Return a server with encryption and the file of its certificate, which nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("There is no openssl to make a certificate with.")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return serve(context), certificate


def test_a_certificate_that_cannot_be_trusted_is_told(secure_site):
    site, _ = secure_site
    with refused("no trusted, encrypted connection to"):
        load_url(site.url + "/model")


def test_a_way_back_to_no_encryption_is_refused(secure_site, site, folder, model, same_model, monkeypatch):
    secure, certificate = secure_site
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    secure.add(folder, "/model")
    same_model(load_url(secure.url + "/model"), model)
    site.answers["/up/manifest.json"] = answering(302, Location=secure.url + "/model/manifest.json")
    with refused("missing at"):  # up is allowed, and only the manifest is there
        load_url(site.url + "/up")
    secure.answers["/model/manifest.json"] = answering(302, Location=site.url + "/model/manifest.json")
    with refused("leads on to an address that is not encrypted, which is not allowed"):
        load_url(secure.url + "/model")


# Without the extra.


@pytest.mark.parametrize("name", ["requests", "cachecontrol", "msgpack"])
def test_the_extra_is_named_if_it_is_missing(monkeypatch, name):
    for module in [module for module in sys.modules if module.split(".")[0] in {"cachecontrol", name}]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, "lstm_widget.formats.web", raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    with refused(rf'needs {name}: run pip install "lstm-widget\[web\]" first'):
        load_model("http://127.0.0.1/model")


def test_nothing_of_the_web_is_imported_before_it_is_needed():
    program = (
        "import sys, lstm_widget.formats as formats; formats.load_model('fairytales');"
        "print(*sys.modules.keys() & {'requests', 'urllib3', 'cachecontrol', 'zipfile', 'ssl'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not done.stdout.split()
