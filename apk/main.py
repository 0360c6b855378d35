"""Where python-for-android begins: the app itself lies beside, as `scripts/apk` laid it out."""

from caregiver_app.main import main

raise SystemExit(main([]))
