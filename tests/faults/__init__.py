"""The delivery contract on its worst days; ``python -m tests.faults`` runs them all."""
