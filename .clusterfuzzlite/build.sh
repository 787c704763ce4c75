#!/usr/bin/env bash
# Builds the fuzz targets into $OUT, each with its seeds and its dictionary. ClusterFuzzLite sets the variables.
set -euo pipefail
cd "$SRC/yunxiao-run"

cargo fuzz build --release
for file in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$file" .rs)
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT"
  cp "fuzz/dictionaries/$target.dict" "$OUT"
  zip --quiet --junk-paths "$OUT/${target}_seed_corpus.zip" "fuzz/seeds/$target"/*
done
