#!/usr/bin/env bash
# Writes the three locks from the *.in files: exact versions, sha256 of every file. Run by `make lock`; needs the network.
# torch and the GPU packages it pulls are left out: `make setup` installs torch by name, so that each machine takes its own build.
set -euo pipefail
cd "$(dirname "$0")"
UV=${UV:-uv}
compile() {
  local name=$1 python=$2
  shift 2
  "$UV" pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate --no-header \
    --python-version "$python" "$name.in" -o "$name.txt" "$@"
  echo "  $name.txt: $(grep -c -- '==' "$name.txt") packages"
}
gpu=()
for package in torch triton cuda-bindings cuda-pathfinder cuda-toolkit \
  nvidia-{cublas,cuda-cccl,cuda-cupti,cuda-nvrtc,cuda-runtime,cudnn-cu13,cufft,cufile,curand,cusolver,cusparse,cusparselt-cu13,nccl-cu13,nvjitlink,nvshmem-cu13,nvtx}; do
  gpu+=(--no-emit-package "$package")
done
compile app 3.11 --universal "${gpu[@]}"
compile dev 3.11 --universal "${gpu[@]}"
compile rasa 3.10
