"""Labelled threads to a model: corpus, folds, training, evaluation, doubtful labels."""
