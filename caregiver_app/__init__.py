"""The caregiver's phone: works for days without a network and never loses a visit."""
