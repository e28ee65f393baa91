"""What a site would have here: it marks every Python that starts with it."""

import sys

sys.site_was_here = True
