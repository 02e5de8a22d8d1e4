# Rasa with its trained model. Build from the project's folder:
#   docker build -f deploy/rasa.Dockerfile -t dalil-rasa .
# NOT BUILT BY ITS AUTHOR: no Docker engine ran on his machine. Checked against requirements/ and the Makefile by reading.
# A new model is a new image: a model is never loaded into a running Rasa.
FROM python:3.10-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore PYTHONPATH=/app HOME=/tmp MPLCONFIGDIR=/tmp \
    RASA_TELEMETRY_ENABLED=false SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1
WORKDIR /app

COPY requirements/rasa.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements/rasa.txt

# Only what Rasa's environment may import: bot/nlu, knowledge/classifier and knowledge/language.
COPY bot/__init__.py bot/__init__.py
COPY bot/nlu bot/nlu
COPY knowledge/__init__.py knowledge/__init__.py
COPY knowledge/classifier knowledge/classifier
COPY knowledge/language knowledge/language
COPY config.yml domain.yml endpoints.yml credentials.yml ./
COPY nlu_data nlu_data

# The same command as `make train`; the two addresses are not used while training.
RUN DALIL_ACTION_URL=http://127.0.0.1:1/ DALIL_ACTION_TOKEN=none DALIL_TRACKER_DB=/tmp/train.db \
    python -m rasa train --data nlu_data --domain domain.yml --config config.yml --out models \
      --fixed-model-name dalil --quiet \
 && rm -rf /tmp/* .rasa \
 && chmod -R a+rX /app \
 && useradd --system --no-create-home --uid 10002 rasa \
 && install -d -o rasa -g rasa -m 0700 /srv/rasa

USER rasa
ENV DALIL_TRACKER_DB=/srv/rasa/rasa.db OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
    TF_INTRA_OP_PARALLELISM_THREADS=1 TF_INTER_OP_PARALLELISM_THREADS=1 MALLOC_ARENA_MAX=2
EXPOSE 5005
# Its one secret, the action server's token, comes as a file: see compose.yaml.
CMD ["sh", "-c", "DALIL_ACTION_URL=http://worker:8001/internal/rasa/actions DALIL_ACTION_TOKEN=\"$(cat /srv/dalil/token/rasa)\" exec python -m bot.nlu.rasa_server run --enable-api -i 0.0.0.0 -p 5005 --model models/dalil.tar.gz --endpoints endpoints.yml --credentials credentials.yml"]
