"""Downloads arrive whole and checked, or not at all."""

import hashlib
import http.server
import sys
import threading
from urllib.error import ContentTooShortError, HTTPError, URLError

import pytest

from dezero.io.download import get_file, show_progress

CONTENT = b"1 2 3\n" * 50_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = "0" * 64


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DEZERO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "some numbers.txt"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def no_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends /whole whole, ends /short and /chunks early, and has nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        if self.path not in ("/whole", "/short", "/chunks"):
            return self.send_error(404)
        self.send_response(200)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write({"/whole": CONTENT, "/short": CONTENT[:10], "/chunks": b"64\r\n0123456789"}[self.path])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_file_is_downloaded_once(folder, source, no_tqdm, capsys):
    path = get_file(source.as_uri())
    assert path == str(folder / "some numbers.txt")
    assert (folder / "some numbers.txt").read_bytes() == CONTENT
    shown = capsys.readouterr().err
    assert shown.startswith("Downloading some numbers.txt\n")
    assert "100.00%" in shown
    source.unlink()
    assert get_file(source.as_uri()) == path
    assert capsys.readouterr().err == ""


def test_tqdm_draws_the_bar_where_it_is_installed(folder, source, capsys):
    get_file(source.as_uri())
    shown = capsys.readouterr().err
    assert "some numbers.txt: 100%" in shown
    assert "293k/293k" in shown  # kibibytes


def test_a_file_comes_by_http(folder, server):
    with open(get_file(f"{server}/whole", sha256=SHA256), "rb") as file:
        assert file.read() == CONTENT


def test_another_name(folder, source):
    assert get_file(source.as_uri(), "numbers") == str(folder / "numbers")
    assert [path.name for path in folder.iterdir()] == ["numbers"]


def test_the_name_leaves_out_the_query(folder):
    folder.mkdir()
    (folder / "a.gz").write_bytes(b"")
    assert get_file("https://example.org/data/a.gz?version=2#part") == str(folder / "a.gz")


@pytest.mark.parametrize("name", ["", ".", "..", "../escape", "a/b", "/etc/a"])
def test_what_is_no_plain_name_is_refused(folder, source, name):
    with pytest.raises(ValueError, match="is no plain file name"):
        get_file(source.as_uri(), name)
    assert not folder.exists()


def test_a_url_without_a_name_needs_one(folder):
    with pytest.raises(ValueError, match="give one as file_name"):
        get_file("https://example.org/")


def test_what_is_not_there_leaves_nothing(folder, source):
    with pytest.raises(URLError):
        get_file(source.with_name("missing").as_uri())
    assert list(folder.iterdir()) == []


def test_what_the_server_does_not_have_leaves_nothing(folder, server):
    with pytest.raises(HTTPError, match="404") as caught:
        get_file(f"{server}/missing")
    caught.value.close()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("path", ["short", "chunks"])
def test_a_download_that_ends_early_leaves_nothing(folder, server, path):
    with pytest.raises(ContentTooShortError, match=f"/{path} ended early"):
        get_file(f"{server}/{path}")
    assert list(folder.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(folder, source, no_tqdm, monkeypatch):
    def interrupt(block_num, block_size, total_size):
        if block_num * block_size > total_size // 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("dezero.io.download.show_progress", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get_file(source.as_uri())
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("digest", [SHA256, SHA256.upper()])
def test_a_file_with_the_digest_expected_stays(folder, source, digest):
    assert get_file(source.as_uri(), sha256=digest) == get_file(source.as_uri(), sha256=digest)


def test_a_download_with_another_digest_leaves_nothing(folder, source):
    with pytest.raises(ValueError, match="did not give the file expected") as caught:
        get_file(source.as_uri(), sha256=OTHER)
    for part in (source.as_uri(), SHA256, OTHER, "try again", str(folder / "some numbers.txt")):
        assert part in str(caught.value)
    assert list(folder.iterdir()) == []


def test_a_file_that_was_there_with_another_digest_is_named_and_kept(folder, source):
    path = folder / "some numbers.txt"
    folder.mkdir()
    path.write_bytes(b"mine")
    with pytest.raises(ValueError, match="is not the file expected") as caught:
        get_file(source.as_uri(), sha256=SHA256)
    for part in (str(path), hashlib.sha256(b"mine").hexdigest(), SHA256, "remove it", source.as_uri()):
        assert part in str(caught.value)
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((0, 100, 1000), f"\r[{' ' * 30}]   0.00%"),
        ((5, 100, 1000), f"\r[{'#' * 15}{' ' * 15}]  50.00%"),
        ((11, 100, 1000), f"\r[{'#' * 30}] 100.00%"),
        ((3, 1000, -1), "\r3,000 bytes"),
        ((0, 8192, 0), "\r0 bytes"),
    ],
)
def test_show_progress(capsys, arguments, line):
    show_progress(*arguments)
    assert capsys.readouterr().err == line


def test_a_download_that_fails_says_where_a_copy_would_be_found(monkeypatch, tmp_path):
    monkeypatch.setenv("DEZERO_DATA", str(tmp_path / "data"))
    with pytest.raises(OSError, match=r"nothing\.gz") as raised:
        get_file((tmp_path / "nothing.gz").as_uri())
    assert str(tmp_path / "data" / "nothing.gz") in "".join(raised.value.__notes__)
