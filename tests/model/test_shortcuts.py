"""What says nothing about a message hardly moves its verdict: names, greetings, signatures, typing, small talk.

Each change is made to the words of the sender in a fixed spread of the corpus, and the labels that flip are counted
among the threads that it really changed. The model learned from these threads, so on others more may flip.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from detector.model.detector import Detector
from detector.threads import Grouped
from detector.training.corpus import read_labelled
from detector.training.shipped import corpus_files

THREADS = 400

AIM = 0.02
"""The share of labels that such a change may flip."""

# Measured on the 400 threads with the shipped model: names masked 1.7 %, names exchanged 1.7 %, another greeting 1.2 %, upper case 1.2 %,
# paragraphs 0.3 %, signatures and emoji none: they hold the aim. One does not, by a hair: its limit only guards against worse.
LIMITS = {
    "two typos": 0.03,  # 2.5 %: n-grams and pairs of the word that was meant are gone
}

FREED_AIM = 0.15
"""The share of sales that small talk at the end may make genuine."""

# Measured on the 131 sales among the 400 threads: weather 9.2 %, town 3.8 %, weekend 14.5 %: all hold the aim.
FREED: dict[str, float] = {}

# Measured on the 136 letters among the 400 threads: 6.6 to 7.4 %. The corpus' authors hardly close so.
DEMOTED_LIMIT = 0.08
"""The share of genuine letters that a line which closes half the notes in the world may make something else."""

GREETINGS = {
    "good morning": "Hello",
    "good afternoon": "Hi",
    "hello": "Hi",
    "hey": "Hi",
    "hi": "Hello",
    "dear": "Hello",
    "bonjour": "Bonsoir",
    "salut": "Coucou",
    "hola": "Buenas",
    "buenos días": "Hola",
    "buenas tardes": "Hola",
    "hallo": "Guten Tag",
    "guten tag": "Hallo",
    "moin": "Hallo",
    "olá": "Oi",
    "oi": "Olá",
    "bom dia": "Olá",
}
_GREETING = re.compile(rf"^({'|'.join(GREETINGS)})\b", re.IGNORECASE)

FILLERS = {
    "weather": {
        "en": "It has rained here all week and the garden is under water. I hope it is drier where you are.",
        "es": "Aquí ha llovido toda la semana y el jardín está inundado. Espero que por ahí esté más seco.",
        "fr": "Il a plu ici toute la semaine et le jardin est sous l'eau. J'espère qu'il fait plus sec chez vous.",
        "de": "Hier hat es die ganze Woche geregnet und der Garten steht unter Wasser. Hoffentlich ist es dort trockener.",
        "pt": "Aqui choveu a semana toda e o jardim está alagado. Espero que por aí esteja mais seco.",
    },
    "town": {
        "en": "I grew up near you, by the old station. My aunt still lives two streets from the market.",
        "es": "Yo crecí cerca de ahí, junto a la vieja estación. Mi tía vive todavía a dos calles del mercado.",
        "fr": "J'ai grandi près de chez vous, à côté de la vieille gare. Ma tante habite encore à deux rues du marché.",
        "de": "Ich bin in der Nähe aufgewachsen, am alten Bahnhof. Meine Tante wohnt noch zwei Straßen vom Markt.",
        "pt": "Eu cresci perto daí, ao lado da velha estação. Minha tia ainda mora a duas ruas do mercado.",
    },
    "weekend": {
        "en": "We were at the lake with the children on Sunday and the little one caught her first fish.",
        "es": "El domingo estuvimos en el lago con los niños y la pequeña pescó su primer pez.",
        "fr": "Dimanche nous étions au lac avec les enfants et la petite a pris son premier poisson.",
        "de": "Am Sonntag waren wir mit den Kindern am See und die Kleine hat ihren ersten Fisch gefangen.",
        "pt": "No domingo fomos ao lago com as crianças e a pequena pegou o primeiro peixe.",
    },
}

CLOSERS = {
    "connect": {
        "en": "Would love to connect.",
        "es": "Me encantaría que conectáramos.",
        "fr": "Je serais ravi d'échanger avec vous ici.",
        "de": "Ich würde mich über eine Vernetzung freuen.",
        "pt": "Adoraria me conectar com você.",
    },
    "keep in touch": {
        "en": "It would be great to stay in touch.",
        "es": "Sería estupendo seguir en contacto.",
        "fr": "Ce serait bien de rester en contact.",
        "de": "Es wäre schön, in Kontakt zu bleiben.",
        "pt": "Seria ótimo manter contato.",
    },
    "learn from you": {
        "en": "Looking forward to learning from you.",
        "es": "Espero aprender mucho de usted.",
        "fr": "Au plaisir d'apprendre de vous.",
        "de": "Ich freue mich darauf, von Ihnen zu lernen.",
        "pt": "Espero aprender muito com você.",
    },
}

Change = Callable[[str, pd.Series], str]


def renamed(name: str) -> Change:
    """The recipient's names, wherever they stand, written as another."""

    def change(text: str, thread: pd.Series) -> str:
        for word in re.findall(r"[^\W\d_]{3,}", thread["recipient"]):
            text = re.sub(rf"\b{word}\b", name, text)
        return text

    return change


def another_greeting(text: str, thread: pd.Series) -> str:
    return _GREETING.sub(lambda m: GREETINGS[m.group().lower()], text)


