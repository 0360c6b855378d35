"""The rules of DOMAIN: plain functions of plain data. Time is passed in; nothing here reads a clock or a file."""
