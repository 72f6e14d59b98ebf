"""Hits and text to verdicts: features, classifier, calibration, cut-offs, explanation, the model file."""
