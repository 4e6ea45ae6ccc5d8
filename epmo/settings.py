"""Settings of ePMO, in titled sections; every variable is read here through `epmo.env` and stands in `.env.example`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from epmo import env, process
from epmo.embedded import running_urls
from epmo.secrets import demo_secret_key, refuse_unsafe

# --- Mode and paths -------------------------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
MODE = env.choice("EPMO_MODE", ("demo", "production", "test"), "demo")
PRODUCTION = MODE == "production"
VAR = Path(env.text("EPMO_VAR", str(BASE_DIR / "var"))).expanduser().resolve()
PROCESS = process.kind()

DEBUG = env.flag("EPMO_DEBUG", False)
SECRET_KEY = env.secret("EPMO_SECRET_KEY") if PRODUCTION else env.secret("EPMO_SECRET_KEY", demo_secret_key(VAR, MODE))
SECRET_KEY_FALLBACKS = [key for key in [env.secret("EPMO_SECRET_KEY_OLD", "")] if key]
ALLOWED_HOSTS = env.words("EPMO_HOSTS", () if PRODUCTION else ("localhost", "127.0.0.1", "[::1]", "testserver"))

# --- What ePMO computes with ----------------------------------------------------------------------------------------
EPMO_BASE_CURRENCY = env.currency("EPMO_BASE_CURRENCY", "EUR")
EPMO_TIME_ZONE = env.zone("EPMO_TIME_ZONE", "UTC")
EPMO_AS_OF = env.day("EPMO_AS_OF")
EPMO_CLOSE_DAYS = env.integer("EPMO_CLOSE_DAYS", 20, maximum=366)
EPMO_DATASETS = env.folder("EPMO_DATASETS")

# --- Applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "portfolio",
    "connectors",
    "metrics",
    "dashboards",
    "api",
    "epmo",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_filters",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "epmo.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "epmo.middleware.PrivateByDefault",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "epmo.middleware.SessionLimits",
    "epmo.middleware.OwnLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
    "epmo.middleware.OneMoment",
]

ROOT_URLCONF = "epmo.urls"
WSGI_APPLICATION = "epmo.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------------------------------
# Unset outside production: the embedded servers of this checkout, when `services start` or `make demo` runs them.
_servers = {} if PRODUCTION else running_urls(VAR)
_no_server = f"postgresql://epmo@/epmo?host={VAR / 'no-database-running'}"
_database = env.database("DATABASE_URL", None if PRODUCTION else _servers.get("DATABASE_URL", _no_server))
_database["OPTIONS"] = {
    "connect_timeout": 5,
    "application_name": f"epmo-{PROCESS}",
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    **_database["OPTIONS"],
}
if PROCESS == process.WEB:
    # Pages must answer; imports and runs take what they need.
    _database["OPTIONS"].setdefault(
        "options", "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000"
    )
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": env.integer("EPMO_DATABASE_KEEP_SECONDS", 60 if PROCESS == process.WEB else 0),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.flag("EPMO_DATABASE_POOLED", False),
    }
}

# --- Redis: broker and cache ----------------------------------------------------------------------------------------
REDIS_URL = env.redis(
    "REDIS_URL", None if PRODUCTION else _servers.get("REDIS_URL", f"unix://{VAR / 'no-broker-running'}")
)
CACHE_URL = env.redis("CACHE_URL", env.cache_of(REDIS_URL))
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "epmo",
        "TIMEOUT": 300,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2, "health_check_interval": 30},
    }
}

# --- Celery ---------------------------------------------------------------------------------------------------------
# PostgreSQL holds the truth about runs; a message is a hint and may be lost or arrive twice.
CELERY_BROKER_URL = env.broker_of(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 3600,
    # Without these two, a killed worker's messages come back up to 100 seconds later than they must.
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 5,
    "socket_timeout": 30,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "retry_on_timeout": True,
    "queue_order_strategy": "priority",
    "global_keyprefix": env.text("EPMO_QUEUE_PREFIX", ""),
}
if PROCESS != process.WORKER:
    # Who only sends does not wait for a broker that is away: the sweeper finds what was not sent.
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "socket_connect_timeout": 2,
        "socket_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
        "connect_retries_timeout": 1,
    }
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
CELERY_WORKER_POOL = "prefork"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.integer("EPMO_WORKER_MEMORY_MB", 1500, minimum=200) * 1000
# A chunk goes on when the broker is lost: its message comes again, finds the work claimed, and does nothing.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# A quarter of the visibility timeout: no message is handed out again while it is worked on.
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {"metrics.compute_*": {"queue": "compute"}}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")

# --- Log-in and sessions --------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "epmo.backends.WithPreferences",
    "epmo.backends.AllauthWithPreferences",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_ADAPTER = "epmo.accounts.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "epmo.accounts.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_FORMS = {"login": "epmo.login_form.LoginForm"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
# Wrong passwords by address and by user; an office behind one address logs in at nine.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/ip,5/5m/key", "login": "60/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# An identity provider (OpenID Connect). Accounts are made by an administrator; they are matched by verified e-mail.
OIDC_ISSUER = env.text("EPMO_OIDC_ISSUER", "")
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("EPMO_OIDC_NAME", "Single sign-on"),
                "client_id": env.text("EPMO_OIDC_CLIENT_ID"),
                "secret": env.secret("EPMO_OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ],
    }

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE_SECONDS = int(timedelta(hours=3).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True

# --- Transport and headers ------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^-/metrics$"]
    SECURE_HSTS_SECONDS = env.integer("EPMO_HSTS_SECONDS", 31_536_000, minimum=3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
TRUSTED_PROXY = env.flag("EPMO_TRUSTED_PROXY", False)
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUSTED_PROXY else 0

# mailto: or https: address of whom to tell about a hole.
SECURITY_CONTACT = env.text("EPMO_SECURITY_CONTACT", "")

_identity_providers = [env.origin("EPMO_OIDC_ISSUER", OIDC_ISSUER)] if OIDC_ISSUER else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'", *_identity_providers],
    }
}

# --- Languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("sv", _("Swedish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = EPMO_TIME_ZONE

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_COLLECTED = env.flag("EPMO_STATIC_COLLECTED", PRODUCTION)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "epmo.static.StaticStorage"
        if STATIC_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_COLLECTED
WHITENOISE_AUTOREFRESH = not STATIC_COLLECTED
MEDIA_ROOT = VAR / "uploads"
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- Imports --------------------------------------------------------------------------------------------------------
# Largest delivery, also once unpacked; looked up before anything is unpacked. Other limits: connectors.readers.limits.
_import_bytes = env.integer("EPMO_IMPORT_MAX_MB", 4096, minimum=1) * 1024 * 1024
IMPORT_LIMITS = {"file_bytes": _import_bytes, "unpacked_bytes": _import_bytes}

# --- Mail -----------------------------------------------------------------------------------------------------------
# Links in mails lead here, never to the host that a request names.
_host = next(iter(ALLOWED_HOSTS), "localhost") if PRODUCTION else "localhost"
EPMO_URL = env.text("EPMO_URL", f"https://{_host}" if PRODUCTION else "http://localhost:8000").rstrip("/")
DEFAULT_FROM_EMAIL = env.text("EPMO_MAIL_FROM", f"ePMO <epmo@{_host}>")
EMAIL_TIMEOUT = 20
# Without a mail server a demo writes mails into a folder; production says in the register that it could not send.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if PRODUCTION else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR / "mail"
globals().update(env.mail("EPMO_MAIL_URL"))

# --- REST -----------------------------------------------------------------------------------------------------------
# Key of the hashes of API tokens; changing it ends every token.
TOKEN_PEPPER = env.secret("EPMO_TOKEN_PEPPER", SECRET_KEY)
# Requests a minute that one person may send, whatever the number of tokens; writes and whole exports count more.
API_RATE = env.integer("EPMO_API_RATE", 1200, minimum=1)
API_MAX_BODY_BYTES = env.integer("EPMO_API_MAX_BODY_MB", 20, minimum=1, maximum=1024) * 1024 * 1024
# What views of the API do is set in `api.view.ApiView`; these are for a view that forgets.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "ePMO",
    "DESCRIPTION": "What each project contributes to the success of customers. See /api/v1/docs/.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["api.schema.add_components"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# --- Logs and figures about the service -----------------------------------------------------------------------------
LOG_LEVEL = env.choice("EPMO_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO" if PRODUCTION else "WARNING")
LOG_FORMAT = env.choice("EPMO_LOG_FORMAT", ("json", "text"), "json" if PRODUCTION else "text")
LOGGING_CONFIG = "epmo.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}
METRICS_TOKEN = env.secret("EPMO_METRICS_TOKEN", "")
PROMETHEUS_EXPORT_MIGRATIONS = False


if PRODUCTION:
    refuse_unsafe(debug=DEBUG, secret_key=SECRET_KEY, hosts=ALLOWED_HOSTS, database=DATABASES["default"])
