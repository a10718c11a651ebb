# The API and the worker: one image, two commands.
#   docker build -t stockroom .
#   api (default):  gunicorn on $PORT     worker:  docker run ... stockroom python -m api.worker

FROM python:3.11-slim AS build
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin stockroom \
    && install -d -o stockroom -g stockroom /var/lib/stockroom
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/stockroom
COPY wsgi.py gunicorn.conf.py ./
COPY migrations migrations
COPY api api
RUN python -m compileall -q api migrations wsgi.py

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STOCKROOM_ENV=production \
    MEDIA_ROOT=/var/lib/stockroom/media \
    PORT=8000
USER stockroom
EXPOSE 8000
STOPSIGNAL SIGTERM

# Ready means: the database answers and stands at the migration that this image expects.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/ready\", timeout=4)"]

CMD ["sh", "-c", "exec gunicorn --config gunicorn.conf.py --bind 0.0.0.0:$PORT wsgi:app"]
