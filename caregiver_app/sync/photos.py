"""Sending photos, last and in parts, going on where the line broke.

A part is as large as the line bears in some seconds (`sync/pace.py`): what was cut off in the middle of one is lost,
and an urgent visit may have to wait for its end. Without tokens, or where only the sealed form is left, that is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from caregiver_app.store.photos import Photo
from caregiver_app.sync.http import NetworkError, Response
from caregiver_app.sync.link import CUT, DONE, NO_NETWORK, Link, Outcome, trouble
from caregiver_app.sync.push import HELPLESS_S
from caregiver_app.sync.queues import speaks
from shared.protocol.signing import b64

TRIES = 5


@dataclass(frozen=True, slots=True)
class _Upload:
    """What is sent of a photo, where to, and with which headers."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "image/jpeg"})
    bearer: bool = True


class PhotoPush:
    """One exchange per step."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def waiting(self) -> bool:
        """Whether the server wants a photo."""
        return self._link.store.photos.next() is not None

    def fresh(self) -> bool:
        """Whether the next one was not tried before."""
        photo = self._link.store.photos.next()
        return photo is not None and photo.attempts == 0

    def needs_token(self) -> bool:
        """Whether the next one goes with the bearer."""
        photo = self._link.store.photos.next()
        return photo is not None and speaks(self._link) and self._link.store.photos.read(photo.sha256) is not None

    def step(self) -> Outcome:
        """Ask how much is there, or send the next part."""
        photos = self._link.store.photos
        photo = photos.next()
        if photo is None:
            return DONE
        upload = self._upload(photo)
        if upload is None:
            return self._nothing_to_send(photo)
        try:
            if photo.offset is None:
                return self._asked(photo, upload, self._call("HEAD", upload))
            return self._sent(photo, upload, self._put(photo, upload))
        except NetworkError:
            photos.failed(photo, "network", counts=False)
            return NO_NETWORK

    def _upload(self, photo: Photo) -> _Upload | None:
        photos = self._link.store.photos
        jpeg = photos.read(photo.sha256) if speaks(self._link) else None
        if jpeg is not None:
            return _Upload(f"/sync/visits/{photo.visit_id}/photos/{photo.sha256}", jpeg)
        sealed = photos.sealed(photo)
        if sealed is None:
            return None
        told = {
            "Content-Type": "application/octet-stream",
            "Yuetan-Device": sealed.device_id,
            "Yuetan-Signature": b64(sealed.signature),
            **({"Yuetan-Key-Id": sealed.key_id} if sealed.key_id else {}),
        }
        path = f"/sync/sealed/{photo.visit_id}/photos/{photo.sha256}"
        return _Upload(path, sealed.sealed, told, bearer=False)

    def _nothing_to_send(self, photo: Photo) -> Outcome:
        """Lost, unless it can be read again once the app is unlocked, or enrolled again."""
        photos = self._link.store.photos
        if photos.path(photo.sha256).exists() and (self._link.store.locked or not speaks(self._link)):
            photos.failed(photo, "locked")
            return Outcome("stuck", "locked")
        photos.settle(photo, "refused", error="file_lost", at=self._link.at())
        return DONE

    def _put(self, photo: Photo, upload: _Upload) -> Response:
        begin = photo.offset or 0
        part = upload.body[begin : begin + self._link.pace.size]
        more = dict(upload.headers)
        if len(part) < len(upload.body):
            more["Content-Range"] = f"bytes {begin}-{begin + len(part) - 1}/{len(upload.body)}"
        return self._call("PUT", upload, part, more)

    def _call(
        self, method: str, upload: _Upload, part: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        return self._link.call(method, upload.path, part, headers or upload.headers, bearer=upload.bearer)

    def _asked(self, photo: Photo, upload: _Upload, response: Response) -> Outcome:
        photos = self._link.store.photos
        there = _offset(response)
        if response.status == 200 and there is not None:
            if there >= len(upload.body):
                photos.settle(photo, "sent", error=None, at=self._link.at())
            else:
                photos.progress(photo, there)
            return DONE
        return self._troubled(photo, upload, response)

    def _sent(self, photo: Photo, upload: _Upload, response: Response) -> Outcome:
        photos = self._link.store.photos
        there = _offset(response)
        if response.status in (200, 201):
            photos.settle(photo, "sent", error=None, at=self._link.at())
            return DONE
        if response.status == 202 and there is not None and there > (photo.offset or 0):
            photos.progress(photo, there)
            return DONE
        if response.status == 409:
            # Parts may be gone that were there (a week went by, or the other form was begun): the next step asks.
            photos.failed(photo, "gap")
            return DONE if photo.attempts < TRIES else Outcome("stuck", "odd")
        return self._troubled(photo, upload, response)

    def _troubled(self, photo: Photo, upload: _Upload, response: Response) -> Outcome:
        photos = self._link.store.photos
        # Bytes may turn on the way: what is called no picture, or another one, is sent again before that is believed.
        blamed = response.status in (400, 404, 415, 422) and photo.attempts >= TRIES
        if response.json() is not None and response.code != CUT and (blamed or response.status == 413):
            photos.settle(photo, "refused", error=response.code or str(response.status), at=self._link.at())
            return DONE
        outcome = trouble(response)
        if outcome.kind == "unauthorised" and not upload.bearer:
            outcome = Outcome("stuck", "auth", outcome.detail, HELPLESS_S)
        if outcome.kind in ("failed", "stuck"):
            photos.failed(photo, outcome.code, counts=outcome.kind == "stuck")
        return outcome


def _offset(response: Response) -> int | None:
    value = response.headers.get("upload-offset", "")
    return int(value) if value.isascii() and value.isdigit() else None
