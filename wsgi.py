"""The WSGI application for gunicorn, Vercel and `flask --app wsgi`."""

import os
import sys

from api.app import create_app
from api.platform.settings import Settings, SettingsError

try:
    app = create_app(Settings.from_env(os.environ))
except SettingsError as error:
    sys.exit(str(error))
