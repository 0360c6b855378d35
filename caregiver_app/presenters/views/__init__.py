"""The pictures that screens draw: frozen, complete, already in the user's language.

Texts for people are ready to show; codes beside them (`state`, `kind`, `value`) are for choosing icons and
colours, never for showing. No view holds a widget, a row or a wire object. A module for each presenter, so that the
start of the app reads only those that the list needs.
"""
