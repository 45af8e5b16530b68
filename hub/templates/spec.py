"""A template as YAML and JSON spell it, and everything that can be checked when it is saved."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as validates

from hub.errors import Invalid
from hub.faults import Spelled, faults_of
from hub.rendering import MAX_SOURCE, check
from hub.rendering.known import Fields, check_fields
from hub.templates.fields import CATALOGUE, About

Name = Annotated[
    str,
    Spelled(
        r"^[a-z][a-z0-9-]{0,79}$",
        "up to 80 small Latin letters, digits or `-`, a letter first, such as order-status",
    ),
]
Source = Annotated[str, StringConstraints(max_length=MAX_SOURCE)]
Locale = Annotated[
    str,
    Spelled(
        r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
        "a language, with its script and country where they matter, such as en, pt-BR or sr-Latn",
    ),
]
Channel = Annotated[str, Spelled(r"^[a-z][a-z0-9]{0,39}$", "the name of a channel, such as email")]
Purpose = Literal["service", "reminder", "marketing", "survey"]
Path = Annotated[
    str,
    Spelled(
        r"^[a-z_]+(\.[A-Za-z_][A-Za-z0-9_]*){1,8}$", "the name of a field, such as order.status"
    ),
]
MOST_BUTTONS = 10
MOST_LOCALES = 40


class ButtonSource(BaseModel):
    """`label` may hold fields; `value` is what comes back when it is pressed."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    value: Annotated[
        str,
        Spelled(
            r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$",
            "up to 64 Latin letters, digits, `_`, `.`, `:` or `-`, such as confirm",
        ),
    ]


class Dress(BaseModel):
    """What goes with the text where a channel has it."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, StringConstraints(max_length=1000)] | None = None
    html: Source | None = None
    buttons: Annotated[list[ButtonSource], Field(max_length=MOST_BUTTONS)] | None = None


class Variant(Dress):
    """The words on one channel; null: as everywhere. `buttons` [] takes them away."""

    text: Source | None = None


class InLocale(Dress):
    """The words in one language, and where a channel says it differently."""

    text: Source
    calendar: Annotated[str, StringConstraints(max_length=300)] | None = None
    """Of an appointment: its title in the reader's calendar, where the channel takes one there."""
    channels: Annotated[dict[Channel, Variant], Field(max_length=20)] = Field(default_factory=dict)


class Cases(BaseModel):
    """Another template says it, chosen by a field; a value not named here says nothing."""

    model_config = ConfigDict(extra="forbid")

    field: Path
    templates: Annotated[dict[str, Name], Field(min_length=1, max_length=100)]


class Template(BaseModel):
    """Words by language, or `cases`. `about`: the object whose fields they may hold."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Annotated[str, StringConstraints(max_length=300)] = ""
    about: About = "customer"
    purpose: Purpose = "service"
    locales: Annotated[dict[Locale, InLocale], Field(max_length=MOST_LOCALES)] = Field(
        default_factory=dict
    )
    cases: Cases | None = None

    @validates(mode="after")
    def _says_something(self) -> Self:
        if bool(self.locales) == (self.cases is not None):
            raise ValueError("give words in at least one locale, or cases")
        for locale, words in self.locales.items():
            if not words.text.strip():
                raise ValueError(f"the text in {locale} is empty")
            if words.calendar and self.about != "appointment":
                raise ValueError("`calendar` is for what is about an appointment")
        return self


def parse(document: object) -> Template:
    """A template from YAML or JSON; raises Invalid naming the field."""
    try:
        return Template.model_validate(document)
    except ValidationError as error:
        fields = faults_of(error, document, "template")
        place, message = next(iter(fields.items()))
        raise Invalid(f"The template is not right: {place}: {message}", fields=fields) from error


def check_template(template: Template) -> None:
    """Raises Invalid with every wrong place in `fields`, in plain words."""
    fields = CATALOGUE[template.about]
    faults: dict[str, Invalid] = {}
    for place, source, locale in sources(template):
        try:
            check_source(source, fields, locale)
        except Invalid as error:
            faults[place] = error
    if template.cases is not None and template.cases.field not in fields:
        faults["cases.field"] = Invalid(f"There is no field `{template.cases.field}` here.")
    for place, first in faults.items():
        raise Invalid(
            f"{place}: {first}",
            remedy=first.remedy,
            fields={at: f"{one} {one.remedy}".strip() for at, one in faults.items()},
        )


def check_source(source: str, fields: Fields, locale: str = "", *, careful: bool = True) -> None:
    """One text of a template, or of a rule; raises Invalid. careful: as `check_fields`."""
    check_fields(check(source, locale=locale), fields, careful=careful)


def sources(template: Template) -> Iterator[tuple[str, str, str]]:
    """(place, text, locale) of everything a person wrote."""
    for locale, words in template.locales.items():
        yield from _of(words, f"locales.{locale}", locale)
        if words.calendar:
            yield f"locales.{locale}.calendar", words.calendar, locale
        for channel, variant in words.channels.items():
            yield from _of(variant, f"locales.{locale}.channels.{channel}", locale)


def _of(words: Variant | InLocale, place: str, locale: str) -> Iterator[tuple[str, str, str]]:
    given: Mapping[str, str | None] = {
        "text": words.text,
        "subject": words.subject,
        "html": words.html,
    }
    for name, source in given.items():
        if source:
            yield f"{place}.{name}", source, locale
    for number, button in enumerate(words.buttons or ()):
        yield f"{place}.buttons.{number}.label", button.label, locale
