"""`archspec stats --convention`."""

from __future__ import annotations

import csv
import io
import json

from tests.cli.conftest import Command


def test_the_screen(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "--convention", "thop")
    assert (done.code, done.err) == (0, "")
    assert "  MADs              2,834,161,664  2.83 G\n" in done.out
    assert "\nthop (profile)   2,897,007,104  2.90 G macs\n" in done.out
    assert "  average pool        +175,616  1 an element made" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_all_of_them_for_several_networks(archspec: Command) -> None:
    words = ("stats", "lenet5", "vgg16", "--convention", "all", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(archspec(*words).out)))
    totals = {(row["name"], row["convention"]): int(row["amount"]) for row in rows if row["term"] == "total"}
    assert [name for _, name in totals][:6] == ["archspec", "fvcore", "thop", "ptflops", "torchinfo", "flops"]
    assert len(totals) == 12
    for place, total in totals.items():
        parts = [row for row in rows if (row["name"], row["convention"]) == place and row["term"] != "total"]
        assert sum(int(row["amount"]) for row in parts) == total
    assert totals["vgg16", "torchinfo"] == 15483821032


def test_json(archspec: Command) -> None:
    figures = json.loads(
        archspec("stats", "vgg16", "--convention", "flops", "--convention", "flops", "--format", "json").out
    )
    (counted,) = figures["counted"]
    assert (counted["convention"], counted["total"]) == ("flops", 2 * figures["mads"])
    assert [term["name"] for term in counted["terms"]] == ["multiply-adds", "two operations"]


def test_rows_are_of_one_kind(archspec: Command) -> None:
    done = archspec("stats", "vgg16", "--convention", "flops", "--by", "op")
    assert done.code == 2
    assert "`--convention`" in done.err
    assert archspec("stats", "vgg16", "--convention", "calflops").code == 2
