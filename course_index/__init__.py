"""Course files become Course, Lesson and Passage, and go into the store that the tutor reads."""
