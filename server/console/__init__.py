"""The directors' pages: rendered on the server, usable without JavaScript, Chinese first and English in full.

`pages.py` is the one way in (cookie, right, CSRF, language); `site.py` says which pages there are; each `*_pages.py`
calls the nouns' services and queries and fills a template. Nothing here decides what somebody may see: that is the
rights table's and the reach's, the same as for the API.
"""
