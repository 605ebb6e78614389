"""Train the leaf wetness model and say how good it is.

``python3 train.py --training ../data/training.csv --holdout ../data/holdout.csv --model
../data/model.json`` writes the model. The same data gives the same file: nothing is random, and
numbers are rounded to six digits after the point, far below what matters.

The method is logistic regression with a quadratic penalty, fitted by Newton's method (iteratively
reweighted least squares; Hastie, Tibshirani, Friedman: The Elements of Statistical Learning,
second edition, section 4.4.1). Standard library only.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leaf_wetness import FEATURES, FORMAT, Model, compute_features
from observations import load_labelled

PENALTY = 1.0
RULE_HUMIDITY_PERCENT = 90.0
DIGITS = 6

Rows = list[tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Scores:
    """How well probabilities agree with what was the case."""

    rows: int
    wet_share: float
    """Share of rows in which the leaf is wet."""
    accuracy: float
    """Share of rows on the right side of 0.5."""
    brier: float
    """Mean squared difference between probability and outcome; 0 is perfect."""
    log_loss: float
    """Mean negative logarithm of the probability given to the outcome, in nats."""
    rule_accuracy: float
    """Accuracy of the rule of thumb 'wet from 90 % humidity on', for comparison."""


def load_table(path: Path) -> tuple[Rows, list[bool], list[bool]]:
    """Read a training file.

    Returns:
        Features, answers, and what the rule of thumb says, row by row.
    """
    features, answers, rule = [], [], []
    for observation, leaf_wet in load_labelled(path):
        features.append(compute_features(observation))
        answers.append(leaf_wet)
        rule.append(observation.relative_humidity_percent >= RULE_HUMIDITY_PERCENT)
    return features, answers, rule


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small linear system by Gaussian elimination with row exchange."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda i: abs(rows[i][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for i in range(column + 1, size):
            factor = rows[i][column] / rows[column][column]
            for j in range(column, size + 1):
                rows[i][j] -= factor * rows[column][j]
    solution = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(rows[i][j] * solution[j] for j in range(i + 1, size))
        solution[i] = (rows[i][size] - rest) / rows[i][i]
    return solution


def fit_logistic(rows: Rows, answers: Sequence[bool]) -> list[float]:
    """Fit weights of a logistic regression; the first is the intercept, which is not penalised.

    Args:
        rows: Standardised features, without a constant.
        answers: Whether the leaf is wet, row by row.
    """
    design = [(1.0, *row) for row in rows]
    size = len(design[0])
    weights = [0.0] * size
    for _ in range(50):
        gradient = [0.0] + [-PENALTY * w for w in weights[1:]]
        curvature = [[PENALTY if i == j and i else 0.0 for j in range(size)] for i in range(size)]
        for row, answer in zip(design, answers, strict=True):
            score = sum(w * x for w, x in zip(weights, row, strict=True))
            probability = 1.0 / (1.0 + math.exp(-score))
            spread = probability * (1.0 - probability)
            for i in range(size):
                gradient[i] += (answer - probability) * row[i]
                for j in range(size):
                    curvature[i][j] += spread * row[i] * row[j]
        step = solve(curvature, gradient)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-10:
            break
    return weights


def train_model(rows: Rows, answers: Sequence[bool]) -> Model:
    """Standardise the features, fit, and round."""
    count = len(rows)
    columns = list(zip(*rows, strict=True))
    means = [math.fsum(column) / count for column in columns]
    scales = [
        math.sqrt(math.fsum((x - mean) ** 2 for x in column) / count)
        for column, mean in zip(columns, means, strict=True)
    ]
    standardised = [
        tuple((x - m) / s for x, m, s in zip(row, means, scales, strict=True)) for row in rows
    ]
    intercept, *weights = fit_logistic(standardised, answers)

    def shorten(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(round(value, DIGITS) + 0.0 for value in values)  # + 0.0: no negative zero

    return Model(round(intercept, DIGITS), shorten(weights), shorten(means), shorten(scales))


def score_model(model: Model, rows: Rows, answers: Sequence[bool], rule: Sequence[bool]) -> Scores:
    """Judge a model on rows it need not have seen."""
    probabilities = [model.compute_probability_of(row) for row in rows]
    count = len(answers)
    hits = sum((p >= 0.5) == a for p, a in zip(probabilities, answers, strict=True))
    losses = [p if a else 1.0 - p for p, a in zip(probabilities, answers, strict=True)]
    return Scores(
        rows=count,
        wet_share=sum(answers) / count,
        accuracy=hits / count,
        brier=math.fsum((p - a) ** 2 for p, a in zip(probabilities, answers, strict=True)) / count,
        log_loss=-math.fsum(math.log(max(p, 1e-15)) for p in losses) / count,
        rule_accuracy=sum(r == a for r, a in zip(rule, answers, strict=True)) / count,
    )


def render_model(model: Model, training: Path, holdout: Path, scores: Scores) -> str:
    """Write a model as JSON, with what it was made from and how it scored."""
    document = {
        "format": FORMAT,
        "features": list(FEATURES),
        "intercept": model.intercept,
        "weights": list(model.weights),
        "means": list(model.means),
        "scales": list(model.scales),
        "training": {
            "method": f"logistic regression, quadratic penalty {PENALTY:g}, Newton's method",
            "data_sha256": hashlib.sha256(training.read_bytes()).hexdigest(),
        },
        "holdout": {
            "data_sha256": hashlib.sha256(holdout.read_bytes()).hexdigest(),
            **{name: round(getattr(scores, name), 4) for name in Scores.__slots__},
        },
    }
    return json.dumps(document, indent=2) + "\n"


def main(arguments: list[str]) -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(prog="train", description=__doc__.split("\n\n")[0])
    parser.add_argument("--training", type=Path, required=True)
    parser.add_argument("--holdout", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args(arguments)
    rows, answers, _ = load_table(options.training)
    model = train_model(rows, answers)
    scores = score_model(model, *load_table(options.holdout))
    text = render_model(model, options.training, options.holdout, scores)
    options.model.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
