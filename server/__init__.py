"""The server: the mini-program and phone API, the console, the scheduler."""
