"""May this learner be answered: consent to the rules in force, and for children a guardian's."""

from companion.identity import Caller
from companion.state.learners import Learner

CONSENT_NEEDED = "Please agree to the terms of use first (version {version})."
GUARDIAN_NEEDED = "A child under 14 needs the consent of a guardian; the portal records it."


def what_is_missing(caller: Caller, learner: Learner | None, version: str | None) -> str | None:
    """What has to be agreed to before a turn, in a sentence; None when nothing is. No version asks for no consent.

    `learner` is what a portal user told of themselves; visitors carry their consent in their token.
    """
    if caller.kind in ("open", "operator"):
        return None
    if learner and learner.age_band == "under_14" and not learner.guardian_consent:
        return GUARDIAN_NEEDED
    agreed = learner.consent_version if learner and caller.kind == "learner" else caller.consent
    return CONSENT_NEEDED.format(version=version) if version and agreed != version else None
