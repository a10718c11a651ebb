"""Panels that come and go: a question, and an error that says what to do."""

from __future__ import annotations

from console.client.errors import CallFailed
from console.flows.transition import Question, Tone
from console.theme import SYMBOLS, Styles
from console.widgets.line_widget import LineWidget
from console.widgets.text_layout import Line, Part, wrapped


class QuestionPanel(LineWidget):
    """A question with its answers; the safe one has the focus until the operator moves it."""

    def __init__(self, styles: Styles) -> None:
        super().__init__(styles, id="question")
        self._question: Question | None = None
        self._hint = ""
        self.display = False

    def show(self, question: Question | None, hint: str = "") -> None:
        """Ask, or stop asking."""
        if question == self._question and hint == self._hint:
            return
        self._question, self._hint = question, hint
        self.display = question is not None
        if question is not None:
            self.styles.height = self._height(question)
        self.refresh()

    def on_resize(self) -> None:
        """A narrower window needs more lines for the same sentence."""
        if self._question is not None:
            self.styles.height = self._height(self._question)

    def line_at(self, y: int, width: int) -> Line:
        """A frame, the sentence, the answers."""
        question = self._question
        if question is None:
            return Line()
        styles, edge = self.theme_styles, self.theme_styles.tones[Tone.WAIT]
        if y == 0:
            return Line(((" ┏" + "━" * (width - 4) + "┓ ", edge),))
        if y == self._height(question) - 1:
            return Line(((" ┗" + "━" * (width - 4) + "┛ ", edge),))
        rows: list[list[Part]] = [[(row, styles.bright)] for row in self._rows(question.text)]
        rows.append([])
        if question.choices:
            rows.append(self._answers(question))
        rows += [[(row, styles.dim)] for row in self._rows(self._hint)] if self._hint else []
        # Until the layout has followed a wider window, the panel is taller than what it says.
        shown = rows[y - 1] if y <= len(rows) else []
        return Line(((" ┃  ", edge), *shown), (("┃ ", edge),))

    def _answers(self, question: Question) -> list[Part]:
        parts: list[Part] = []
        for n, choice in enumerate(question.choices):
            if n == question.focus:
                parts.append((f"▶ {choice.label} ◀", self.theme_styles.banners[Tone.DONE]))
            else:
                parts.append((f"  {choice.label}  ", self.theme_styles.ink))
            parts.append(("   ", self.theme_styles.ink))
        return parts

    def _height(self, question: Question) -> int:
        hint = len(self._rows(self._hint)) if self._hint else 0
        return 3 + len(self._rows(question.text)) + (1 if question.choices else 0) + hint

    def _rows(self, text: str) -> list[str]:
        return wrapped(text, (self.size.width or self.app.size.width) - 8)


class ProblemPanel(LineWidget):
    """What did not work, why, what to do, and the id that finds it in the shop's log."""

    def __init__(self, styles: Styles) -> None:
        super().__init__(styles, id="problem")
        self._what = ""
        self._failure: CallFailed | None = None
        self._kept = ""
        self.display = False

    def show(
        self, what: str, failure: CallFailed, *, kept: str = "", is_aside: bool = False
    ) -> None:
        """Say what did not work; `kept` says what is still shown below, and from when.

        What happened only aside does not take the place of another problem.
        """
        if is_aside and self.display and what != self._what:
            return
        self._what, self._failure, self._kept = what, failure, kept
        self.display = True
        self.styles.height = len(self._told())
        self.refresh()

    @property
    def will_pass(self) -> bool:
        """Whether what is shown may be over by now, so that asking again makes sense."""
        return self.display and self._failure is not None and self._failure.is_passing

    def hide(self, what: str = "") -> None:
        """This works again; without a name, whatever it was is history."""
        if self.display and what in ("", self._what):
            self.display = False
            self._failure = None

    def on_resize(self) -> None:
        """A narrower window needs more lines for the same words."""
        if self._failure is not None:
            self.styles.height = len(self._told())

    def line_at(self, y: int, width: int) -> Line:
        """One line of the panel."""
        told = self._told()
        return told[y] if y < len(told) else Line()

    def _told(self) -> list[Line]:
        failure, styles = self._failure, self.theme_styles
        if failure is None:
            return []
        edge: Part = (" ▌ ", styles.tones[Tone.WRONG])
        width = (self.size.width or self.app.size.width) - 14
        told = [Line((edge, (f"{SYMBOLS[Tone.WRONG]} {self._what}", styles.tones[Tone.WRONG])))]
        sentences = [("why", failure.detail), ("what to do", failure.remedy)]
        sentences += [("", f"{one.pointer} {one.detail}") for one in failure.errors[:4]]
        if self._kept:
            sentences.append(("below", self._kept))
        for label, sentence in sentences:
            for n, words in enumerate(wrapped(sentence, width)):
                head = label if n == 0 else ""
                told.append(Line((edge, (f"{head:<11}", styles.dim), (words, styles.ink))))
        if failure.request_id:
            request = f"{failure.request_id} ({failure.code})"
            told.append(Line((edge, ("request    ", styles.dim), (request, styles.dim))))
        told.append(Line())
        return told
