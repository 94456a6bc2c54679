"""README.md and docs/ say nothing of the tree that is not so: settings and their defaults, commands, files, pictures."""

import re
from pathlib import Path

import pytest
from click import Context

from app import create_app
from config import ROOT, new_secrets, settings
from tests.machine.secrets import environment
from tools.glossary import ROOMS

DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
README = DOCUMENTS["README.md"]
FENCED = re.compile(r"^ *```[a-z]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
ALL = "\n".join(DOCUMENTS.values())
CODE = FENCED.findall(ALL)
SPANS = re.findall(r"`([^`\n]+)`", FENCED.sub("", ALL))
ROWS = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (.*?) \|", DOCUMENTS["docs/settings.md"], re.MULTILINE))
"""The table of settings: each variable with the cell of its default."""
NAMES_OF_FILES = re.compile(r"[\w./-]+(\.(py|html|css|js|txt|toml|conf|lock|po|zh\.txt)|/)")
MADE_LATER = ("instance/", ".venv/", "build/")


class Asked(dict[str, str]):
    """An environment that remembers what it was asked for, and with which default."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self.defaults: dict[str, str] = {}

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.defaults[name] = default
        return super().get(name, default)


def read_by_config(instance: Path) -> dict[str, set[str]]:
    """Every variable that config.py reads, with its defaults in a trial and in production, as docs/settings.md writes them."""
    secrets = {f"TALENT_{name}": value for name, value in new_secrets().items()}
    found: dict[str, set[str]] = {}
    for given in ({}, {"TALENT_ENV": "production", **secrets}):
        asked = Asked({"TALENT_INSTANCE": str(instance), **given})
        settings(asked)
        for name, default in asked.defaults.items():
            written = default.replace(str(instance), "$TALENT_INSTANCE").replace(f"{ROOT}/", "")
            found.setdefault(name, set()).add(written)
    return found


def read_by_the_server() -> list[str]:
    return re.findall(r"environ\.get\([\"'](\w+)", (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8"))


def test_every_setting_is_explained_with_its_default(tmp_path: Path) -> None:
    for name, defaults in read_by_config(tmp_path).items():
        assert name in ROWS, f"docs/settings.md does not explain {name}"
        for default in filter(None, defaults):
            assert f"`{default}`" in ROWS[name], (
                f"docs/settings.md names another default of {name} than {default}"
            )


def test_the_servers_own_variables_are_explained() -> None:
    names = read_by_the_server()
    assert names
    for name in names:
        assert name in ROWS, f"docs/settings.md does not explain {name}"


def test_no_setting_is_explained_that_nothing_reads(tmp_path: Path) -> None:
    assert set(ROWS) <= {*read_by_config(tmp_path), *read_by_the_server()}


def test_no_room_reads_the_environment_past_the_settings() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            assert not re.search(r"(environ|getenv)\b.*TALENT_", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "target",
    sorted(set(re.findall(r"(?:^ *|&& |=\S+ )make ([a-z]+)", "\n".join([*CODE, *SPANS]), re.MULTILINE))),
)
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_command_exists(tmp_path: Path) -> None:
    app = create_app(settings(environment(tmp_path, f"sqlite:///{tmp_path}/none.sqlite")))
    named = set(re.findall(r"flask --app app ([a-z-]+)", ALL))
    assert named
    for name in named:
        assert app.cli.get_command(Context(app.cli), name), name


@pytest.mark.parametrize(
    "name",
    sorted(
        {span for span in SPANS if NAMES_OF_FILES.fullmatch(span) and not span.startswith(("/", *MADE_LATER))}
    ),
)
def test_every_file_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("page", DOCUMENTS)
def test_every_link_leads_somewhere(page: str) -> None:
    """A link is read from the folder of its page; one within a page has to meet a heading of it."""
    links = re.findall(r"\]\(([^)\s:]+)\)|src=\"([^\"]+)\"", FENCED.sub("", DOCUMENTS[page]))
    for target, _, heading in (("".join(link)).partition("#") for link in links):
        found = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        assert found.exists(), f"{page} links to {target}"
        if heading:
            assert heading in anchors(found.read_text(encoding="utf-8")), f"{page} links to #{heading}"


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    }


@pytest.mark.parametrize("page", sorted(set(DOCUMENTS) - {"README.md"}))
def test_every_page_is_reachable_from_the_readme(page: str) -> None:
    assert f"]({page})" in README


def test_the_readme_stays_short_enough_for_a_newcomer() -> None:
    assert len(README.splitlines()) <= 250


def test_pictures_are_light() -> None:
    sizes = [path.stat().st_size for path in (ROOT / "docs" / "pictures").glob("*.png")]
    assert sizes
    assert max(sizes) < 150_000
    assert sum(sizes) < 1_000_000


@pytest.mark.parametrize("page", DOCUMENTS)
def test_every_page_is_chinese_first_and_has_the_same_chapters_in_english(page: str) -> None:
    chinese, english = FENCED.sub("", DOCUMENTS[page]).split("\n# English\n")
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese.splitlines()[0])) > 1
    assert len(re.findall(r"^## ", chinese, re.MULTILINE)) == len(re.findall(r"^## ", english, re.MULTILINE))
