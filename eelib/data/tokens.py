"""Captions to token ids: CLIP's byte-pair encoding, plain, with DeCLIP's mask token, or re-numbered for a small world.

NumPy only; the encoding itself is :mod:`eelib.data.bpe`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from eelib.data.bpe import NUM_PIECES, pieces_of, text_of, words_of
from eelib.errors import InputError, unknown

Ints = npt.NDArray[np.int64]

PAD = 0
CONTEXT = 77
MODES = ("clip", "declip", "compact")


class Tokens(NamedTuple):
    """Encoded captions.

    Attributes:
        ids: ``(N, L)`` int64: start, content, end of text, pads.
        eot: ``(N,)`` int64, position of the end-of-text token.
        truncated: ``(N,)`` bool, content was cut off to fit the context.
    """

    ids: Ints
    eot: Ints
    truncated: npt.NDArray[np.bool_]


class Tokenizer:
    """Turns captions into rows of ids.

    ============ ============== =========== ====== ====== ====== ==============
    mode         pieces         unknown     mask   SOT    EOT    size
    ============ ============== =========== ====== ====== ====== ==============
    clip         0 ... 49 405   none        none   49 406 49 407 49 408
    declip       0 ... 49 405   none        49 406 49 407 49 408 49 409
    compact      1 ... n        n + 1       n + 2  n + 3  n + 4  n + 5
    ============ ============== =========== ====== ====== ====== ==============

    The pad is 0 everywhere. In the two published modes 0 is also the piece "!", which is why padding is told by the position of the end of
    text and not by the id.

    Args:
        mode: A row of the table.
        context: Tokens per caption, start and end included. Longer captions keep the start, the first ``context - 2`` tokens and the end.
        pieces: Compact mode only: the numbers of the pieces in CLIP's vocabulary that the vocabulary holds; see :meth:`fit`.

    Raises:
        InputError: Unknown mode, a context that holds no content, or pieces that do not fit the mode.
    """

    def __init__(self, mode: str = "declip", context: int = CONTEXT, pieces: Sequence[int] | None = None) -> None:
        if mode not in MODES:
            raise unknown("tokenizer mode", mode, MODES)
        if context < 3:
            raise InputError(f"context={context} leaves no token between start and end of text: use at least 3")
        if (mode == "compact") != (pieces is not None):
            raise InputError("a compact tokenizer needs its pieces (Tokenizer.fit), the other modes take none")
        if pieces is not None and (not pieces or sorted(set(pieces)) != list(pieces) or pieces[0] < 0 or pieces[-1] >= NUM_PIECES):
            raise InputError(f"pieces must be rising numbers from 0 to {NUM_PIECES - 1}, at least one")
        self.mode, self.context, self.pieces = mode, context, pieces and tuple(pieces)
        first = NUM_PIECES if pieces is None else len(pieces) + 2  # of the special tokens
        self.unknown_id = None if pieces is None else len(pieces) + 1
        self.mask_id = None if mode == "clip" else first
        self.sot_id, self.eot_id = (first, first + 1) if mode == "clip" else (first + 1, first + 2)
        self.size = self.eot_id + 1
        self._number = None if pieces is None else {piece: row for row, piece in enumerate(pieces, 1)}

    @classmethod
    def fit(cls, captions: Iterable[str], context: int = CONTEXT, min_count: int = 1) -> Tokenizer:
        """A compact tokenizer of the pieces that occur in a training corpus, so that a small model carries no 49 408 embeddings.

        Args:
            captions: The training captions, and any prompts that the model should be able to read; order does not matter.
            context: As for the class.
            min_count: Pieces that occur less often are unknown.

        Raises:
            InputError: No piece is left.
        """
        counts = Counter(piece for caption in captions for word in words_of(caption) for piece in pieces_of(word))
        pieces = sorted(piece for piece, count in counts.items() if count >= min_count)
        if not pieces:
            raise InputError(f"the captions hold no token {min_count} times: there is no vocabulary to build")
        return cls("compact", context, pieces)

    @property
    def ordinary(self) -> range:
        """Ids of ordinary vocabulary: what random replacements of masked language modelling are drawn from (detail 6)."""
        return range(1, NUM_PIECES if self.pieces is None else len(self.pieces) + 1)

    @property
    def special(self) -> tuple[int, ...]:
        """Ids that masked language modelling never selects: pad, unknown, mask, start and end of text."""
        return tuple(i for i in (PAD, self.unknown_id, self.mask_id, self.sot_id, self.eot_id) if i is not None)

    def knows(self, text: str) -> bool:
        """Whether the vocabulary holds all pieces of a text; the published ones hold those of any."""
        known = self._number
        return known is None or all(piece in known for word in words_of(text) for piece in pieces_of(word))

    def encode(self, captions: Sequence[str]) -> Tokens:
        """Ids of captions; the same caption always gives the same row."""
        ids = np.full((len(captions), self.context), PAD, np.int64)
        eot = np.zeros(len(captions), np.int64)
        truncated = np.zeros(len(captions), bool)
        for row, caption in enumerate(captions):
            content = [i for word in words_of(caption) for i in self._ids_of(word)]
            truncated[row] = len(content) > self.context - 2
            content = content[: self.context - 2]
            eot[row] = len(content) + 1
            ids[row, : len(content) + 2] = [self.sot_id, *content, self.eot_id]
        return Tokens(ids, eot, truncated)

    def decode(self, ids: Iterable[int]) -> str:
        """Text up to the end-of-text token, lower-cased; a mask reads ``<mask>``, an unknown piece ``<unk>``."""
        text = ""
        for i in ids:
            if i == self.eot_id:
                break
            if i in (self.mask_id, self.unknown_id):
                text += "<mask> " if i == self.mask_id else "<unk> "
            elif i != self.sot_id and (i != PAD or self.pieces is None):
                text += text_of(int(i) if self.pieces is None else self.pieces[int(i) - 1])
        return text.strip()

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps; JSON-able."""
        return {"mode": self.mode, "context": self.context, "pieces": self.pieces and list(self.pieces)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Tokenizer:
        """The tokenizer of a checkpoint.

        Raises:
            InputError: The state is not one of :meth:`state`.
        """
        if set(state) != {"mode", "context", "pieces"}:
            raise InputError(f"tokenizer state must hold mode, context and pieces, got {', '.join(sorted(state)) or 'nothing'}")
        return cls(state["mode"], state["context"], state["pieces"])

    def fingerprint(self) -> str:
        """Twelve digits that differ wherever ids differ."""
        return hashlib.sha256(json.dumps(self.state(), sort_keys=True).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"a {self.mode} vocabulary of {self.size} tokens, context {self.context} ({self.fingerprint()})"

    def _ids_of(self, word: str) -> tuple[int, ...]:
        pieces = pieces_of(word)
        return pieces if self._number is None else tuple(self._number.get(piece, len(self._number) + 1) for piece in pieces)
