"""The wire: what server and phone say to each other, in one place so that they cannot drift apart."""
