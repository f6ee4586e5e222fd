"""What the trainer computes is what the search computes."""

import random

import numpy as np
import torch

from eval.train_answerability import beside, log_odds, train
from eval.training_pairs import read_chapters, read_topics
from retrieval import answerability as served


def test_what_is_trained_is_what_is_served(embedder, monkeypatch):
    chapters = read_chapters(read_topics()[:3], embedder, lambda _: None)
    lines = []
    weights = train(chapters, 3, lines.append)
    assert len([line for line in lines if line.startswith("round")]) == 3
    known = {name: tensor.detach().numpy() for name, tensor in weights.items()}
    monkeypatch.setattr(served, "_weights", lambda: known)
    rows = beside(chapters[1], "zh", random.Random(0), unanswered=True)
    with torch.no_grad():
        trained, _ = log_odds(weights, rows, lambda x: x)
    passages = [forms.get("zh") or next(iter(forms.values())) for forms in chapters[1].passages]
    found = [served.answerability(query, passages) for query, _ in chapters[1].questions]
    np.testing.assert_allclose(found, trained.numpy(), atol=1e-3)
