"""What is read from the machine's apt and pip."""

from lab.machine import Source, apt_options, parse_uris, pip_settings, translate

URIS = """\
'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_debian_InRelease 0
'http://mirror.example/debian/dists/bookworm-updates/InRelease' x 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0
'https://other.example/security/dists/bookworm-security/InRelease' x 0
'https://tools.example/apt/dists/stable/InRelease' x 0
'http://localhost:3142/debian/dists/bookworm/InRelease' x 0
'file:/srv/debian/dists/bookworm/InRelease' x 0
"""


def test_only_remote_sources_of_the_machines_release_count() -> None:
    assert parse_uris(URIS, "bookworm") == (
        Source("http://mirror.example/debian", "bookworm"),
        Source("http://mirror.example/debian", "bookworm-updates"),
        Source("https://other.example/security", "bookworm-security"),
    )


def test_sources_are_translated_to_another_release() -> None:
    found = translate(parse_uris(URIS, "bookworm"), "bookworm", "trixie")
    assert [source.suite for source in found] == ["trixie", "trixie-updates", "trixie-security"]
    assert found[0].line().endswith("http://mirror.example/debian trixie main")


def test_apt_options_are_those_that_reach_the_mirror() -> None:
    dump = """\
APT::Architecture "amd64";
Acquire::Check-Valid-Until "false";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::Languages "none";
"""
    assert apt_options(dump) == (
        'Acquire::Check-Valid-Until "false";\nAcquire::http::Proxy "http://proxy.example:3128";\n'
    )


def test_pip_settings_leave_out_what_is_on_this_disk() -> None:
    listing = """\
global.index-url='https://pypi.example/simple'
global.extra-index-url='file:///opt/a https://more.example/simple'
global.find-links='/opt/wheels'
global.cert='/home/me/ca.pem'
"""
    assert pip_settings(listing, own_authorities=True) == (
        "[global]\n"
        "index-url = https://pypi.example/simple\n"
        "extra-index-url = https://more.example/simple\n"
        "cert = /etc/ssl/certs/ca-certificates.crt\n"
    )


def test_nothing_to_say_makes_no_pip_configuration() -> None:
    assert pip_settings("", own_authorities=False) == ""
