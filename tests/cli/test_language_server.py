"""`avow policy lsp`, as an editor meets it: started as a process, spoken to over its standard input and output."""

import asyncio
import sys
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from avow.policy.language.layout import lay_out

from .conftest import SMALL

SECONDS = 60
WRONG = ("keeps_days = 0", "keeps_days = 9")


@asynccontextmanager
async def _started(*options):
    """Yield a client with a running server, and the queue of what the server publishes."""
    client = LanguageClient("test-editor", "1")
    published = asyncio.Queue()
    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: published.put_nowait(params))  # noqa: PLW0108 - pygls marks it
    await client.start_io(sys.executable, "-m", "avow", "policy", "lsp", *options)
    try:
        await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
        client.initialized(types.InitializedParams())
        yield client, published
        await client.shutdown_async(None)
        client.exit(None)
    finally:
        await client.stop()


@pytest.fixture(scope="module")
def editors():
    """Return a function that does a session with an editor of these options; a server is started once, as an editor has one."""
    with asyncio.Runner() as runner:
        open_ones, started = AsyncExitStack(), {}

        async def editor(options):
            return await open_ones.enter_async_context(_started(*options))

        def run(session, *options):
            if options not in started:
                started[options] = runner.run(editor(options))
            runner.run(session(*started[options]))

        yield run
        runner.run(open_ones.aclose())


def _open(client, path, text):
    document = types.TextDocumentItem(path.as_uri(), "markdown", 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))


async def _next(published, path):
    """Return the next findings of a file."""
    while True:
        params = await asyncio.wait_for(published.get(), SECONDS)
        if params.uri == path.as_uri():
            return params.diagnostics


def _words(text, place):
    """Return the words of a range, which counts UTF-16 units."""
    line = text.splitlines()[place.start.line].encode("utf-16-le")
    return line[2 * place.start.character : 2 * place.end.character].decode("utf-16-le")


def test_findings_come_and_go_as_the_writer_types(write, editors):
    """On opening at the word, with the page of the code; after the change none; closed, those of the saved text."""
    path = write("policy.md")
    text = SMALL.replace(*WRONG).replace("# Privacy at", "# 🏮 Privacy at")

    async def session(client, published):
        _open(client, path, text)
        (found,) = await _next(published, path)
        assert (found.code, _words(text, found.range)) == ("AV0703", "9")
        assert found.code_description.href.endswith("/reference/diagnostics/AV0703.md")
        whole = types.TextDocumentContentChangeWholeDocument(SMALL)
        version = types.VersionedTextDocumentIdentifier(version=2, uri=path.as_uri())
        client.text_document_did_change(types.DidChangeTextDocumentParams(version, [whole]))
        assert list(await _next(published, path)) == []
        path.write_text(SMALL.replace(*WRONG), encoding="utf-8")
        client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(path.as_uri())))
        assert [one.code for one in await _next(published, path)] == ["AV0703"]

    editors(session)


def test_a_letter_outside_of_the_basic_plane_moves_no_underline(write, editors):
    """The compiler counts code points and this editor UTF-16 units."""
    path = write("policy.md")
    text = SMALL.replace("Records are erased", "🏮 Records are kept indefinitely and erased")

    async def session(client, published):
        _open(client, path, text)
        assert [_words(text, one.range) for one in await _next(published, path)] == ["indefinitely"]

    editors(session)


def test_an_included_file_is_judged_with_its_policy(write, editors):
    """The editor holds the included file alone; the finding stands in it, not at what it lacks."""
    head, _, rest = SMALL.partition("## Letters {#letters}")
    letters, _, tail = rest.partition("## Recipients {#recipients}")
    write("policy.md", text=f"{head}{{{{ include parts/letters.md }}}}\n\n## Recipients {{#recipients}}{tail}")
    part = write("parts/letters.md", text=f"## Letters {{#letters}}{letters}")
    unsaved = part.read_text(encoding="utf-8").replace('technology = "form"', 'technology = "from"')

    async def session(client, published):
        _open(client, part, unsaved)
        (found,) = await _next(published, part)
        assert (found.code, _words(unsaved, found.range)) == ("AV0105", "from")

    editors(session)


def test_hover_explains_and_formatting_lays_out(write, editors):
    """Over the underlined words stands why they matter; the layout is that of `avow policy fmt`."""
    path = write("policy.md")
    text = SMALL.replace(*WRONG)

    async def session(client, published):
        _open(client, path, text)
        (found,) = await _next(published, path)
        document = types.TextDocumentIdentifier(path.as_uri())
        hover = await client.text_document_hover_async(types.HoverParams(document, found.range.start))
        assert "When a person asks for deletion" in hover.contents.value
        assert await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 0))) is None
        options = types.FormattingOptions(tab_size=2, insert_spaces=True)
        (edit,) = await client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
        assert edit.new_text == lay_out(text).text

    editors(session)


@pytest.mark.parametrize(("options", "codes"), [((), ["AV0703"]), (("--draft",), [])])
def test_a_draft_is_judged_by_its_text_alone(write, editors, options, codes):
    """As with `avow policy check --draft`."""
    path = write("policy.md", *WRONG)

    async def session(client, published):
        _open(client, path, path.read_text(encoding="utf-8"))
        assert [one.code for one in await _next(published, path)] == codes

    editors(session, *options)


def test_without_the_extra_the_command_says_what_to_install(run, monkeypatch):
    """One sentence, not a traceback."""
    monkeypatch.setitem(sys.modules, "avow.cli.language_server", None)
    result = run("policy", "lsp")
    assert result.exit_code == 1
    assert "install avow[lsp]" in result.output
