"""How the console starts: what it loads when, and what it says when it cannot start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console import keys, looks, settings
from console.app.app import ConsoleApp
from console.app.router import LOADED_LATER, MODULES
from console.flows.records.table import KINDS
from console.screens.base_screen import BaseScreen
from console.settings import BadSettings, read

ROOT = Path(__file__).resolve().parents[2]


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STOCKROOM")}
    return subprocess.run(
        [sys.executable, *arguments, "-c", program] if program else [sys.executable, *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def modules_after(program: str) -> set[str]:
    done = run(f"import json, sys\n{program}\nprint(json.dumps(sorted(sys.modules)))")
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_first_frame_needs_the_standard_library_alone() -> None:
    loaded = modules_after("import console.__main__")
    # What the interpreter's own site brings along before any program runs is not ours.
    before = modules_after("pass")
    strangers = {name.partition(".")[0] for name in loaded - before} - sys.stdlib_module_names

    assert strangers == {"console"}
    assert {name for name in loaded if name.startswith("console")} == {
        "console",
        "console.__main__",
        "console.looks",
    }
    assert not {"typing", "pathlib", "json", "socket"} & (loaded - before)


def test_the_first_rows_need_neither_textual_nor_asyncio() -> None:
    loaded = modules_after("import console.app.first_rows")

    assert not {"textual", "asyncio", "sqlite3", "httpx", "console.app.router"} & loaded


def test_the_app_loads_without_httpx_flask_and_sqlalchemy() -> None:
    loaded = modules_after("import console.app.run")
    packages = {name.partition(".")[0] for name in loaded}

    assert "textual" in packages
    assert packages.isdisjoint({"httpx", "httpcore", "flask", "sqlalchemy", "api", "pydantic"})
    assert not {f"console.screens.{name}" for name in LOADED_LATER} & loaded


def test_httpx_comes_without_its_command_line() -> None:
    loaded = modules_after("import console.client.http")

    assert "httpx" in loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint({"click", "pygments"})


def test_httpx_is_not_loaded_when_the_first_frame_of_the_app_is_painted() -> None:
    program = """
import asyncio, pathlib, tempfile
from console.app.app import ConsoleApp
from console.client.state_dir import open_state_dir
from console.settings import Settings
seen = {}
class Watched(ConsoleApp):
    async def _after_first_paint(self):
        seen['loaded'] = 'httpx' in sys.modules
        await super()._after_first_paint()
async def main():
    home = pathlib.Path(tempfile.mkdtemp())
    app = Watched(Settings('http://127.0.0.1:9', home), open_state_dir(home))
    async with app.run_test() as pilot:
        await pilot.pause()
        while 'console.client.http' not in sys.modules:
            await asyncio.sleep(0.02)
