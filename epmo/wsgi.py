"""WSGI entry point: `epmo.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from epmo import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "epmo.settings")
process.declare_web()
process.lean_memory()
application = get_wsgi_application()
