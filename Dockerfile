# One image for web, worker and beat; docker-compose.yml shows how they run together.
FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY requirements/uv.txt requirements/base.txt requirements/
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
    && .venv/bin/uv pip sync --no-cache --require-hashes --python .venv/bin/python requirements/base.txt

FROM python:3.13-slim-bookworm
# libpango draws PDFs; postgresql-client brings pg_dump for backup and restore.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/epmo --create-home epmo
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 EPMO_VAR=/var/lib/epmo EPMO_STATIC_COLLECTED=true
# Test mode for this line only: gathering files needs no secret and no server.
RUN EPMO_MODE=test python manage.py collectstatic --noinput -v0 && chown -R epmo /var/lib/epmo
USER epmo
ENV EPMO_MODE=production
EXPOSE 8000
CMD ["python", "-m", "granian", "--interface", "wsgi", "epmo.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "16", "--no-access-log", "--log-level", "warning"]
