"""A fleet of headless phones: the app's own store, presenters and sync, many times over, against a real server.

It shows that what visitors saved offline is on the server exactly once, whatever the line does and however
often a phone is killed. `scripts/phones` starts it.
"""
