"""How the phone talks to the server: pure steps over a store, an HTTP client, a clock and a source of chance.

The engine knows nothing of threads or sleeping, so that the app's thread, the fleet and a simulator with a
virtual clock all drive the same code.
"""
