"""What the trainer of the cross-encoder computes is what the search computes."""

import numpy as np
import torch

from course_index.embedders.e5_weights import read_weights, weights_file
from eval.train_cross_encoder import learned_tensors, read_asked, train
from eval.training_pairs import read_topics
from retrieval import e5_cross_encoder as served
from retrieval.e5_cross_encoder import PARITY_PAIRS, E5CrossEncoder, Section


def test_what_is_trained_is_what_is_served(tmp_path, monkeypatch):
    weights = read_weights(weights_file())
    topics, states = read_asked(read_topics()[:5], weights)
    lines = []
    network = train(topics, states, weights, 0.2, lines.append)
    assert lines[0] == "4 chapters to learn from, 1 held out"
    assert lines[-1].startswith("after ")
    tensors = learned_tensors(network, weights)
    np.savez(tmp_path / "learned.npz", **tensors)
    learned = served.read_learned(tmp_path / "learned.npz")
    monkeypatch.setattr(served, "read_learned", lambda path: learned)
    fresh = E5CrossEncoder(tmp_path)
    found = [fresh.log_odds(asked, [Section("", (says,))])[0] for asked, says in PARITY_PAIRS]
    np.testing.assert_allclose(found, tensors["parity"], atol=0.5)


def test_what_is_learned_changes_the_upper_layers_alone():
    weights = read_weights(weights_file())
    topics, states = read_asked(read_topics()[:5], weights)
    before = [one.clone() for one in states.questions[:3]]
    tensors = learned_tensors(train(topics, states, weights, 0.05, lambda _: None), weights)
    assert all(torch.equal(one, other) for one, other in zip(before, states.questions, strict=False))
    assert {int(name[1:].split(".")[0]) for name in tensors if name[0] == "l"} == set(range(served.APART, 12))