asyncio.run(main())
assert seen == {'loaded': False}, seen
"""
    done = run(f"import sys\n{program}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--help"], 0, "usage: python -m console"),
        (["--nonsense"], 1, "needs a terminal"),
        ([], 1, "needs a terminal"),
    ],
)
def test_without_a_terminal_it_says_so(arguments: list[str], code: int, words: str) -> None:
    done = run("", "-m", "console", *arguments)

    assert done.returncode == code
    assert words in done.stdout + done.stderr


# Settings


def test_the_command_line_comes_before_the_environment() -> None:
    chosen = read(["--url", "https://a.test/"], {"STOCKROOM_URL": "https://b.test"})

    assert chosen.url == "https://a.test"
    assert read([], {"STOCKROOM_URL": "https://b.test"}).url == "https://b.test"
    assert read([], {}).url == settings.DEFAULT_URL


def test_the_state_folder_follows_the_house_rules_of_the_system() -> None:
    assert read([], {"XDG_STATE_HOME": "/s"}).home == Path("/s/stockroom-console")
    assert read([], {"STOCKROOM_CONSOLE_HOME": "/h"}).home == Path("/h")
    assert read(["--home=/i"], {"STOCKROOM_CONSOLE_HOME": "/h"}).home == Path("/i")
    assert read([], {}).home == Path("~/.local/state/stockroom-console").expanduser()


def test_a_theme_is_kept_in_the_folder_and_rubbish_there_is_the_usual_one(tmp_path: Path) -> None:
    assert looks.theme(tmp_path) == looks.theme(tmp_path / "none") == "dark"
    looks.keep_theme(tmp_path, "light")
    assert looks.theme(tmp_path) == "light"
    assert looks.theme(tmp_path, "contrast") == "contrast"
    for rubbish in (b"", b"pink", b"\xff\xfe", b"light" * 9):
        (tmp_path / "theme").write_bytes(rubbish)
        assert looks.theme(tmp_path) == "dark"


@pytest.mark.parametrize(
    "arguments", [["--port"], ["url"], ["--url"], ["--url", "ftp://x"], ["--url", "shop"]]
)
def test_wrong_options_are_refused_with_words(arguments: list[str]) -> None:
    with pytest.raises(BadSettings):
        read(arguments, {})


def test_a_sound_that_cannot_be_played_is_refused_at_the_start() -> None:
    assert read([], {"STOCKROOM_SOUND": "true --loud"}).sound_command == "true --loud"
    for command in ("no-such-player x", "unclosed 'quote"):
        with pytest.raises(BadSettings):
            read([], {"STOCKROOM_SOUND": command})


@pytest.mark.parametrize(
    ("url", "encrypted"),
    [("https://shop.test", True), ("http://127.0.0.1:8000", True), ("http://shop.test", False)],
)
def test_a_line_that_others_can_read_is_known(url: str, encrypted: bool) -> None:
    assert read(["--url", url], {}).is_encrypted is encrypted


# The registry of actions


def frames() -> list[type[BaseScreen]]:
    import importlib  # noqa: PLC0415 - beside its only use

    from console.screens.home import HomeScreen  # noqa: PLC0415
    from console.screens.sign_in import SignInScreen  # noqa: PLC0415

    later = [
        getattr(importlib.import_module(f"console.screens.{MODULES.get(screen, screen)}"), name)
        for screen, name in LOADED_LATER.items()
    ]
    return [HomeScreen, SignInScreen, *later]


def test_every_action_of_every_screen_can_be_carried_out() -> None:
    for frame in frames():
        for action in keys.actions_on(frame.NAME):
            answers_prompt = (frame.NAME, action.id) == ("palette", "enter")
            if action.id in keys.CURSOR_ACTIONS or answers_prompt:
                continue
            name = f"do_{action.id}"
            is_done = hasattr(frame, name) or hasattr(ConsoleApp, name) or action.id in KINDS
            assert is_done, (frame.NAME, action.id)


def test_no_two_actions_of_a_screen_share_a_key_or_an_alias() -> None:
    for frame in frames():
        actions = keys.actions_on(frame.NAME)
        pressed = [key for action in actions for key in action.keys]
        spoken = [action.alias for action in actions if action.alias]
        assert len(pressed) == len(set(pressed)), frame.NAME
        assert len(spoken) == len(set(spoken)), frame.NAME


def test_every_action_explains_itself() -> None:
    for action in keys.ACTIONS:
        assert action.help
        assert action.group
        assert action.keys or action.alias, action.id
        assert action.screens


def test_no_action_takes_a_key_that_a_code_begins_with() -> None:
    for frame in frames():
        for key in keys.bindings(frame.NAME):
            if len(key) == 1:
                begins = key.isdigit() or key.isupper() or key == "]"
                assert not begins, (frame.NAME, key)
            if len(key) == 1 and key.isalpha():
                assert frame.TYPING.value == "list", (frame.NAME, key)


def test_the_f_keys_mean_the_same_everywhere() -> None:
    for frame in frames():
        for key, action in keys.bindings(frame.NAME).items():
            if (
                key.startswith("f")
                and key[1:].isdigit()
                and frame.NAME not in {"palette", "sign_in"}
            ):
                expected = {
                    "f1": "help", "f2": "home", "f3": "orders", "f4": "pick", "f5": "pack",
                    "f17": "attention",
                    "f6": "receive", "f18": "catalogue", "f7": "stock", "f8": "refund",
                    "f9": "undo", "f10": "commit", "f12": "outbox",
                }  # fmt: skip
                assert action.id == expected[key]
