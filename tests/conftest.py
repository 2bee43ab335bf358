"""What all tests share."""

import os

from hypothesis import settings

# Time limits on one example only tell how busy the machine was. In CI the same examples are
# tried every time, so that a red run is about the change; elsewhere new ones are looked for.
settings.register_profile("benchctl", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("benchctl")
