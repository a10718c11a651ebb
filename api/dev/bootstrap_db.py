"""Bring the database up to date and, when asked, fill an empty shop with the demo.

Run as `python -m api.dev.bootstrap_db [demo]`; one process for both, because a second
one would cost a second more.
"""

import sys

from flask_migrate import upgrade

from api.dev import demo_data
from wsgi import app

if __name__ == "__main__":
    with app.app_context():
        upgrade(directory="migrations")
    if "demo" in sys.argv[1:]:
        demo_data.fill(app)
