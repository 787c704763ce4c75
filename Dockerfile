# Two images from one build:
#   docker build .                  one static file on scratch: what the GitHub action runs
#   docker build --target shell .   the same file beside busybox, for hosts that need a shell in the image
#
# It builds with BuildKit and with the classic builder, on amd64 and arm64, and needs no package manager. The base
# images are arguments for whoever reaches no public registry: --build-arg RUST_IMAGE=registry.example/rust:alpine
ARG RUST_IMAGE=rust:1.98-alpine3.24
ARG BUSYBOX_IMAGE=busybox:1.38.0-musl

FROM ${RUST_IMAGE} AS build
WORKDIR /build
# For a release: AUDITABLE=true puts the list of the dependencies into the binary. TARGET is another architecture's, where the
# image can compile for it.
ARG AUDITABLE=
RUN if [ -n "$AUDITABLE" ]; then cargo install --quiet --locked --version 0.7.7 cargo-auditable; fi
ARG TARGET=
COPY Cargo.toml Cargo.lock without-unwinding.ld ./
COPY release/compile release/
COPY tests/simulator/Cargo.toml tests/simulator/
COPY benches benches
# The dependencies alone, in a layer that a change in src leaves as it is. The simulator is a member of the workspace,
# so cargo wants to see a package there, and the benchmarks that Cargo.toml names, but builds nothing of them.
RUN mkdir -p src tests/simulator/src \
 && touch src/lib.rs tests/simulator/src/lib.rs \
 && echo 'fn main() {}' > src/main.rs \
 && release/compile $TARGET
COPY src src
# Cargo goes by modification times, and those in the context may be older than the layer above.
RUN touch src/lib.rs src/main.rs \
 && release/compile $TARGET \
 && install -m 0755 target/*-unknown-linux-musl/release/yunxiao-run /yunxiao-run \
 && if [ -z "$TARGET" ]; then /yunxiao-run --help > /dev/null; fi

FROM ${BUSYBOX_IMAGE} AS shell
LABEL org.opencontainers.image.title="yunxiao-run" \
      org.opencontainers.image.description="Starts an Alibaba Cloud Yunxiao Flow pipeline from any CI system; with a shell" \
      org.opencontainers.image.source="https://github.com/yunxiao-run/yunxiao-run" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /yunxiao-run /bin/yunxiao-run
CMD ["yunxiao-run"]

# No USER: GitHub hands a container action its files as root's, and they must be writable.
FROM scratch
LABEL org.opencontainers.image.title="yunxiao-run" \
      org.opencontainers.image.description="Starts an Alibaba Cloud Yunxiao Flow pipeline from any CI system" \
      org.opencontainers.image.source="https://github.com/yunxiao-run/yunxiao-run" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /yunxiao-run /yunxiao-run
ENTRYPOINT ["/yunxiao-run"]
