"""How the answer to a question changes over time."""
