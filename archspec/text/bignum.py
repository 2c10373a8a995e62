"""How large exact integers are written: in full, as a product of powers, in scientific form.

Everything here is exact up to the rounding that it says, and takes any natural number: `str` refuses
more than 4,300 digits, and `float` overflows at 10^308.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

FACTOR_BITS = 1 << 18
"""numbers from 2 to this power are only looked at for a power of two: dividing them takes long"""
PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal(number: int) -> str:
    """Decimal digits of a natural number of any size.

    >>> decimal(2**20000) == decimal(10**4000)
    False
    >>> len(decimal(2**20000))
    6021
    """
    if number < 10**4000:
        return str(number)
    bits = number.bit_length()
    powers: dict[int, Decimal] = {}
    with exactly():
        return format(_converted(number, bits, powers), "f")


def _converted(number: int, bits: int, powers: dict[int, Decimal]) -> Decimal:
    """Halves of halves, put together as decimals, which are multiplied in nearly linear time."""
    from decimal import Decimal

    if bits <= 4000:
        return Decimal(number)
    half = bits // 2
    if half not in powers:
        powers[half] = Decimal(2) ** half
    high = _converted(number >> half, bits - half, powers)
    return high * powers[half] + _converted(number & ((1 << half) - 1), half, powers)


@contextmanager
def exactly() -> Iterator[None]:
    """Within it sums and products of decimals are exact, whatever their size."""
    from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Inexact, localcontext

    with localcontext(Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])):
        yield


def natural(digits: str) -> int:
    """The natural number of some decimal digits, however many; `int` refuses more than 4,300 of them.

    >>> natural(decimal(3**20000)) == 3**20000
    True
    """
    if len(digits) <= 4000:
        return int(digits)
    low = len(digits) // 2
    shift: int = 10**low
    return natural(digits[:-low]) * shift + natural(digits[-low:])


def exact_log10(number: int) -> float:
    """The logarithm of a positive integer of any size.

    >>> round(exact_log10(2**100000), 6)
    30102.999566
    """
    shift = max(0, number.bit_length() - 64)
    return log10(number >> shift) + shift * log10(2)


def scientific(number: int) -> str:
    """Three digits and a power of ten, rounded.

    >>> scientific(2**58), scientific(999_999), scientific(7)
    ('2.88e17', '1.00e6', '7.00e0')
    >>> scientific(2**100000)
    '9.99e30102'
    """
    if number == 0:
        return "0"
    exponent = int(exact_log10(number)) - 20
    digits = str(number // 10**exponent if exponent > 0 else number)
    exponent = max(exponent, 0)
    mantissa = int(digits[:3].ljust(3, "0")) + (len(digits) > 3 and digits[3] >= "5")
    exponent += len(digits) - 1
    if mantissa == 1000:
        mantissa, exponent = 100, exponent + 1
    return f"{mantissa // 100}.{mantissa % 100:02}e{exponent}"


def factors(number: int) -> tuple[tuple[int, int], ...]:
    """Primes and their powers, if there is no prime above 47 in it; else, and for 0 and 1, nothing.

    >>> factors(2**16 * 3**16)
    ((2, 16), (3, 16))
    >>> factors(2 * 53)
    ()
    """
    if number < 2:
        return ()
    twos = (number & -number).bit_length() - 1
    found = [(2, twos)] if twos else []
    rest = number >> twos
    if rest > 1 and rest.bit_length() > FACTOR_BITS:
        return ()
    for prime in PRIMES:
        if rest == 1:
            break
        rest, power = _divide_out(rest, prime)
        if power:
            found.append((prime, power))
    return tuple(found) if rest == 1 else ()


def _divide_out(number: int, prime: int) -> tuple[int, int]:
    """The number without a prime, and how often it was in it: by squares of squares, down again."""
    squares = [prime]
    while number % squares[-1] == 0:
        squares.append(squares[-1] * squares[-1])
    power = 0
    for level in range(len(squares) - 1, -1, -1):
        quotient, rest = divmod(number, squares[level])
        if rest == 0:
            number, power = quotient, power + (1 << level)
    return number, power


def power_text(number: int, superscript: bool = False) -> str:
    """A number as a product of prime powers, if it is one worth writing so; else "".

    A prime, or a product in which no prime stands twice, says no more than its digits.

    >>> power_text(2**58), power_text(2**16 * 3**16), power_text(12), power_text(30), power_text(0)
    ('2^58', '2^16·3^16', '2^2·3', '', '')
    >>> power_text(2**58, superscript=True)
    '2⁵⁸'
    """
    found = factors(number)
    if all(power == 1 for _, power in found):
        return ""
    return "·".join(_power(prime, power, superscript) for prime, power in found)


def _power(prime: int, power: int, superscript: bool) -> str:
    if power == 1:
        return str(prime)
    return f"{prime}{str(power).translate(_SUPERSCRIPTS)}" if superscript else f"{prime}^{power}"


def short_text(number: int, superscript: bool = False, digits: int = 15) -> str:
    """A number in a few characters: in full while it has few digits, else as a power, else rounded.

    >>> short_text(512), short_text(2**58), short_text(2**58, superscript=True), short_text(10**20 + 1)
    ('512', '2^58', '2⁵⁸', '1.00e20')
    >>> short_text(10**20 + 1, superscript=True)
    '1.00·10²⁰'
    """
    if number < 10**digits:
        return f"{number:,}"
    power = power_text(number, superscript)
    if power:
        return power
    text = scientific(number)
    if superscript:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa}·10{exponent.translate(_SUPERSCRIPTS)}"
    return text


def about(log: float) -> str:
    """A number of which only the decimal logarithm is known.

    >>> about(301029995.66), about(3.0103e29), about(7.2)
    ('about 10^301,029,996', 'about 10^(3.01e29)', 'about 10^7')
    """
    return f"about 10^({scientific(int(log))})" if log >= 10**15 else f"about 10^{round(log):,}"
