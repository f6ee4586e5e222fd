"""schema.org/Course in JSON-LD, mapped onto our record and back."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from course_index.course import Course

_COURSE = TypeAdapter(Course)
_ISO_HOURS = re.compile(r"^P(?:(\d+(?:\.\d+)?)D)?T?(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?$")
_MODE_OF = {"online": "online", "onsite": "offline", "offline": "offline", "blended": "blended"}
# schema.org has no word for these: they travel under our own prefix.
_OWN = ("initiative", "occupations", "sample")
_CONTEXT = ["https://schema.org", {"companion": "urn:learning-companion:"}]

Json = dict[str, Any]


def courses_in(data: Any) -> Iterator[Json]:
    """Every schema.org Course in a JSON-LD document: the document itself, a list, a @graph or an ItemList."""
    if isinstance(data, list):
        for item in data:
            yield from courses_in(item)
    elif isinstance(data, dict):
        if "Course" in _types(data):
            yield data
        for key in ("@graph", "itemListElement", "item"):
            yield from courses_in(data.get(key))


def record_from_json_ld(node: Json) -> Json:
    """The fields of our record that the node states; what it does not state is absent. Unchecked."""
    instances = [item for item in _list(node.get("hasCourseInstance")) if isinstance(item, dict)]
    record = {
        "id": _identifier(node),
        "title": _text(node.get("name")),
        "provider": _text(node.get("provider") or node.get("publisher")),
        "summary": _text(node.get("description") or node.get("abstract")),
        "language": _text(node.get("inLanguage")),
        "subjects": _texts(node.get("about")) or _keywords(node.get("keywords")),
        "skills": _texts(node.get("teaches")),
        "audience": _texts(
            [a.get("educationalRole", a) if isinstance(a, dict) else a for a in _list(node.get("audience"))]
        ),
        "level": _level(node.get("educationalLevel")),
        "hours": _hours(node.get("timeRequired")),
        "credits": _number(node.get("numberOfCredits")),
        "price": _price(node.get("offers")),
        "delivery": _delivery(instances),
        "offerings": [_offering(item, n) for n, item in enumerate(instances, 1) if _is_dated_or_placed(item)],
        "prerequisites": _prerequisites(node.get("coursePrerequisites")),
        "url": _text(node.get("url")),
        "updated_at": _day(node.get("dateModified")),
        "valid_until": _day(node.get("expires")),
        "licence": _text(node.get("license")),
        **{name: node.get(f"companion:{name}") for name in _OWN},
    }
    return {key: value for key, value in record.items() if value not in (None, [], "")}


def json_ld(course: Course) -> Json:
    """The course as a schema.org Course; what is unknown is left out."""
    plain = _COURSE.dump_python(course, mode="json")
    node = {
        "@context": _CONTEXT,
        "@type": "Course",
        "identifier": course.id,
        "name": course.title,
        "provider": course.provider and {"@type": "Organization", "name": course.provider},
        "description": course.summary,
        "inLanguage": course.language,
        "about": plain["subjects"],
        "teaches": plain["skills"],
        "audience": [{"@type": "EducationalAudience", "educationalRole": role} for role in course.audience],
        "educationalLevel": course.level,
        "timeRequired": course.hours and _duration(course.hours),
        "numberOfCredits": course.credits,
        "offers": course.price
        and {"@type": "Offer", "price": course.price.amount, "priceCurrency": course.price.currency},
        "hasCourseInstance": _instances(plain),
        "coursePrerequisites": [{"@type": "Course", "identifier": id_} for id_ in course.prerequisites],
        "url": course.url,
        "dateModified": plain["updated_at"],
        "expires": plain["valid_until"],
        "license": course.licence,
        **{f"companion:{name}": plain[name] for name in _OWN},
    }
    return {key: value for key, value in node.items() if value not in (None, [], "")}


def _types(node: Json) -> list[str]:
    return [str(kind).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for kind in _list(node.get("@type"))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str | None:
    """The words of a value that may be a string, a language map, a named thing or a list of them."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("termCode") or value.get("@id")
        return _text(value)
    return str(value).strip() if isinstance(value, str | int | float) else None


def _texts(value: Any) -> list[str]:
    return [text for item in _list(value) if (text := _text(item))]


def _keywords(value: Any) -> list[str]:
    return [part.strip() for text in _texts(value) for part in re.split(r"[,，、;；]", text) if part.strip()]


