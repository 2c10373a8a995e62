"""Numbers that remember how they were computed, so that a computation can be replayed with others.

A traced number passes for an `int` or a `float` (`isinstance` says so) but is none: Python's C code
finds no digits in it and must ask one of its methods. Each method either gives a traced number, or
gives a plain value away and records the guard under which that value is right: a comparison its
outcome, everything that needs digits (`range`, an index, `str`, `float`, a hash) the number itself.
So whatever a computation does, its path is the same wherever all its guards hold, and its results
are the recorded terms. What nobody thought of costs generality, never correctness.

What remains to be known: `type(x)` and `is` see through it (arithmetic on `type(x) is int` would not
take a traced number), and `repr` shows the term and records nothing, as it serves as part of keys.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import copysign
from typing import Any, ClassVar

from archspec.text.trace_terms import Operand, Poly, Record, constant, integer, real

Traced = int | float
"""what a traced number passes for"""


MOST_BITS = 1 << 16
"""size of a power: whoever bounds those of plain numbers looks at their bits beforehand"""


class Trace:
    """One computation with traced numbers."""

    def __init__(self) -> None:
        self._record: Record | None = Record()
        self.syntactic = False

    @property
    def record(self) -> Record:
        if self._record is None:
            raise RuntimeError("a traced number was kept beyond its trace")
        return self._record

    def finish(self) -> Record:
        """What was recorded. From here on the trace's numbers compute nothing: one that was kept would be found out."""
        record, self._record = self.record, None
        return record

    def param(self, name: str, value: Traced) -> Any:
        """A number to trace: passes for `value`."""
        number = self.record.atom("param", name=name)
        if isinstance(value, int):
            return TracedInt(self, {(number,): 1}, value)
        return TracedFloat(self, Operand(atom=number), value)

    def key(self, value: object) -> object:
        """`value` as a key of a memo table.

        In a memo table "not found" is always a right answer, so there numbers are compared as terms, which
        records nothing. In any other table the numbers of a key are asked for their hash, and are pinned.
        """
        return _Key(self, value)


class _Key:
    __slots__ = ("_hash", "_trace", "_value")

    def __init__(self, trace: Trace, value: object):
        self._trace, self._value = trace, value
        trace.syntactic = True
        try:
            self._hash = hash(value)
        finally:
            trace.syntactic = False

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Key):
            return NotImplemented
        self._trace.syntactic = True
        try:
            return self._value == other._value
        finally:
            self._trace.syntactic = False


class _Number:
    """What both kinds have in common. Abstract."""

    __slots__ = ("trace", "value")
    kind: ClassVar[type]
    trace: Trace
    value: Any

    def operand(self) -> Operand:
        raise NotImplementedError

    def pinned(self) -> Any:
        """The plain number; from here on the trace holds for this number alone."""
        raise NotImplementedError

    def real(self, operator: str, value: Any, *operands: Operand) -> Any:
        """A float that an operation gave."""
        assert type(value) is float, "the kind of a result depends on the kinds of its operands alone"
        return TracedFloat(self.trace, Operand(atom=self.trace.record.atom(operator, *operands)), value)

    def __float__(self) -> float:
        return float(self.pinned())

    def __int__(self) -> int:
        return int(self.pinned())

    def __str__(self) -> str:
        return str(self.pinned())

    def __format__(self, spec: str) -> str:
        return format(self.pinned(), spec)

    def __hash__(self) -> int:
        return hash(self.operand()) if self.trace.syntactic else hash(self.pinned())

    def __bool__(self) -> bool:
        holds: bool = operator.ne(self, 0)
        return holds

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        # Of -0.0 the sign stays, which no comparison sees.
        return -self if self < 0 else self  # type: ignore[operator]

    def __repr__(self) -> str:
        return f"<traced {self.operand()}>"


def _operand(value: object) -> Operand | None:
    """A number of any kind as an operand; None for what is no number."""
    if isinstance(value, _Number):
        return value.operand()
    if isinstance(value, int):
        return integer(_poly(value))
    return real(value) if isinstance(value, float) else None


def _poly(value: Any) -> Poly:
    """The polynomial of an integer, traced or not."""
    if isinstance(value, TracedInt):
        return value.poly
    return {(): int(value)} if value else {}


def _value(number: Any) -> Any:
    return number.value if isinstance(number, _Number) else number


def _whole(*numbers: object) -> bool:
    return all(isinstance(number, int) for number in numbers)


