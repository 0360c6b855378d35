"""The page behind a tag's QR code, for who has no app: any phone's browser, WeChat's among them.

Rendered on the server and usable without JavaScript; the one small script only adds the position. It sends visits of
the same shape as the app, through the same intake, so a visit made here is judged, counted and credited alike.
"""
