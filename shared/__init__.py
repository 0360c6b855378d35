"""What the server and the phone must agree on: rules, months, and the wire. Standard library only."""
