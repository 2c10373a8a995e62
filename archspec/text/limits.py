"""The bounds that keep a stranger's twenty-line file from hanging the compiler."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds on what one spec may ask for. Every one can be raised with `--limit NAME=N`.

    Each message of a bound that was hit names the bound, so that a reader knows what to raise.
    """

    file_bytes: int = 4_000_000
    """size of one YAML file"""
    yaml_depth: int = 64
    """nesting of YAML lists and mappings"""
    yaml_nodes: int = 500_000
    """YAML nodes of one file, after aliases are expanded"""
    files: int = 64
    """files reached through `extends`, `use` and `modules: {file: …}`"""
    expression_length: int = 4_000
    """characters of one expression"""
    expression_depth: int = 64
    """nesting of one expression"""
    list_items: int = 200_000
    """items of a list made by an expression"""
    integer_bits: int = 256
    """size of an integer made by an expression"""
    operations: int = 2_000_000
    """steps of one elaboration: arithmetic, and nodes, modules and turns of loops by what they take"""
    nodes: int = 50_000
    """nodes of the concrete program, each module counted once"""
    nesting: int = 64
    """modules inside modules"""
    elements: int = 2**48
    """elements of one tensor"""


DEFAULT_LIMITS = Limits()
