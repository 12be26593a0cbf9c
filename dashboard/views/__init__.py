"""How sources of each kind are shown: one view a modality, and one for those that have none."""
