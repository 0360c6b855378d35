"""What differs between a phone, a desktop and a test: each behind one small protocol, chosen at start."""
