"""Words that the model does not know are read by what they mean, also those of a language that the corpus has none of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from detector import paths
from detector.errors import ModelError
from detector.model.careful.pieces import Pieces
from detector.model.detector import Detector
from detector.model.file import Model, load, save
from detector.model.foreign import ForeignWords, PieceWeights, is_foreign
from detector.model.mistyped import Mistyped
from detector.model.roles import R
from detector.patterns import Finder
from detector.patterns.sentences import Sentences
from detector.threads import group, messages_table
from detector.training.matrix import foreign_design
from detector.training.prior import Prior, Step
from detector.training.roles import foreign_in_sentences

# Italian: there is none in the corpus
MAIL = {
    "bait-and-sell": "Aiutiamo le aziende come la sua a raddoppiare i clienti con le nostre campagne. Prenoti una chiamata gratuita "
    "questa settimana, il primo mese costa la metà.",
    "genuine": "Ho letto il suo articolo sui ponti di legno e ho una domanda sulla prova di carico che descrive nel terzo "
    "capitolo. Come avete misurato la deformazione?",
    "generic": "Buongiorno, mi piacerebbe aggiungerla alla mia rete professionale.",
}


@pytest.fixture(scope="module")
def model() -> Model:
    return load(paths.shipped_model())


@pytest.fixture(scope="module")
def without(model: Model) -> Model:
    """The model with nothing known of words that it does not know."""
    roles = replace(model.weights.roles, foreign=PieceWeights.none(R))
    return replace(model, weights=replace(model.weights, roles=roles, foreign=ForeignWords.of(PieceWeights.none(3))))


def threads_of(*texts: str) -> pd.DataFrame:
    return group(messages_table([(f"t{i}", "received", text) for i, text in enumerate(texts)])).threads


def test_a_language_that_the_corpus_has_none_of_is_told_apart() -> None:
    scored = Detector.load("shipped").score(messages_table([(label, "received", text) for label, text in MAIL.items()]))
    assert scored.set_index("thread_id")["label"].to_dict() == {label: label for label in MAIL}


def test_it_is_what_the_words_mean_that_tells(model: Model, without: Model) -> None:
    threads = threads_of(MAIL["genuine"])
    knows, does_not = (Prior(m).rows(threads).scores[0] for m in (model, without))
    assert np.argmax(knows) == 2
    assert knows[2] - max(knows[:2]) > does_not[2] - max(does_not[:2]) + 0.5


def test_words_of_another_script_say_nothing(model: Model, without: Model) -> None:
    threads = threads_of("\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430?")
    assert np.allclose(Prior(model).rows(threads).scores, Prior(without).rows(threads).scores, atol=1e-4)


def test_sentences_are_learned_from_as_they_are_read(model: Model, without: Model) -> None:
    threads = threads_of(
        MAIL["genuine"], f"Hello Ann! {MAIL['bait-and-sell']} 24 maps for you?", "\u041f\u0440\u0438\u0432\u0435\u0442"
    )
    searched = Finder().search(threads)
    sentences = Sentences.of(searched.reading)
    words, features, _share = foreign_in_sentences(searched, sentences, model.weights.space)
    assert all(is_foreign(w, model.weights.space) for w in words)
    added = features @ model.weights.roles.foreign.coefficients(words, model.weights.space.mistyped)
    with_them, alone = (np.log(Prior(m).scorer.roles.first_look(searched, sentences)) for m in (model, without))
    apart = with_them - alone - added  # the same for every role: what makes them add up to one
    likely = (np.exp(with_them) > 1e-3).all(axis=1) & (np.exp(alone) > 1e-3).all(axis=1)
    assert likely.any()
    assert np.allclose(apart[likely], apart[likely].mean(axis=1, keepdims=True), atol=2e-2)


def test_words_count_among_how_many_there_are(model: Model) -> None:
    threads = threads_of("Hello vrenk", "Hello there dear vrenk", "Hello vrenk vrenk 4 !", "Hello")
    words, features, share = foreign_design(Finder().search(threads), model.weights.space)
    assert words == ["vrenk"]
    assert np.allclose(features.toarray().ravel(), [1 / 2**0.5, 1 / 4**0.5, 2 / 3**0.5, 0])
    assert np.allclose(share, [1 / 2, 1 / 4, 2 / 3, 0])


def test_a_word_mistyped_means_what_the_word_means(model: Model) -> None:
    space, foreign = model.weights.space, model.weights.foreign
    slips = ["meetnig", "meetinng", "meeitng", "questionn"]
    assert {"meeting", "question"} <= set(space.words)
    assert not set(slips) & set(space.words)
    found, of = foreign.coefficients(slips, space.mistyped), foreign.coefficients(["meeting", "question"], Mistyped([]))
    assert of.any(axis=1).all()
    assert found.tolist() == [*[of[0].tolist()] * 3, of[1].tolist()]
    longer = foreign.coefficients(["meeting" * 10_000], space.mistyped)  # nothing that takes long, either
    assert np.isfinite(longer).all()
    own = replace(foreign, words=["meetnig"], weights=np.ones((1, 3)))
    assert np.allclose(own.coefficients(["meetnig"], space.mistyped), of[0] + 1)


def test_a_word_of_its_own_is_no_slip_however_near(model: Model) -> None:
    space, foreign = model.weights.space, model.weights.foreign
    assert foreign.pieces.pieces is not None
    whole = ["strada", "nuovo", "questa"]  # Italian, each near a word of the corpus
    assert all(space.mistyped.of(word) for word in whole)
    assert np.array_equal(foreign.coefficients(whole, space.mistyped), foreign.coefficients(whole, Mistyped([])))
    of_point = foreign.coefficients(["point"], Mistyped([]))  # a word in two pieces is taken for a slip
    assert np.array_equal(foreign.coefficients(["ponti"], space.mistyped), of_point)


def test_labels_on_other_word_pieces_are_refused(model: Model, tmp_path: Path) -> None:
    pieces = model.weights.foreign.pieces
    assert pieces.pieces is not None
    other = replace(pieces, pieces=Pieces([*pieces.pieces.known[:-1], "▁another"], pieces.pieces.likely))
    changed = replace(model, weights=replace(model.weights, foreign=replace(model.weights.foreign, pieces=other)))
    save(changed, tmp_path / "other.npz")
    prior = Prior(load(tmp_path / "other.npz"))
    first, size = prior.columns.width, prior.meanings.size
    step = Step(np.arange(first, first + size), np.ones((size, 3)), np.zeros(3))
    with pytest.raises(ModelError, match="train it again"):
        prior.moved(step)
