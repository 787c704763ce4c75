# The same stand-in for rust:alpine, which compiles for arm64 on amd64.
ARG RUST_IMAGE
FROM ${RUST_IMAGE}
RUN dpkg --add-architecture arm64 \
 && apt-get update \
 && apt-get install --yes --no-install-recommends gcc-aarch64-linux-gnu libc6-dev-arm64-cross musl-dev:arm64/trixie \
 && rm -rf /var/lib/apt/lists/*
COPY musl-library /usr/local/bin/
RUN musl-library aarch64 aarch64-linux-gnu-gcc
ENV CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=aarch64-linux-gnu-gcc \
    CC_aarch64_unknown_linux_musl=aarch64-linux-gnu-gcc \
    CFLAGS_aarch64_unknown_linux_musl="-specs=/usr/lib/aarch64-linux-musl/musl-gcc.specs"
