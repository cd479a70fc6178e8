"""Training, export and calibration of the models."""
