"""The app's version, told to the server at enrolment and with every request."""

VERSION = "0.1.0"
