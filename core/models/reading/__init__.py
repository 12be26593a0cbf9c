"""Files of whole models, read without running anything of them: what they hold, checked."""
