"""The suites: each asks its cases of a subject and scores what came back."""

from collections.abc import Mapping

from eval.suites import answers, recommend, retrieval, safety, tutor
from eval.suites.suite import Suite

SUITES: Mapping[str, Suite] = {
    suite.name: suite for suite in (retrieval.SUITE, answers.SUITE, recommend.SUITE, tutor.SUITE, safety.SUITE)
}
