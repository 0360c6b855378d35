"""What goes around the app to make an APK of it; nothing here runs on a phone but `main.py`."""
