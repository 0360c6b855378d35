"""One open visit: four touches for the usual one, one more for each thing out of the ordinary.

Every method writes the draft before it returns, so a kill costs nothing that was seen on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from caregiver_app.platform.protocols import Frame
from caregiver_app.presenters import calls, changes, doubts, followups, forms
from caregiver_app.presenters import draft as drafts
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.elder import CHANNELS, channels
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.views.base import Call, Choice
from caregiver_app.presenters.views.today import ElderRow
from caregiver_app.presenters.views.visit import NeedNote, PhotoView, Saved, VisitView
from caregiver_app.sync.offset import stamp
from shared.protocol.limits import NEEDS_MAX, NOTE_MAX, PHOTOS_MAX
from shared.protocol.values import NEED_KINDS, OUTCOMES, URGENT_KINDS, WHEREABOUTS

#: To knock again is no advice where it is known why nobody opens.
SPECIAL_ADVICE = {
    **dict.fromkeys(WHEREABOUTS, "advice.whereabouts"),
    "died": "advice.died",
    "door_unsafe": "advice.door_unsafe",
}
PHOTO_BYTES = 300_000
WORDS_MAX = 500
NEED_NOTE_MAX = 200


class VisitPresenter:
    """Fulfils `interface.Visit`. `changed` is called after saving, with whether it was urgent."""

    def __init__(self, common: Common, draft_id: str, changed: Any) -> None:
        self._common = common
        self.draft_id = draft_id
        self._changed = changed

    def view(self) -> VisitView:
        """The form as it now stands. KeyError: the draft was saved or discarded."""
        common = self._common
        draft = self._draft()
        elder = self._elder(draft)
        row = Rows(common).row(elder) if elder else None
        met = draft["outcome"] == "met"
        form = forms.pick(common, draft["channel"]) if met else None
        groups = forms.groups(common, form, draft["answers"]) if form else ()
        items = [item for group in groups for item in group.items]
        good = forms.all_good(form) if form else {}
        urgent = draft["urgent"] or {}
        missing = self._missing(draft, form)
        home = draft["channel"] == "home"
        family = calls.of_elder(elder, common) if elder else ()
        return VisitView(
            draft_id=self.draft_id,
            title=self._title(row),
            elder=row,
            tag_text=common.text("visit.tag" if draft["tag"] else "visit.no_tag") if home else "",
            started_text=common.text("visit.started", when=common.when(draft["started_at"])),
            channel=draft["channel"],
            channels=self._choices("channel", channels(elder, common), draft["channel"]),
            outcome=draft["outcome"],
            outcomes=self._choices("outcome" if home else "outcome_call", OUTCOMES, draft["outcome"]),
            reason=draft["reason"] if not met else None,
            reasons=self._reasons(draft),
            groups=groups,
            answered=sum(item.value is not None for item in items),
            questions=len(items),
            has_all_good=bool(good),
            all_good=bool(good) and all(draft["answers"].get(key) == "good" for key in good),
            urgent=urgent.get("kind"),
            urgent_words=urgent.get("words", ""),
            urgents=self._choices("urgent", URGENT_KINDS, urgent.get("kind")),
            needs=self._choices("need", NEED_KINDS, *(need["kind"] for need in draft["needs"])),
            need_notes=tuple(
                NeedNote(need["kind"], common.label("need", need["kind"]), need["note"]) for need in draft["needs"]
            ),
            note=draft["note"],
            note_left=NOTE_MAX - len(draft["note"]),
            photos=tuple(
                PhotoView(photo.sha256, photo.size)
                for photo in common.store.photos.of(self.draft_id)
                if photo.sha256 in draft["photos"]
            ),
            photos_left=PHOTOS_MAX - len(draft["photos"]),
            companions=self._companions(draft),
            next_steps=self._help(family) if draft["urgent"] else (),
            advice=self._advice(draft),
            can_save=not missing,
            missing_text=missing,
            doubts=() if missing else doubts.kind_words(common, drafts.finish(draft, common, form), elder),
            has_tag=bool(draft["tag"]) or not home or draft["outcome"] == "not_home",
            call=None if home else next(iter(family), None),
            calls_follow=not urgent and draft["elder_id"] is not None and followups.starts_one(draft),
            can_dictate=common.platform.dictation.available(),
        )

    def set_channel(self, channel: str) -> VisitView:
        """Another channel has other reasons. ValueError for a channel there is not."""
        draft = self._draft()
        fits = draft["reason"] in drafts.reasons(_one_of(channel, CHANNELS), draft["outcome"])
        return self._set(channel=channel, reason=draft["reason"] if fits else None)

    def add_tag(self, tag: str, by: str) -> VisitView:
        """The code was scanned after all."""
        return self._set(tag=tag, tag_by=by)

    def set_outcome(self, outcome: str) -> VisitView:
        """Another outcome has other reasons, so the reason is asked anew."""
        same = self._draft()["outcome"] == outcome
        changes: dict[str, Any] = {} if same else {"reason": None}
        return self._set(outcome=_one_of(outcome, OUTCOMES), **changes)

    def set_reason(self, reason: str | None) -> VisitView:
        """ValueError for a reason that this outcome does not have."""
        draft = self._draft()
        allowed = drafts.reasons(draft["channel"], draft["outcome"])
        return self._set(reason=reason if reason is None else _one_of(reason, allowed))

    def all_good(self) -> VisitView:
        """One tap: every graded item good. Items that are not graded keep their answers."""
        draft = self._draft()
        form = forms.pick(self._common, draft["channel"])
        if form is None:
            return self.view()
        return self._set(answers={**draft["answers"], **forms.all_good(form)}, all_good_tapped=True)

    def answer(self, item_id: str, value: str | None) -> VisitView:
        """Answer one item; None takes the answer back."""
        answers = dict(self._draft()["answers"])
        if value is None:
            answers.pop(item_id, None)
        else:
            answers[item_id] = value
        return self._set(answers=answers)

    def set_urgent(self, kind: str | None, words: str = "") -> VisitView:
        """An urgent visit goes before all others."""
        if kind is None:
            return self._set(urgent=None)
        words = drafts.clean(words, WORDS_MAX)
        return self._set(urgent={"kind": _one_of(kind, URGENT_KINDS), "words": words})

    def toggle_need(self, kind: str) -> VisitView:
        """A need once more is a need taken back."""
        _one_of(kind, NEED_KINDS)
        needs = self._draft()["needs"]
        rest = [need for need in needs if need["kind"] != kind]
        if len(rest) == len(needs) and len(needs) < NEEDS_MAX:
            rest.append({"kind": kind, "note": ""})
        return self._set(needs=rest)

    def set_need_note(self, kind: str, text: str) -> VisitView:
        """What exactly is needed; at most 200 characters. Of a need that is not chosen nothing is kept."""
        needs = self._draft()["needs"]
        note = drafts.clean(text, NEED_NOTE_MAX)
        return self._set(needs=[{**need, "note": note} if need["kind"] == kind else need for need in needs])

    def set_note(self, text: str) -> VisitView:
        """At most 4,000 characters; more are cut."""
        return self._set(note=drafts.clean(text, NOTE_MAX))

    def dictate(self, done: Callable[[str | None], None]) -> bool:
        """Listen, and add what was said to the note → whether listening began. `done`: the new note, or None.

        Called on whatever thread the machine's speech input answers on.
        """

        def heard(words: str | None) -> None:
            said = (words or "").strip()
            if not said or self._common.store.drafts.get(self.draft_id) is None:
                done(None)
                return
            note = self._draft()["note"]
            done(self.set_note(f"{note}\n{said}" if note else said).note)

        return self._common.platform.dictation.listen(self._common.language, heard)

    def add_photo(self, source: Path | bytes | Frame) -> VisitView:
        """Shrink, keep, name. ValueError: not a picture, or there are twelve."""
        if len(self._draft()["photos"]) >= PHOTOS_MAX:
            raise ValueError("no more photos")
        store = self._common.store
        jpeg = self._common.platform.pictures.shrink(source, PHOTO_BYTES)
        with store.database.transaction():
            digest = store.add_photo(self.draft_id, jpeg)
            photos = self._draft()["photos"]
            if digest not in photos:
                self._put(photos=[*photos, digest])
        return self.view()

    def remove_photo(self, sha256: str) -> VisitView:
        """Take a photo out again."""
        store = self._common.store
        with store.database.transaction():
            self._put(photos=[one for one in self._draft()["photos"] if one != sha256])
            store.photos.remove(self.draft_id, sha256)
        return self.view()

    def photo(self, sha256: str) -> bytes | None:
        """The picture's JPEG, for showing it; None: it is no longer readable."""
        return self._common.store.photos.read(sha256)

    def toggle_companion(self, person_id: str) -> VisitView:
        """Somebody came along, or did not."""
        ids = self._draft()["companion_ids"]
        rest = [one for one in ids if one != person_id]
        return self._set(companion_ids=rest if len(rest) < len(ids) else [*ids, person_id])

    def save(self) -> Saved:
        """Freeze into the outbox, in one transaction. ValueError unless `can_save`; OSError: the disk is full."""
        common = self._common
        draft = self._draft()
        form = forms.pick(common, draft["channel"])
        missing = self._missing(draft, form)
        if missing:
            raise ValueError(missing)
        visit = drafts.finish(draft, common, form)
        elder_id, urgent = visit["elder_id"], visit["urgent"] is not None
        at = stamp(common.platform.clock.now())
        follow = elder_id is not None and followups.starts_one(visit)
        words = "visit.saved_urgent" if urgent else "visit.saved_not_home" if follow else "visit.saved"
        # All that can fail comes before the commit: what follows it must not deny what is on the disk.
        saved = Saved(self.draft_id, common.text(words), "help" if urgent else "steps" if follow else "", elder_id)
        with common.store.database.transaction():
            common.store.save_visit(self.draft_id, elder_id, drafts.freeze(visit), urgent=urgent, at=at)
            if follow:
                followups.begin(common, elder_id, self.draft_id, at)
            elif elder_id is not None:
                self._met(visit, elder_id, at)
        self._changed(urgent)
        return saved

    def _met(self, visit: dict[str, Any], elder_id: str, at: str) -> None:
        """Whoever was met is no longer looked for, and was seen with the card as it is."""
        common = self._common
        if visit["outcome"] != "not_home":
            followups.end(common, elder_id, "met")
            elder = common.store.cache.one("elders", elder_id)
            if elder is not None:
                changes.remember(common, elder, at)
        elif visit["reason"] in WHEREABOUTS:
            followups.end(common, elder_id, "whereabouts")

    def discard(self) -> None:
        """Throw the draft and its photos away."""
        self._common.store.discard_draft(self.draft_id)

    def _draft(self) -> dict[str, Any]:
        draft = self._common.store.drafts.get(self.draft_id)
        if draft is None:
            raise KeyError(self.draft_id)
        return draft

    def _put(self, **changes: Any) -> None:
        draft = {**self._draft(), **changes}
        drafts.touch(draft, self._common.platform)
        form = forms.pick(self._common, draft["channel"])
        self._common.store.keep_draft(
            draft,
            stamp(self._common.platform.clock.now()),
            frozen=drafts.unsaved(draft, self._common, form) if not self._missing(draft, form) else None,
            urgent=draft["urgent"] is not None,
        )

    def _set(self, **changes: Any) -> VisitView:
        try:
            with self._common.store.database.transaction():
                self._put(**changes)
        except OSError:
            # The draft is as it was before this touch; whoever sees the form is told why.
            return replace(self.view(), missing_text=self._common.text("visit.disk"))
        return self.view()

    def _elder(self, draft: dict[str, Any]) -> dict[str, Any] | None:
        return self._common.store.cache.one("elders", draft["elder_id"]) if draft["elder_id"] else None

    def _title(self, row: ElderRow | None) -> str:
        if row is not None:
            return self._common.text("visit.title", name=row.name)
        return self._common.text("visit.title_unknown")

    def _help(self, family: tuple[Call, ...]) -> tuple[Call, ...]:
        """Something is urgent: the emergency numbers, whoever answers for the place, the family."""
        people = calls.duty(self._common)
        return (*calls.emergency(self._common), *people[:2], *(one for one in family if one.whom != "elder"))

    def _reasons(self, draft: dict[str, Any]) -> tuple[Choice, ...]:
        group = "reason" if draft["channel"] == "home" else "reason_call"
        return tuple(
            Choice(value, self._reason(group, value), value == draft["reason"])
            for value in drafts.reasons(draft["channel"], draft["outcome"])
        )

    def _reason(self, group: str, value: str) -> str:
        words = self._common.label(group, value)
        return words if words != value else self._common.label("reason", value)

    def _choices(self, group: str, values: tuple[str, ...], *chosen: Any) -> tuple[Choice, ...]:
        return tuple(Choice(value, self._common.label(group, value), value in chosen) for value in values)

    def _companions(self, draft: dict[str, Any]) -> tuple[Choice, ...]:
        me = (self._common.store.meta.get("user") or {}).get("id")
        found = []
        for person in self._common.section("people"):
            if person["id"] != me:
                role = self._common.label("role", person.get("role") or "")
                name = f"{person.get('name') or ''} {role}".strip()
                found.append(Choice(person["id"], name, person["id"] in draft["companion_ids"]))
        return tuple(found)

    def _advice(self, draft: dict[str, Any]) -> str:
        common = self._common
        if draft["urgent"]:
            return common.text("advice.urgent")
        if draft["outcome"] == "met":
            return common.text("advice.old_form") if forms.outdated(common, draft["channel"]) else ""
        special = SPECIAL_ADVICE.get(draft["reason"]) if draft["outcome"] == "not_home" else None
        if special is not None:
            return common.text(special)
        calling = "_call" if draft["channel"] != "home" else ""
        return common.text(f"advice.{draft['outcome']}{calling}")

    def _missing(self, draft: dict[str, Any], form: dict[str, Any] | None) -> str:
        """Why it cannot be saved yet. Urgent visits always can: help first, the form later."""
        common = self._common
        if draft["urgent"]:
            return ""
        if draft["outcome"] != "met":
            return "" if draft["reason"] else common.text("visit.reason_missing")
        open_items = [
            item
            for item in (form or {}).get("items", ())
            if item.get("required") and item["id"] not in draft["answers"]
        ]
        return common.text("visit.items_missing", count=len(open_items)) if open_items else ""


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(value)
    return value
