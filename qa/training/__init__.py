"""Training, tuning and export of the models: the only part that needs torch."""
