"""Training, export and calibration of the models. Invalid input raises an `AssistantError`."""
