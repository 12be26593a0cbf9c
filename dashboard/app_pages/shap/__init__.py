"""SHAP: how the score of a class is shared out over the picture."""
