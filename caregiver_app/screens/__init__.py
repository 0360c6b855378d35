"""The screens: Kivy widgets and nothing else.

One screen is `x.py` with `x.kv`; it draws a view that a presenter gives and calls the presenter's methods.
Shared pieces: `style.py` (sizes, colours, font, in pixels), `typeset.py` (where a line ends), `words.py` (the labels
of buttons), `parts.py` and those built on it (`frame`, `fields`, `choices`, `cards`, `tools`), `base.py` (what every
screen can do), `navigator.py` (which screen is shown and the way back).
"""
