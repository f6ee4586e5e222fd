"""What the courses have to say on a question: looked for where the learner is, then everywhere, and judged."""
