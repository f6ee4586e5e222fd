"""What of a passage is quoted: the sentence that answers with what belongs to it, in the form that is asked for."""
