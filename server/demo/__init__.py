"""A district to try everything in: Weidu's real divisions, invented people, two months of visits.

Nobody in it exists: ID numbers carry sequence numbers from 9xx, phone numbers begin with 199 0000.
"""
