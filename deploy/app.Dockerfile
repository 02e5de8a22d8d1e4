# The app: web, worker, migrations. Build from the project's folder:
#   docker build -f deploy/app.Dockerfile -t dalil-app .
# NOT BUILT BY ITS AUTHOR: no Docker engine ran on his machine. Checked against requirements/ and the Makefile by reading.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app
WORKDIR /app

# The lock leaves PyTorch out, and so does this image: the shipped embedding is read with numpy. For another model
# (DALIL_EMBEDDING_MODEL), add `RUN pip install torch==2.13.0` here.
COPY requirements/app.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements/app.txt

COPY bot bot
COPY actions actions
COPY connectors connectors
COPY knowledge knowledge
RUN chmod -R a+rX /app \
 && useradd --system --no-create-home --uid 10001 dalil \
 && install -d -o dalil -g dalil -m 0700 /srv/dalil/var /srv/dalil/token

USER dalil
ENV HOME=/tmp DALIL_HOST=0.0.0.0 DALIL_VAR_DIR=/srv/dalil/var
EXPOSE 8000
ENTRYPOINT ["python", "-m", "bot.cli"]
CMD ["serve"]
