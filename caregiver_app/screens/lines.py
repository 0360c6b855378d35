"""Where each of a thousand rows stands, worked out by plain sums.

Kivy's own layout of a recycled list asks every row for hints, least and most sizes, and lays all of them out twice for
each new list: 12 ms of a frame for a thousand. Here every row is as wide as the list, and its height is known.
"""

from __future__ import annotations

from typing import Any

from kivy.uix.recycleboxlayout import RecycleBoxLayout
from kivy.uix.recyclelayout import RecycleLayout

FULL, OPEN, NOWHERE = [1, None], [None, None], {}


class Lines(RecycleBoxLayout):
    """A column of rows; each item of the data gives its row's `size` in pixels."""

    def compute_sizes_from_data(self, data: list[dict[str, Any]], flags: list[dict[str, Any]]) -> None:
        """Take every row's size from the data, whatever changed."""
        self.clear_layout()
        viewclass = self.viewclass
        self.view_opts = [
            {
                "size": list(item["size"]),
                "size_hint": FULL,
                "size_hint_min": OPEN,
                "size_hint_max": OPEN,
                "pos": None,
                "pos_hint": NOWHERE,
                "viewclass": viewclass,
                "width_none": False,
                "height_none": False,
            }
            for item in data
        ]

    def compute_layout(self, data: list[dict[str, Any]], flags: list[dict[str, Any]]) -> None:
        """Give every row its place, top down, and note where each begins (`_rv_positions`, bottom up, as Kivy asks)."""
        RecycleLayout.compute_layout(self, data, flags)
        changed = self._changed_views
        if changed is None or (changed and not self._update_sizes(changed)):
            return
        self.clear_layout()
        self._rv_positions = None
        left, top, right, bottom = self.padding
        gap, rows = self.spacing, self.view_opts
        heights = [row["size"][1] for row in rows]
        self.minimum_size = left + right, top + bottom + sum(heights) + gap * max(0, len(rows) - 1)
        if not rows:
            return
        x, width, y = self.x + left, self.width - left - right, self.top - top + gap
        borders = []
        for row, height in zip(rows, heights, strict=True):
            y -= gap + height
            row["pos"], row["size"] = (x, y), [width, height]
            borders.append(y - gap / 2)
        self._rv_positions = borders[::-1]
