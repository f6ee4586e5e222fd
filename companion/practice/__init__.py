"""Practice from a lesson: questions, grading, hints and plans, without a model."""
