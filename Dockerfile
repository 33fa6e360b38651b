# The site as an image: `docker compose up --build`, or web, worker and migrate one by one.

FROM python:3.13-slim AS packages
# The site's own Python has no pip.
RUN python -m venv --without-pip /venv
COPY requirements.lock ./
RUN pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check --no-input \
    --require-hashes -r requirements.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/staticfiles
# Mails and files that the site makes lie in /data, published files for the proxy in /public,
# backups in /backups; nothing else is written.
RUN groupadd --system --gid 10001 site \
    && useradd --system --uid 10001 --gid site --home-dir /data --shell /usr/sbin/nologin site \
    && install -d -o site -g site -m 700 /data /backups \
    && install -d -o site -g site -m 755 /public
WORKDIR /app
COPY --from=packages /venv /venv
COPY LICENSE manage.py ./
COPY clicknconnect/ clicknconnect/
COPY consent/ consent/
COPY privacy/ privacy/
COPY templates/ templates/
COPY static/ static/
COPY locale/ locale/
COPY deploy/ deploy/
RUN deploy/build
USER site
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "deploy/healthcheck.py", "web"]
ENTRYPOINT ["deploy/entrypoint"]
CMD ["web"]
