"""Sending photos, last and in parts, going on where the line broke."""

from __future__ import annotations

from caregiver_app.store.photos import Photo
from caregiver_app.sync.http import NetworkError, Response
from caregiver_app.sync.link import DONE, NO_NETWORK, Link, Outcome, trouble

PART = 128 * 1024
TRIES = 5


class PhotoPush:
    """One exchange per step."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def waiting(self) -> bool:
        """Whether the server wants a photo."""
        return self._link.store.photos.next() is not None

    def step(self) -> Outcome:
        """Ask how much is there, or send the next part."""
        photos = self._link.store.photos
        photo = photos.next()
        if photo is None:
            return DONE
        jpeg = photos.read(photo.sha256)
        if jpeg is None:
            photos.settle(photo, "refused", error="file_lost", at=self._link.at())
            return DONE
        try:
            if photo.offset is None:
                return self._asked(photo, self._link.call("HEAD", _path(photo)))
            return self._sent(photo, self._put(photo, jpeg))
        except NetworkError:
            photos.failed(photo, "network")
            return NO_NETWORK

    def _put(self, photo: Photo, jpeg: bytes) -> Response:
        begin = photo.offset or 0
        part = jpeg[begin : begin + PART]
        more = {"Content-Type": "image/jpeg"}
        if len(part) < len(jpeg):
            more["Content-Range"] = f"bytes {begin}-{begin + len(part) - 1}/{len(jpeg)}"
        return self._link.call("PUT", _path(photo), part, more)

    def _asked(self, photo: Photo, response: Response) -> Outcome:
        photos = self._link.store.photos
        there = _offset(response)
        if response.status == 200 and there is not None:
            if there >= photo.size:
                photos.settle(photo, "sent", error=None, at=self._link.at())
            else:
                photos.progress(photo, there)
            return DONE
        return self._troubled(photo, response)

    def _sent(self, photo: Photo, response: Response) -> Outcome:
        photos = self._link.store.photos
        there = _offset(response)
        if response.status in (200, 201):
            photos.settle(photo, "sent", error=None, at=self._link.at())
            return DONE
        if response.status == 202 and there is not None and there > (photo.offset or 0):
            photos.progress(photo, there)
            return DONE
        if response.status == 409:
            photos.failed(photo, "gap")
            return DONE if photo.attempts < TRIES else Outcome("failed", "odd")
        return self._troubled(photo, response)

    def _troubled(self, photo: Photo, response: Response) -> Outcome:
        photos = self._link.store.photos
        if response.status in (400, 413, 415) or (response.status in (404, 422) and photo.attempts >= TRIES):
            photos.settle(photo, "refused", error=response.code or str(response.status), at=self._link.at())
            return DONE
        outcome = trouble(response)
        if outcome.kind == "failed":
            photos.failed(photo, outcome.code)
        return outcome


def _path(photo: Photo) -> str:
    return f"/sync/visits/{photo.visit_id}/photos/{photo.sha256}"


def _offset(response: Response) -> int | None:
    value = response.headers.get("upload-offset", "")
    return int(value) if value.isascii() and value.isdigit() else None
