# The API and the worker: one image, two commands.
#   docker build -t stockroom .
#   api (default):  gunicorn on $PORT     worker:  docker run ... stockroom python -m api.worker
# BASE may be another Debian with Python 3.11 or newer, such as your own mirror's.

ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
RUN python3 -m venv /opt/venv
COPY requirements-full.lock .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes -r requirements-full.lock

FROM ${BASE}
# pg_dump for `flask backup`; it must be as new as the server, so it comes from PostgreSQL's own
# packages. An empty POSTGRES_CLIENT leaves it out, for hosts whose provider makes the backups.
ARG POSTGRES_CLIENT=16
RUN if [ -n "$POSTGRES_CLIENT" ]; then \
        apt-get update && apt-get install -y --no-install-recommends postgresql-common ca-certificates \
        && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
        && apt-get install -y --no-install-recommends "postgresql-client-$POSTGRES_CLIENT" \
        && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin stockroom \
    && install -d -o stockroom -g stockroom /var/lib/stockroom /var/backups/stockroom
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/stockroom
COPY wsgi.py gunicorn.conf.py ./
COPY migrations migrations
COPY api api
RUN /opt/venv/bin/python -m compileall -q api migrations wsgi.py

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STOCKROOM_ENV=production \
    MEDIA_ROOT=/var/lib/stockroom/media \
    BACKUP_URL=/var/backups/stockroom \
    PORT=8000
USER stockroom
EXPOSE 8000
STOPSIGNAL SIGTERM

# Ready means: the database answers and stands at a migration on which this image runs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/ready\", timeout=4)"]

CMD ["sh", "-c", "exec gunicorn --config gunicorn.conf.py --bind 0.0.0.0:$PORT wsgi:app"]
