"""When an image is built again."""

from pathlib import Path

from lab.builds import STAND_INS, digest
from lab.paths import IMAGES


def test_a_tag_follows_content_names_modes_and_arguments(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM scratch\n")
    first = digest(tmp_path, {"FROM": "a"})
    assert digest(tmp_path, {"FROM": "a"}) == first
    assert digest(tmp_path, {"FROM": "b"}) != first
    file.chmod(0o755)
    second = digest(tmp_path, {"FROM": "a"})
    assert second != first
    file.write_text("FROM other\n")
    assert digest(tmp_path, {"FROM": "a"}) != second


def test_every_stand_in_has_its_directory_and_an_earlier_parent() -> None:
    known = {"base"}
    for directory, (parent, names) in STAND_INS.items():
        assert (IMAGES / directory / "Dockerfile").is_file()
        assert parent in known
        assert names
        known.add(directory)
