"""Rasa: graph components, importer, training, and the worker processes that take turns.

The server imports only ``worker.pool`` and ``training``, which import no Rasa.
"""
