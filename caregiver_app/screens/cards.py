"""What is shown in a list or stands by itself: notices, facts, rows that lead somewhere, somebody to call."""

from __future__ import annotations

from kivy.properties import StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from caregiver_app.screens.parts import Card, Column, Surface, load_kv


class LinkCard(ButtonBehavior, Card):
    """A card that leads somewhere as a whole."""


class Notice(Surface, BoxLayout):
    """Something to know before going on: a hint (jade), a caution (amber), a failure (red)."""

    text = StringProperty("")
    title = StringProperty("")
    picture = StringProperty("alert")
    tone = StringProperty("amber")


class Fact(Column):
    """A name and its value, the value below, both wrapped."""

    title = StringProperty("")
    text = StringProperty("")


class ListRow(ButtonBehavior, Surface, BoxLayout):
    """A row that leads somewhere: icon, title, what is known, an arrow."""

    title = StringProperty("")
    text = StringProperty("")
    picture = StringProperty("")
    arrow = StringProperty("chevron")
    tone = StringProperty("jade")


class CallRow(ButtonBehavior, Surface, BoxLayout):
    """Somebody to call at one touch; `said`: what came of the last call, in `said_tone`."""

    title = StringProperty("")
    text = StringProperty("")
    picture = StringProperty("phone")
    said = StringProperty("")
    said_tone = StringProperty("muted")


load_kv(__file__)
