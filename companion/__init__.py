"""The tutor: one chat turn told top to bottom, and the doors to it."""
