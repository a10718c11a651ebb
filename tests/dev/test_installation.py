"""What happens before anything is installed: one sentence for whatever cannot work."""

from pathlib import Path

import pytest

from api.dev import bootstrap_venv


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that is installed and up to date, as far as the stamp says."""
    monkeypatch.setattr(bootstrap_venv, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap_venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap_venv, "STAMP", tmp_path / ".venv/.installed")
    (tmp_path / "requirements-dev.lock").write_text("Flask==3.1.3\n")
    (tmp_path / ".venv").mkdir()
    bootstrap_venv.STAMP.write_text("\n".join(bootstrap_venv._fingerprint()))
    return tmp_path


def test_nothing_is_done_when_nothing_has_changed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap_venv.main()

    assert capsys.readouterr().out == ""
    assert not (checkout / ".venv/bin").exists()


def test_changed_requirements_are_noticed(checkout: Path) -> None:
    assert bootstrap_venv._is_up_to_date()

    (checkout / "requirements-dev.lock").write_text("Flask==3.1.4\n")

    assert not bootstrap_venv._is_up_to_date()
    assert not bootstrap_venv._made_by_another_python()


def test_an_old_python_is_told_what_is_needed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap_venv, "OLDEST", (99, 0))

    with pytest.raises(SystemExit) as refused:
        bootstrap_venv.main()

    assert str(refused.value).startswith("stockroom: this is Python 3.")
    assert "PYTHON=/path/to/python3.11" in str(refused.value)


def test_an_environment_that_belongs_elsewhere_is_not_emptied(checkout: Path) -> None:
    elsewhere = checkout / "elsewhere"
    (checkout / ".venv").rename(elsewhere)
    (checkout / ".venv").symlink_to(elsewhere)

    with pytest.raises(SystemExit, match=r"\.venv is a link to somewhere else"):
        bootstrap_venv.main()

    assert (elsewhere / ".installed").exists()
