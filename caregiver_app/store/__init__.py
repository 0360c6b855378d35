"""What the phone keeps: one SQLite file and a folder of photos, with one writer.

Everything a visitor did lies here before anything is sent, and no error takes it away again.
"""

from caregiver_app.store.store import Store, open_store

__all__ = ["Store", "open_store"]
