"""Compare answers and questions: do two wordings give the same value, or contradict each other?"""
