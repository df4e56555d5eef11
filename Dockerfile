# Spacecast in a container: the daemon alone, without Tiled and numpy, as a user without rights.
#
#   docker build -t spacecast .
#   docker run --rm --read-only --cap-drop=ALL --security-opt=no-new-privileges \
#     --user 10001:10001 --group-add 2000 \
#     -v /etc/spacecast:/etc/spacecast:ro -v spacecast:/var/lib/spacecast -v /data/datasets:/data/datasets spacecast
#
# Config, secrets and data belong to the user and groups that it runs with; docs/operators.md has the details.

FROM python:3.12-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE requirements.lock ./
COPY config config
COPY systemd systemd
COPY daemon daemon
# The tested versions: the lock without its hashes, which pip does not take beside a folder.
RUN sed -e '/--hash=/d' -e 's/ *\\$//' requirements.lock > /tmp/constraints.txt \
    && python -m venv /opt/spacecast \
    && /opt/spacecast/bin/pip install --no-cache-dir --constraint /tmp/constraints.txt ".[postgresql]" \
    && /opt/spacecast/bin/python -m compileall -q /opt/spacecast

FROM python:3.12-slim-bookworm
RUN groupadd --gid 10001 spacecast \
    && useradd --uid 10001 --gid spacecast --home-dir /var/lib/spacecast --no-create-home --shell /usr/sbin/nologin spacecast \
    && install -d -m 0700 -o spacecast -g spacecast /var/lib/spacecast
COPY --from=build /opt/spacecast /opt/spacecast
ENV PATH=/opt/spacecast/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER spacecast
VOLUME /var/lib/spacecast
# It takes signals itself and starts no processes, so it may be the first process.
ENTRYPOINT ["spacecast"]
CMD ["run"]
STOPSIGNAL SIGTERM
# The ledger can be read; whether the daemon gets on is told by its own health endpoint, where one is configured.
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s CMD ["spacecast", "status", "--json"]
