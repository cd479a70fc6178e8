"""The extractive reader: finds answer spans and evidence sentences in passages."""
