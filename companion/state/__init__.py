"""What outlives a turn, in a database: conversations, learners and what they learned, complaints, the audit, costs."""
