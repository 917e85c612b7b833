#!/usr/bin/env bash
# What each number format costs in accuracy: the same model under several `compute`, scored on one set.
#   benches/compute.sh SET [MODEL]           SET as in `superbill eval --set`, MODEL default models/superbill-base
# Choose the fastest whose diagnosis_f1 is at most 0.002 below that of f32, write it into the manifest's `compute`, and
# put the table into eval/RESULTS.md.
set -euo pipefail
set_of="${1:?usage: benches/compute.sh SET [MODEL]}"
model="$(realpath "${2:-$(dirname "$0")/../models/superbill-base}")"
superbill="${SUPERBILL:-${CARGO_TARGET_DIR:-target}/release/superbill}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
for compute in "f32" "bf16" "int8" "int8 (8-bit inputs: output)" "int8 (8-bit inputs: projection, output)" \
  "int8 (8-bit inputs: projection, intermediate, output)" \
  "int8 (8-bit inputs: projection, attention output, intermediate, output)"; do
  rm -rf "$work/model"
  mkdir "$work/model"
  ln -s "$model"/* "$work/model/"
  rm "$work/model/manifest.json"
  cp "$model/manifest.json" "$work/model/manifest.json"
  "$superbill" models compute "$work/model" "$compute" > /dev/null
  echo "== $compute"
  "$superbill" eval --set "$set_of" --model "$work/model" |
    grep -E '^ *(diagnosis_f1|primary_accuracy|procedure_f1|em_accepted|candidate_recall|seconds_per_note) '
done
