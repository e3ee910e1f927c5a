"""The documentation names what there is, and all of it."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from .conftest import CHECKOUT, Page, pages, playbooks, role_file, roles

PAGES = pages()
# Which entry points of which role a playbook runs. Those of site.yml are all roles', and their specifications its
# page refers to.
ENTRIES = {
    "deploy": ("deploy", "read", "main"),
    "scale": ("deploy", "check_scale", "scale"),
    "rollback": ("deploy", "check_rollback", "rollback"),
    "remove": ("deploy", "check_remove", "remove"),
    "drain": ("operate", "check", "drain"),
    "activate": ("operate", "check", "activate"),
    "promote": ("operate", "check_member", "regroup"),
    "demote": ("operate", "check_member", "demote", "regroup"),
    "rebalance": ("operate", "rebalance"),
    "reboot": ("operate", "check_member", "reboot", "upgrade_order", "upgrade_begin", "upgrade_end"),
    "upgrade": ("operate", "versions", "upgrade_order", "upgrade_begin", "upgrade_end"),
    "leave": ("operate", "check", "leave", "exit", "forget"),
    "status": ("status", "main"),
    "doctor": ("doctor", "main"),
    "join": ("join", "main"),
    "bundle": ("bundle", "main"),
    "backup": ("backup", "main"),
    "restore": ("backup", "check_restore", "look", "keys", "swarm", "consul"),
    "recover": ("recover", "main"),
    "reset": ("reset", "check", "main"),
    "rotate_keys": ("rotate", "main"),
}
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_EXTRA = re.compile(r"-e[ =](?:'\{\"(\w+)\"|(\w+)=)")
_FULL_NAME = re.compile(r"\barpanet\.cluster\.(\w+)")
_COMMAND = re.compile(r"ansible-playbook (?:-i \S+ )?(\w+\.yml)")
_MAKE = re.compile(r"(?:^    |`)make ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)", re.M)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def anchors(page: Page) -> set[str]:
    """Names of a page's headings in links, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", page.text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_there_is_documentation() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md"} <= {page.name for page in PAGES}


@every_page
def test_links_lead_somewhere(page: Page) -> None:
    for target in _LINK.findall(page.text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (page.path.parent / path).resolve() if path else page.path
        assert there.exists(), f"{page.name} links to {target}"
        assert CHECKOUT in [there, *there.parents], f"{page.name} links to {target}, which is outside of the project"
        if anchor:
            assert anchor in anchors(Page("", there, there.read_text())), f"{page.name} links to {target}"


@every_page
def test_variables_exist(page: Page, variables: set[str]) -> None:
    named = {name for pair in _EXTRA.findall(page.text) for name in pair if name}
    unknown = {name for name in named - variables if not name.startswith("ansible_")}
    assert not unknown, f"{page.name} sets what no role reads"


@every_page
def test_names_of_the_collection_exist(page: Page) -> None:
    plugins = {path.stem for path in (CHECKOUT / "plugins").glob("*/*.py")}
    unknown = set(_FULL_NAME.findall(page.text)) - plugins - set(playbooks()) - set(roles())
    assert not unknown, f"{page.name} names what the collection does not have"


@every_page
def test_playbooks_that_are_run_exist(page: Page) -> None:
    for name in _COMMAND.findall(page.text):
        assert (CHECKOUT / name).exists(), f"{page.name} runs {name}"


@every_page
def test_make_targets_exist(page: Page) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (CHECKOUT / "Makefile").read_text(), re.M))
    named = {word for words in _MAKE.findall(page.text) for word in words.split()}
    assert named <= targets, f"{page.name} makes what the Makefile does not"


def test_a_page_for_each_playbook_and_a_playbook_for_each_such_page() -> None:
    titled = {page.name.removeprefix("docs/").removesuffix(".md"): page.title for page in PAGES}
    of_playbooks = {name for name, title in titled.items() if re.match(r"\w+\.yml:", title)}
    assert of_playbooks == set(playbooks())
    for name in playbooks():
        assert titled[name].startswith(f"{name}.yml: ")
        assert f"docs/{name}.md" in (CHECKOUT / "README.md").read_text()


@pytest.mark.parametrize("playbook", sorted(ENTRIES))
def test_a_playbooks_page_has_its_options(playbook: str) -> None:
    text = (CHECKOUT / "docs" / f"{playbook}.md").read_text()
    role, *entries = ENTRIES[playbook]
    defaults = role_file(role, "defaults/main.yml")
    specs = role_file(role, "meta/argument_specs.yml")["argument_specs"]
    assert isinstance(specs, dict)
    for entry in entries:
        for name, option in specs[entry].get("options", {}).items():
            if len(option.get("choices", [])) == 1:
                continue
            short = re.search(r"\{\{ (\w+) \| default", str(defaults.get(name)))
            said = f"-e {short[1]}=" if short else name
            assert said in text, f"docs/{playbook}.md does not say {said}"


def test_every_playbook_is_looked_at() -> None:
    assert {*ENTRIES, "site"} == set(playbooks())


def test_the_page_of_site_names_options_that_there_are(variables: set[str]) -> None:
    rows = (CHECKOUT / "docs/site.md").read_text().split("| variable |")[1].splitlines()[2:]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert len(named) > 20
    assert named <= variables


def test_the_readme_says_how_to_try_and_to_test() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    for words in ("make demo", "make test", "make bench", "site.yml", "deploy.yml -e stack="):
        assert words in readme


def test_ports_are_those_of_the_roles() -> None:
    rows = [line for line in (CHECKOUT / "docs/ports.md").read_text().splitlines() if line.startswith("| ")]
    for role in roles():
        for name, value in role_file(role, "defaults/main.yml").items():
            if name.endswith("_port"):
                assert any(f"`{name}`" in row and row.startswith(f"| {value}/") for row in rows), name


def test_action_groups_hold_modules() -> None:
    runtime = role_file("..", "meta/runtime.yml")
    groups = runtime["action_groups"]
    assert isinstance(groups, dict)
    modules = {path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")}
    assert {name for group in groups.values() for name in group} <= modules


@pytest.mark.parametrize("title", ["between the hosts of a cluster:", "must not be opened:"])
def test_tables_of_ports_are_where_real_nodes_are_compared_with_them(title: str) -> None:
    assert (CHECKOUT / "docs" / "ports.md").read_text().count(f"{title}\n\n| port |") == 1
