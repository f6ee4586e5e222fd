"""The right course, the next step, what it counts for: recommendation, occupations, pathways, credits, places."""
