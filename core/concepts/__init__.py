"""Examples and concepts: nearest pictures, concepts of a class, TCAV, activation maximisation."""
