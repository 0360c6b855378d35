"""Reading a clerk's spreadsheet: from a file to clean rows and explained faults, without a database."""

from server.elders.register.addresses import RegionBook
from server.elders.register.reading import Reading, Rules, read_register
from server.elders.register.rows import ContactPerson, Counts, RegisterRow, RegisterUnreadable, RowProblem

__all__ = [
    "ContactPerson",
    "Counts",
    "Reading",
    "RegionBook",
    "RegisterRow",
    "RegisterUnreadable",
    "RowProblem",
    "Rules",
    "read_register",
]
