"""The console's state folder, theme and colours, from the standard library alone.

The first frame is painted from this, long before the console is loaded; so nothing is imported here
but what every Python has loaded already.
"""

# Loading pathlib takes as long as painting the frame.
# ruff: noqa: PTH111, PTH118, PTH123
import os

PALETTES = {
    "dark": {
        "ground": "#10151c", "panel": "#161d26", "bar": "#1c2530", "edge": "#2c3947",
        "cursor": "#1f3145", "ink": "#d5dde6", "bright": "#f4f8fc", "dim": "#8f9eae",
        "faint": "#7f90a2", "blue": "#6cb6ff", "green": "#57d08c", "amber": "#e8b454",
        "red": "#ff7a72", "enter": "#08131f on #6cb6ff", "good": "#eafff3 on #14603a",
        "wrong": "#ffffff on #b3261e", "done": "#f0f7ff on #1b5690", "note": "#fff6e0 on #5a4512",
        "wait": "#fff6e0 on #6d5312",
    },
    "light": {
        "ground": "#fafbfc", "panel": "#eef1f4", "bar": "#e3e8ed", "edge": "#c4ccd4",
        "cursor": "#d6e6f7", "ink": "#24303c", "bright": "#0b141d", "dim": "#55636f",
        "faint": "#5f6b77", "blue": "#0b5cad", "green": "#12693b", "amber": "#7d5200",
        "red": "#b3261e", "enter": "#ffffff on #0b5cad", "good": "#06371d on #c9efd8",
        "wrong": "#ffffff on #b3261e", "done": "#08345f on #cfe4fa", "note": "#463000 on #fbe8bd",
        "wait": "#463000 on #f6d98e",
    },
    "contrast": {
        "ground": "#000000", "panel": "#000000", "bar": "#1a1a1a", "edge": "#8c8c8c",
        "cursor": "#003c80", "ink": "#ffffff", "bright": "#ffffff", "dim": "#e0e0e0",
        "faint": "#c8c8c8", "blue": "#7fd4ff", "green": "#7dffa8", "amber": "#ffe14d",
        "red": "#ff9c94", "enter": "#000000 on #ffe14d", "good": "#000000 on #7dffa8",
        "wrong": "#ffffff on #b00000", "done": "#000000 on #7fd4ff", "note": "#000000 on #ffe14d",
        "wait": "#000000 on #ffe14d",
    },
}  # fmt: skip
"""What each theme is made of, by meaning."""

DEFAULT = "dark"
"""The theme where nobody chose one."""


def folder(arguments: list[str], environment: "os._Environ[str] | dict[str, str]") -> str:
    """The console's own folder: as the command line says, or the environment, or the system.

    Options that cannot be read are refused by whoever reads all of them.
    """
    given = ""
    for n, word in enumerate(arguments):
        if word == "--home":
            given = "".join(arguments[n + 1 : n + 2])
        elif word.startswith("--home="):
            given = word.removeprefix("--home=")
    given = given or environment.get("STOCKROOM_CONSOLE_HOME", "")
    base = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return os.path.expanduser(given or os.path.join(base, "stockroom-console"))


def theme(home: "str | os.PathLike[str]", wanted: str = "") -> str:
    """The theme that is wanted, or that was kept in this folder; the usual one else."""
    if wanted in PALETTES:
        return wanted
    try:
        with open(os.path.join(home, "theme"), "rb") as kept:
            name = kept.read(20).decode("utf-8", "replace").strip()
    except OSError:
        return DEFAULT
    return name if name in PALETTES else DEFAULT


def keep_theme(home: "str | os.PathLike[str]", name: str) -> None:
    """Begin with this theme from now on."""
    with open(os.path.join(home, "theme"), "wb") as kept:
        kept.write(name.encode())