def _identifier(node: Json) -> str | None:
    raw = _text(node.get("identifier")) or _text(node.get("courseCode")) or node.get("@id") or node.get("url")
    return re.sub(r"[^\w.:+-]+", "-", re.sub(r"^https?://", "", str(raw))).strip("-")[:120] if raw else None


def _number(value: Any) -> float | None:
    text = str(value.get("value")) if isinstance(value, dict) else _text(value)
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _level(value: Any) -> int | None:
    """Only a bare number is a level: `Beginner` says nothing about levels 1 to 7."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _hours(value: Any) -> float | None:
    found = _ISO_HOURS.match(value) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        return None
    days, hours, minutes = (float(part or 0) for part in found.groups())
    return days * 24 + hours + minutes / 60


def _duration(hours: float) -> str:
    whole, minutes = divmod(round(hours * 60), 60)
    return f"PT{whole}H" + (f"{minutes}M" if minutes else "")


def _price(value: Any) -> Json | None:
    offers = [offer for offer in _list(value) if isinstance(offer, dict)]
    amount = _number(offers[0].get("price")) if offers else None
    if amount is None:
        return None
    return {"amount": amount, "currency": _text(offers[0].get("priceCurrency")) or "CNY"}


def _delivery(instances: list[Json]) -> str | None:
    modes = {_MODE_OF.get(mode.lower()) for item in instances for mode in _texts(item.get("courseMode"))} - {None}
    return modes.pop() if len(modes) == 1 else "blended" if modes else None


def _is_dated_or_placed(instance: Json) -> bool:
    return bool(instance.get("startDate") or instance.get("location"))


def _offering(instance: Json, number: int) -> Json:
    location = instance.get("location")
    place = location if isinstance(location, dict) else {}
    raw_address = place.get("address")
    address = raw_address if isinstance(raw_address, dict) else {"streetAddress": raw_address}
    raw_geo = place.get("geo")
    geo = raw_geo if isinstance(raw_geo, dict) else {}
    seats = _number(instance.get("maximumAttendeeCapacity"))
    offering = {
        "id": _text(instance.get("identifier")) or str(number),
        "city": _text(address.get("addressLocality")),
        "district": instance.get("companion:district"),
        "town": instance.get("companion:town"),
        "address": _text(address.get("streetAddress")) or _text(location if isinstance(location, str) else None),
        "start": _day(instance.get("startDate")),
        "end": _day(instance.get("endDate")),
        "seats": int(seats) if seats is not None else None,
        "step_free": instance.get("companion:step_free"),
        "latitude": _number(geo.get("latitude")),
        "longitude": _number(geo.get("longitude")),
    }
    return {key: value for key, value in offering.items() if value is not None}


def _instances(plain: Json) -> list[Json]:
    mode = {"online": "online", "offline": "onsite", "blended": "blended"}.get(plain["delivery"])
    if not plain["offerings"]:
        return [{"@type": "CourseInstance", "courseMode": mode}] if mode else []
    return [
        {
            key: value
            for key, value in {
                "@type": "CourseInstance",
                "identifier": offering["id"],
                "courseMode": mode,
                "startDate": offering["start"],
                "endDate": offering["end"],
                "maximumAttendeeCapacity": offering["seats"],
                "location": _place(offering),
                **{f"companion:{name}": offering[name] for name in ("district", "town", "step_free")},
            }.items()
            if value is not None
        }
        for offering in plain["offerings"]
    ]


def _place(offering: Json) -> Json | None:
    address = {"addressLocality": offering["city"], "streetAddress": offering["address"]}
    known = {key: value for key, value in address.items() if value}
    point = {name: offering[name] for name in ("latitude", "longitude") if offering[name] is not None}
    parts = {
        "address": {"@type": "PostalAddress", **known} if known else None,
        "geo": {"@type": "GeoCoordinates", **point} if point else None,
    }
    told = {name: part for name, part in parts.items() if part}
    return {"@type": "Place", **told} if told else None


def _prerequisites(value: Any) -> list[str]:
    """Only courses named by identifier; free text such as `basic algebra` is no course of ours."""
    nodes = [node for node in _list(value) if isinstance(node, dict) and "Course" in _types(node)]
    return [id_ for node in nodes if (id_ := _identifier(node))]


def _day(value: Any) -> str | None:
    text = _text(value)
    return text[:10] if text else None
