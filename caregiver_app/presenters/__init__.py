"""What each screen shows and does, in plain Python.

A screen asks its presenter for a view (a frozen picture of everything it shows, in the chosen language) and
calls its methods; it never sees SQL, HTTP or the wire. So the whole app but its widgets runs headless: in the
tests, in the fleet (`scripts/phones`) and in the simulator. `interface.py` is the contract with the screens,
`views` the pictures, the other modules the working presenters, and `phone.py` puts them together.
"""
