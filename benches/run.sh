#!/usr/bin/env bash
# Measures the encoder against ONNX Runtime on the same weights, and the engine end to end.
#   benches/run.sh [--quick] [--out FILE]
# Writes FILE (default benches/results/<date>.json, saved after every part, so that a run cut short is not lost) and the
# table beside it. Python packages go into an environment of their own under the target folder. Building is not part of
# the time that --quick keeps to (ten minutes on an idle machine).
set -euo pipefail
here="$PWD"
cd "$(dirname "$0")/.."
out="benches/results/$(date +%F).json"
quick=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=(--quick) ;;
    --out) [ $# -gt 1 ] || { echo "--out needs a file" >&2; exit 2; }
      case "$2" in /*) out="$2" ;; *) out="$here/$2" ;; esac
      shift ;;
    *) echo "usage: benches/run.sh [--quick] [--out FILE]" >&2; exit 2 ;;
  esac
  shift
done
target="${CARGO_TARGET_DIR:-target}"
built="$(mktemp)"
trap 'rm -f "$built"' EXIT
cargo build --release --bin superbill --bench encoder --bench engine --message-format json-render-diagnostics > "$built"
executable() { # of a target of this package
  python3 -c 'import json, sys
found = [m["executable"] for m in map(json.loads, open(sys.argv[1])) if m.get("executable") and m["target"]["name"] == sys.argv[2]]
print(found[-1])' "$built" "$1"
}
worker="$(executable encoder)"
engine="$(executable engine)"
superbill="$(executable superbill)"
environment="$target/bench-python"
"$environment/bin/python" -c '' 2> /dev/null || python3 -m venv --clear "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement benches/peer/requirements.txt
"$environment/bin/python" benches/peer/compare.py --worker "$worker" --engine "$engine" --superbill "$superbill" \
  --out "$out" "${quick[@]}"