def _swapped(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: method(other, self)


def _floats(sign: str, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operation that gives a float, whatever it is given."""

    def method(left: Any, right: Any) -> Any:
        a, b = _operand(left), _operand(right)
        if a is None or b is None:
            return NotImplemented
        number = left if isinstance(left, _Number) else right
        return number.real(sign, compute(_value(left), _value(right)), a, b)

    return method


def _arithmetic(
    sign: str, compute: Callable[[Any, Any], Any], whole: Callable[[Record, Poly, Poly], Poly]
) -> Callable[[Any, Any], Any]:
    """An operation that gives an integer for integers."""
    floats = _floats(sign, compute)

    def method(left: Any, right: Any) -> Any:
        if not _whole(left, right):
            return floats(left, right)
        trace = left.trace if isinstance(left, _Number) else right.trace
        value = compute(_value(left), _value(right))
        return _integer(trace, whole(trace.record, _poly(left), _poly(right)), value)

    return method


def _integer(trace: Trace, poly: Poly, value: int) -> Any:
    """An integer: plain where no param has part in it."""
    known = constant(poly)
    assert known is None or known == value
    return value if known is not None else TracedInt(trace, poly, value)


def _comparison(sign: str, compute: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def method(left: Any, right: Any) -> Any:
        a, b = _operand(left), _operand(right)
        if a is None or b is None:
            return NotImplemented
        record = left.trace.record
        if left.trace.syntactic:
            assert sign in ("==", "!="), "a key is compared for equality alone"
            return (a == b) is (sign == "==")
        holds = compute(_value(left), _value(right))
        if _whole(left, right):
            turned = sign in (">", ">=", "!=")
            difference = record.plus(_poly(left), _poly(right), -1)
            record.compared(difference, _OPPOSITE[sign] if turned else sign, holds is not turned)
        else:
            record.tested(sign, a, b, holds)
        return holds

    return method


_OPPOSITE = {">": "<=", ">=": "<", "!=": "=="}

_ADD = _arithmetic("+", operator.add, lambda record, a, b: record.plus(a, b))
_SUB = _arithmetic("-", operator.sub, lambda record, a, b: record.plus(a, b, -1))
_MUL = _arithmetic("*", operator.mul, lambda record, a, b: record.times(a, b))
_FLOORDIV = _arithmetic("//", operator.floordiv, lambda record, a, b: record.divided(a, b)[0])
_MOD = _arithmetic("%", operator.mod, lambda record, a, b: record.divided(a, b)[1])
_TRUEDIV = _floats("/", operator.truediv)


def _pow(base: Any, exponent: Any) -> Any:
    """Integer powers keep their exponent, whose sign decides the kind of the result."""
    if not _whole(base, exponent):
        value = _value(base) ** _value(exponent)
        number = base if isinstance(base, _Number) else exponent
        if type(value) is complex:
            return number.pinned() ** exponent if number is base else base ** number.pinned()
        return _floats("**", lambda a, b: value)(base, exponent)
    times = exponent.pinned() if isinstance(exponent, TracedInt) else int(exponent)
    if times * int(_value(base)).bit_length() > MOST_BITS:
        raise OverflowError("a power of more than MOST_BITS bits")
    if not isinstance(base, TracedInt):
        return base**times
    if times < 0:
        return _floats("**", operator.pow)(base, times)
    if times > 64:
        return base.pinned() ** times
    power: Any = 1
    for _ in range(times):
        power = power * base
    return power


class _Arithmetic(_Number):
    """The operators, which are the same for both kinds. Abstract."""

    __slots__ = ()

    __add__, __radd__ = _ADD, _swapped(_ADD)
    __sub__, __rsub__ = _SUB, _swapped(_SUB)
    __mul__, __rmul__ = _MUL, _swapped(_MUL)
    __truediv__, __rtruediv__ = _TRUEDIV, _swapped(_TRUEDIV)
    __floordiv__, __rfloordiv__ = _FLOORDIV, _swapped(_FLOORDIV)
    __mod__, __rmod__ = _MOD, _swapped(_MOD)
    __pow__, __rpow__ = _pow, _swapped(_pow)
    __lt__ = _comparison("<", operator.lt)
    __le__ = _comparison("<=", operator.le)
    __gt__ = _comparison(">", operator.gt)
    __ge__ = _comparison(">=", operator.ge)
    __eq__ = _comparison("==", operator.eq)
    __ne__ = _comparison("!=", operator.ne)
    __hash__ = _Number.__hash__

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __neg__(self) -> Any:
        return 0 - self if isinstance(self, TracedInt) else self.real("neg", -self.value, self.operand())


class TracedInt(_Arithmetic):
    """Passes for an int."""

    __slots__ = ("poly",)

    def __init__(self, trace: Trace, poly: Poly, value: int):
        self.trace, self.poly, self.value = trace, poly, value

    @property  # type: ignore[misc]  # what `isinstance` asks for can be set nowhere
    def __class__(self) -> type:
        return int

    def operand(self) -> Operand:
        return integer(self.poly)

    def pinned(self) -> int:
        self.trace.record.compared(
            self.trace.record.plus(self.poly, {(): self.value} if self.value else {}, -1), "==", True
        )
        assert type(self.value) is int
        return self.value

    __index__ = pinned

    def bit_length(self) -> int:
        return self.pinned().bit_length()

    def __trunc__(self) -> Any:
        return self

    __floor__ = __ceil__ = __trunc__

    def __round__(self, digits: int | None = None) -> Any:
        return self if digits is None or digits >= 0 else round(self.pinned(), digits)


class TracedFloat(_Arithmetic):
    """Passes for a float."""

    __slots__ = ("_operand",)

    def __init__(self, trace: Trace, operand: Operand, value: float):
        self.trace, self._operand, self.value = trace, operand, value

    @property  # type: ignore[misc]  # what `isinstance` asks for can be set nowhere
    def __class__(self) -> type:
        return float

    def operand(self) -> Operand:
        return self._operand

    def pinned(self) -> float:
        record = self.trace.record
        record.tested("==", self._operand, real(self.value), True)
        if self.value == 0:
            record.tested("sign", self._operand, real(self.value), copysign(1, self.value) > 0)
        assert type(self.value) is float
        return self.value

    def _rounded(self, how: str, value: int) -> Any:
        return TracedInt(self.trace, {(self.trace.record.atom(how, self._operand),): 1}, value)

    def __trunc__(self) -> Any:
        return self._rounded("trunc", int(self.value))

    def __floor__(self) -> Any:
        return self._rounded("floor", operator.index(self.value.__floor__()))

    def __ceil__(self) -> Any:
        return self._rounded("ceil", operator.index(self.value.__ceil__()))

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return self._rounded("round", round(self.value))
        places = operator.index(digits)
        return self.real("round", round(self.value, places), self._operand, integer(_poly(places)))