def mistyped(text: str, thread: pd.Series) -> str:
    """Two letters next to each other exchanged inside two words."""
    rng = random.Random(text)
    words = list(re.finditer(r"(?<![\w/.@])[^\W\d_]{4,}(?![\w/@])", text))
    for found in rng.sample(words, min(2, len(words))):
        a = rng.randrange(found.start() + 1, found.end() - 2)
        text = text[:a] + text[a + 1] + text[a] + text[a + 2 :]
    return text


CHANGES: dict[str, Change] = {
    "names masked": renamed("[name]"),
    "names exchanged": renamed("Robin"),
    "another greeting": another_greeting,
    "own name below": lambda text, thread: f"{text}\n\n{thread['sender'] or 'Sam Carter'}",
    "firm below": lambda text, thread: f"{text}\n\nSam Carter\nCarter & Sons",
    "town below": lambda text, thread: f"{text}\n\nSam Carter\nLeeds",
    "street below": lambda text, thread: f"{text}\n\nSam Carter\n4 Harbour Street",
    "telephone below": lambda text, thread: f"{text}\n\nSam Carter\n+44 20 7946 0958",
    "street and telephone below": lambda text, thread: f"{text}\n\nSam Carter\n4 Harbour Street\n+44 20 7946 0958",
    "upper case": lambda text, thread: text.upper(),
    "two typos": mistyped,
    "emoji": lambda text, thread: f"{text} 😊",
    "paragraphs": lambda text, thread: re.sub(r"(?<=[.!?]) +", "\n\n", text),
    "Best, Tom": lambda text, thread: f"{text} Best, Tom",
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load("shipped")


@pytest.fixture(scope="module")
def threads() -> pd.DataFrame:
    return spread()


def spread() -> pd.DataFrame:
    """An even spread over all files, in which the sender wrote something."""
    found = read_labelled(corpus_files())
    found = found[(found["messages"] > 0).to_numpy()]
    return found.iloc[np.linspace(0, len(found) - 1, THREADS).astype(int)].reset_index(drop=True)


@pytest.fixture(scope="module")
def labels(detector: Detector, threads: pd.DataFrame) -> np.ndarray:
    return labels_of(detector, threads)


def labels_of(detector: Detector, threads: pd.DataFrame) -> np.ndarray:
    return pd.concat([j.verdicts for j in detector.judge(Grouped(threads, {}))])["label"].to_numpy()


def changed(threads: pd.DataFrame, change: Change, *, last_alone: bool = False) -> pd.DataFrame:
    """The threads with every text of the sender changed, or with the last of them alone."""
    texts = []
    for _, thread in threads.iterrows():
        theirs = [i for i, (t, d) in enumerate(zip(thread["texts"], thread["directions"], strict=True))
                  if d == "received" and t]  # fmt: skip
        new = list(thread["texts"])
        for i in theirs[-1:] if last_alone else theirs:
            new[i] = change(new[i], thread)
        texts.append(new)
    return threads.assign(texts=pd.Series(texts, index=threads.index, dtype=object))


def test_the_spread_covers_files_labels_and_languages(threads: pd.DataFrame) -> None:
    assert set(threads["label"]) == {"generic", "bait-and-sell", "genuine"}
    assert {"en", "es", "fr", "de", "pt"} <= set(threads["lang"])
    assert threads["source"].nunique() >= 25


@pytest.mark.parametrize("name", CHANGES)
def test_what_says_nothing_flips_few_labels(
    name: str, detector: Detector, threads: pd.DataFrame, labels: np.ndarray
) -> None:
    new = changed(threads, CHANGES[name])
    touched = np.array([a != b for a, b in zip(threads["texts"], new["texts"], strict=True)])
    flips = (labels_of(detector, new) != labels)[touched]
    print(f"{name}: {flips.sum()} of {len(flips)} flip, {flips.mean():.2%}")
    assert len(flips) >= 150
    assert flips.mean() <= LIMITS.get(name, AIM)


@pytest.mark.parametrize("name", FILLERS)
def test_small_talk_frees_few_sales(name: str, detector: Detector, threads: pd.DataFrame, labels: np.ndarray) -> None:
    sales = threads[(labels == "bait-and-sell") & threads["lang"].isin(FILLERS[name]).to_numpy()]
    new = changed(sales, lambda text, thread: f"{text} {FILLERS[name][thread['lang']]}", last_alone=True)
    freed = labels_of(detector, new) == "genuine"
    print(f"{name}: {freed.sum()} of {len(freed)} freed, {freed.mean():.2%}")
    assert len(freed) >= 100
    assert freed.mean() <= FREED.get(name, FREED_AIM)


@pytest.mark.parametrize("name", CLOSERS)
def test_a_networking_line_demotes_few_genuine_letters(
    name: str, detector: Detector, threads: pd.DataFrame, labels: np.ndarray
) -> None:
    letters = threads[(labels == "genuine") & threads["lang"].isin(CLOSERS[name]).to_numpy()]
    new = changed(letters, lambda text, thread: f"{text} {CLOSERS[name][thread['lang']]}", last_alone=True)
    demoted = labels_of(detector, new) != "genuine"
    print(f"{name}: {demoted.sum()} of {len(demoted)} demoted, {demoted.mean():.2%}")
    assert len(demoted) >= 100
    assert demoted.mean() <= DEMOTED_LIMIT
