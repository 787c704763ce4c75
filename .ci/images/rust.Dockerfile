# Stands in for rust:alpine where no registry answers: Debian's Rust, and a musl standard library built from its source.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends cargo-web gcc libc6-dev musl-tools rust-web-src rustc-web \
 && rm -rf /var/lib/apt/lists/*
COPY musl-library /usr/local/bin/
RUN musl-library "$(uname -m)" gcc
# For the C in ring. (Rust itself links with gcc and what musl-library laid out.)
ENV CC_x86_64_unknown_linux_musl=musl-gcc CC_aarch64_unknown_linux_musl=musl-gcc
