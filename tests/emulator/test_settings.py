"""What people write for an emulator, and what they are told when it is not understood."""

from __future__ import annotations

import pytest

from imagepipe.emulator import OPTIONS, PROVIDERS, QUIRKS, Limits, Pictures, Settings, parse
from imagepipe.emulator.latency import Fixed, LogNormal, Uniform
from imagepipe.emulator.quirks import Always, Chance, First, Lasting
from imagepipe.errors import SetupError


def test_nothing_asked_is_an_emulator_without_faults() -> None:
    assert parse({}) == Settings(limits={}, latency={})


def test_every_option_is_read() -> None:
    settings = parse(
        {
            "host": "localhost",
            "port": "8081",
            "latency": ["fixed:2", "runway:lognormal:8:0.4", "rungen:uniform:1:3"],
            "rpm": ["60", "runcrate:10"],
            "in-flight": ["runway:2"],
            "daily": ["runway:50"],
            "quirk": ["429=5", "runway:throttled=3", "drop-after-accept=0.1"],
            "picture": "fixed:100000",
            "seed": "7",
            "state": "state.jsonl",
        }
    )
    assert (settings.host, settings.port, settings.seed) == ("127.0.0.1", 8081, 7)
    assert settings.latency_of("goneural") == Fixed(2)
    assert settings.latency_of("runway") == LogNormal(8, 0.4)
    assert settings.latency_of("rungen") == Uniform(1, 3)
    assert settings.limits_of("runway") == Limits(rpm=60, in_flight=2, daily=50)
    assert settings.limits_of("runcrate") == Limits(rpm=10)
    assert settings.picture == Pictures("fixed", 100_000)
    assert settings.quirks_of("runway") == {
        "429": First(5),
        "drop-after-accept": Chance(0.1),
        "throttled": First(3),
    }
    assert settings.quirks_of("runcrate") == {"429": First(5), "drop-after-accept": Chance(0.1)}


def test_the_table_of_options_is_what_parse_reads() -> None:
    for option in OPTIONS:
        with pytest.raises(SetupError):
            parse({option.name: "\x00" if option.name != "state" else None, "nonsense": "1"})


def test_a_quirk_of_one_provider_wins_over_the_one_for_all() -> None:
    settings = parse({"quirk": ["runway:queued=5", "queued=2", "task-not-exist=3s", "402=all"]})
    assert settings.quirks_of("runway")["queued"] == First(5)
    assert settings.quirks_of("rungen")["queued"] == First(2)
    assert settings.quirks_of("cometapi-runway")["task-not-exist"] == Lasting(3)
    assert settings.quirks_of("goneural")["402"] == Always()


def test_every_quirk_can_be_switched_on_by_its_name() -> None:
    """Also for each provider it applies to, and for no other."""
    for quirk in QUIRKS.values():
        for provider in PROVIDERS:
            if not quirk.providers or provider in quirk.providers:
                settings = parse({"quirk": f"{provider}:{quirk.name}"})
                assert quirk.name in settings.quirks_of(provider)
            else:
                with pytest.raises(SetupError, match="it is one of"):
                    parse({"quirk": f"{provider}:{quirk.name}"})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "example.com", ""])  # noqa: S104 - refused
def test_only_loopback_is_listened_on(host: str) -> None:
    """It takes any key: nobody outside may reach it."""
    with pytest.raises(SetupError, match="loopback only"):
        parse({"host": host})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latency": "fast"}, "not understood"),
        ({"latency": "fixed:-1"}, "0 or more"),
        ({"latency": "fixed:nan"}, "0 or more"),
        ({"latency": "uniform:3:1"}, "not understood"),
        ({"latency": "lognormal:0:1"}, "not understood"),
        ({"latency": "fixed:two"}, "not a number"),
        ({"rpm": "many"}, "whole number"),
        ({"rpm": "0"}, "whole number"),
        ({"rpm": "nobody:5"}, "whole number"),
        ({"port": "70000"}, "whole number"),
        ({"seed": "9" * 40}, "whole number"),
        ({"quirk": "runwy:throttled"}, r"did you mean 'runway'"),
        ({"quirk": "throtled"}, r"did you mean 'throttled'"),
        ({"quirk": "429=lots"}, "no amount"),
        ({"quirk": "429=1.5"}, "no amount"),
        ({"quirk": "429=3s"}, "counts requests"),
        ({"quirk": "queued=0.5"}, "counts polls"),
        ({"quirk": "strict=2"}, "takes no amount"),
        ({"picture": "painted"}, "not understood"),
        ({"picture": "fixed:1"}, "whole number"),
        ({"colour": "red"}, "no option"),
    ],
)
def test_what_is_not_understood_is_said(options: dict[str, str], message: str) -> None:
    with pytest.raises(SetupError, match=message):
        parse(options)


def test_latencies_are_what_they_are_called() -> None:
    """Median and bounds of the draws."""
    assert Fixed(2).at(0.9) == 2
    assert (Uniform(1, 3).at(0), Uniform(1, 3).at(0.5)) == (1, 2)
    assert LogNormal(8, 0.4).at(0.5) == pytest.approx(8)
    assert LogNormal(8, 0.4).at(0.841345) == pytest.approx(8 * 1.4918, rel=1e-3)
    assert LogNormal(8, 0.4).at(0.0) > 0
