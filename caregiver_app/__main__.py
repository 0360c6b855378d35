"""`python -m caregiver_app`."""

from caregiver_app.main import main

raise SystemExit(main())
