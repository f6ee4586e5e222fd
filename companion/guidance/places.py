"""Cities and districts by their names, and how far apart places are; nothing of where a learner is is kept."""

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import normalise
from course_index.course import Offering

_EARTH_KM = 6_371.0
_SUFFIX = re.compile(r"(?:市|区|县|镇|街道)$")
# Districts whose name without its suffix is a word: they are meant only with it, or beside their city's name.
_ALSO_WORDS = frozenset("和平 光明 新兴 白云 南山 龙门 江海 长安 新丰 仁化 东源 阳山 龙华 城 连山 江城".split())

# 潮州菜, 广州话 and 中山大学 are called after a place, and say of nobody where they are.
_CALLED_AFTER_IT = (
    r"(?!菜(?![市场地农])|话(?!题)|大学(?!生|城)|学院|鸡|鹅|[米炒]?粉|绣|[木石]雕|木版|年画|剧|戏|功夫|小吃|点心|早茶"
    r"| (?:universit|college|cuisine|food|dish|cooking|opera))"
)


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float

    def km_to_all(self, latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `km_to`, to many points at once; NaN where a point is."""
        a, b = np.radians(self.latitude), np.radians(latitudes)
        half = (
            np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(longitudes - self.longitude) / 2) ** 2
        )
        return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(half)), np.float64)

    def km_to(self, other: "Point") -> float:
        """Kilometres over the earth as a sphere (haversine)."""
        a, b = math.radians(self.latitude), math.radians(other.latitude)
        east = math.radians(other.longitude - self.longitude)
        half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(east / 2) ** 2
        return 2 * _EARTH_KM * math.asin(math.sqrt(half))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a learner is or wants to be, as exactly as they said."""

    city: str | None = None
    district: str | None = None
    town: str | None = None
    point: Point | None = None

    @property
    def named(self) -> str:
        """As it is said."""
        return "".join(filter(None, (self.city, self.district, self.town)))

    @property
    def where(self) -> Point | None:
        """The point given, else that of the district or city."""
        return self.point or _point_of(self.city, self.district)


@dataclass(frozen=True, slots=True)
class _Known:
    city: str
    district: str | None
    latin: str
    point: Point | None


def place_in(text: str) -> Place | None:
    """The most exact place that a text names; None when it names none."""
    said = normalise(text)
    city = next((known for known in _places() if not known.district and _names(said, known)), None)
    among = [known for known in _places() if known.district and (city is None or known.city == city.city)]
    district = next((known for known in among if _names(said, known, beside_its_city=city is not None)), None)
    named = district or city
    return Place(named.city, named.district) if named else None


@cache
def names_of_places() -> re.Pattern[str]:
    """All names of places, as `place_in` reads them in normalised text."""
    names = {known.district or known.city for known in _places()}
    stems = {stem for name in names if len(stem := _SUFFIX.sub("", name)) > 1 and stem not in _ALSO_WORDS}
    latin = "|".join(re.escape(known.latin.lower()) for known in _places())
    whole = "|".join(sorted(names, key=lambda name: (-len(name), name)))
    short = "|".join(sorted(stems, key=lambda name: (-len(name), name)))
    return re.compile(rf"{whole}|(?:{short}){_CALLED_AFTER_IT}|\b(?:{latin})\b{_CALLED_AFTER_IT}")


def same_city(one: str | None, other: str | None) -> bool:
    """Whether two names are one city's: 佛山 is 佛山市 is Foshan."""
    return bool(one and other) and city_key(str(one)) == city_key(str(other))


def distance_km(place: Place, offering: Offering) -> float | None:
    """Kilometres from a place to a session, between their districts where nothing more exact is known; else None.

    Two names of one district are 0 apart: so much is not known better.
    """
    here, there = place.where, point_of(offering)
    return None if here is None or there is None else here.km_to(there)


def point_of(offering: Offering) -> Point | None:
    """Where a session is, as exactly as is known: its own point, or its district's or city's."""
    if offering.latitude is not None and offering.longitude is not None:
        return Point(offering.latitude, offering.longitude)
    return _point_of(offering.city, offering.district)


def _names(said: str, known: _Known, *, beside_its_city: bool = False) -> bool:
    name = known.district or known.city
    latin = known.latin.lower()  # looked for first as it stands: to make a pattern of each place takes .5 ms a turn
    if name in said or (latin in said and re.search(rf"\b{re.escape(latin)}\b{_CALLED_AFTER_IT}", said)):
        return True
    stem = _stem(name)
    named = len(stem) > 1 and stem in said and re.search(rf"{stem}{_CALLED_AFTER_IT}", said)
    return bool(named) and (beside_its_city or stem not in _ALSO_WORDS)


@cache
def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)


# Anybody may ask for a city of any name.
@lru_cache(maxsize=1_024)
def city_key(name: str) -> str:
    """One word for a city, whatever it is called."""
    plain = normalise(name).strip()
    latin = (known.city for known in _places() if not known.district and known.latin.lower() == plain)
    return next(latin, plain).removesuffix("市")


@lru_cache(maxsize=1_024)
def _point_of(city: str | None, district: str | None) -> Point | None:
    if not city:
        return None
    key = city_key(city)
    here = [known for known in _places() if known.city.removesuffix("市") == key]
    exact = next((known.point for known in here if district and known.district == district), None)
    return exact or next((known.point for known in here if not known.district), None)


@cache
def _places() -> tuple[_Known, ...]:
    lines = Path(__file__).with_name("places.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(
        _Known(city, district or None, latin, Point(float(north), float(east)) if north else None)
        for city, district, latin, north, east in rows
    )
