"""The phone's own voice and its own recogniser. The app hears no sound: the recogniser's screen is another app's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caregiver_app.platform.android.bridge import activity, ask, can_open, java

LOCALES = {"zh": ("zh", "CN"), "en": ("en", "US")}
#: The longest text Android's engines take at once is 4,000 characters.
LONGEST = 3_900


class AndroidVoice:
    """TextToSpeech: it wants a moment to start, and what is asked for meanwhile is read when it has."""

    def __init__(self) -> None:
        self._engine: Any | None = None
        self._ready: bool | None = None
        self._waiting: tuple[str, str] | None = None

    def available(self, language: str) -> bool:
        """Until the engine has said otherwise it is believed to be there, if any is installed."""
        if self._ready is None:
            return can_open_service("android.intent.action.TTS_SERVICE")
        return self._ready and self._speaks(language)

    def say(self, text: str, language: str) -> bool:
        if self._ready is None:
            if not self.available(language):
                return False
            self._waiting = (text, language)
            self._begin()
            return True
        if not self._ready or not self._speaks(language):
            return False
        return self._speak(text, language)

    def hush(self) -> None:
        self._waiting = None
        if self._engine is not None and self._ready:
            self._engine.stop()

    def speaking(self) -> bool:
        if self._waiting is not None:
            return True
        return bool(self._ready and self._engine is not None and self._engine.isSpeaking())

    def _begin(self) -> None:
        if self._engine is None:
            self._engine = java("android.speech.tts.TextToSpeech")(activity(), _on_init(self._started))

    def _started(self, status: int) -> None:
        self._ready = status == 0
        waiting, self._waiting = self._waiting, None
        if self._ready and waiting is not None and self._speaks(waiting[1]):
            self._speak(*waiting)

    def _speaks(self, language: str) -> bool:
        assert self._engine is not None
        return bool(self._engine.isLanguageAvailable(_locale(language)) >= 0)

    def _speak(self, text: str, language: str) -> bool:
        from jnius import cast

        assert self._engine is not None
        self._engine.setLanguage(_locale(language))
        done = True
        for number, start in enumerate(range(0, len(text), LONGEST)):
            part = cast("java.lang.CharSequence", java("java.lang.String")(text[start : start + LONGEST]))
            mode = 1 if number else 0  # QUEUE_ADD after the first, which replaces what is being read
            done = self._engine.speak(part, mode, None, f"yuetan-{number}") == 0 and done
        return done


def can_open_service(action: str) -> bool:
    """Whether an app on this phone offers this service."""
    intent = java("android.content.Intent")(action)
    return not activity().getPackageManager().queryIntentServices(intent, 0).isEmpty()


def _locale(language: str) -> Any:
    return java("java.util.Locale")(*LOCALES[language])


def _on_init(started: Callable[[int], None]) -> Any:
    from jnius import PythonJavaClass, java_method

    class OnInit(PythonJavaClass):  # type: ignore[misc]
        __javainterfaces__ = ("android/speech/tts/TextToSpeech$OnInitListener",)
        __javacontext__ = "app"

        @java_method("(I)V")
        def onInit(self, status: int) -> None:
            started(status)

    return OnInit()


class AndroidDictation:
    """ACTION_RECOGNIZE_SPEECH: the recogniser asks for the microphone itself, so that this app need not."""

    def available(self) -> bool:
        return can_open(java("android.content.Intent")("android.speech.action.RECOGNIZE_SPEECH"))

    def listen(self, language: str, done: Callable[[str | None], None]) -> bool:
        intent = java("android.content.Intent")("android.speech.action.RECOGNIZE_SPEECH")
        intent.putExtra("android.speech.extra.LANGUAGE_MODEL", "free_form")
        intent.putExtra("android.speech.extra.LANGUAGE", "-".join(LOCALES[language]))

        def answered(well: bool, data: Any | None) -> None:
            found = well and data is not None
            words = data.getStringArrayListExtra("android.speech.extra.RESULTS") if found else None
            done(str(words.get(0)) if words is not None and words.size() else None)

        return ask(intent, answered)
