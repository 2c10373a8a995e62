"""A scene with one of everything, for the tests of the painters."""

from __future__ import annotations

from archspec.draw.scene import Bounds, Circle, Line, Path, Point, Rect, Run, Scene, Tag, Text


def line(*runs: Run, size: float = 15.0, hue: str = "ink") -> Line:
    return Line(runs, size, hue)


def straight(x: float, top: float, bottom: float) -> Path:
    third = (bottom - top) / 3
    return Path((Point(x, top), Point(x, top + third), Point(x, bottom - third), Point(x, bottom)), head=9)


SKIP = Path(
    (
        Point(480, 160),
        *(Point(x, 160) for x in (520, 600, 645)),
        *(Point(660, y) for y in (160, 165, 175)),
        *(Point(660, y) for y in (250, 320, 385)),
        *(Point(x, 400) for x in (660, 655, 645)),
        *(Point(x, 400) for x in (600, 550, 500)),
    ),
    "skip",
    2.6,
    10,
    dashed=True,
)
NASTY = r"10 % & $ # _ { } ~ ^ \ <b> é → ½ 图"
SCENE = Scene.of(
    960,
    540,
    [
        Text(Point(480, 40), line(Run("Bottleneck residual block", bold=True), size=26)),
        Text(Point(480, 70), line(Run("2"), Run("16", shift="up"), Run(" paths"), size=14, hue="muted")),
        Rect(
            Bounds(400, 200, 160, 44),
            "conv1",
            "conv1.fill",
            label=(line(Run("1×1", bold=True), Run(" conv, 64")),),
            tag=Tag("layer1.0.conv1", "conv(64, 1)\n64 × 56 × 56"),
            group="stack",
        ),
        Rect(Bounds(406, 194, 160, 44), "card", "card.fill", "card", 1.2, group="stack"),
        Rect(
            Bounds(400, 300, 160, 44),
            "conv",
            "conv.fill",
            label=(line(Run("3×3", bold=True), Run(" conv, 64")), line(Run("second line", italic=True), size=12)),
            tag=Tag("layer1.0.conv2"),
        ),
        Circle(Point(480, 400), 18, "merge", "merge.fill", label=(line(Run("+", bold=True), size=22),)),
        Circle(Point(480, 160), 3.5, "", "skip"),
        straight(480, 110, 198),
        straight(480, 244, 298),
        straight(480, 344, 380),
        straight(480, 420, 470),
        SKIP,
        Text(Point(660, 280), line(Run("identity", bold=True), size=14, hue="skip"), plate=True),
        Rect(Bounds(200, 150, 600, 300), "module", "", "frame", 1.2, 10, True),
        Rect(Bounds(220, 480, 60, 30), "", "p1", "segment", 0, 0, label=(line(Run("64"), size=13, hue="p1.text"),)),
        Text(Point(700, 500), line(Run(NASTY), size=12), "start"),
    ],
    "Bottleneck residual block",
    "He et al., arXiv:1512.03385\nsecond line",
)
