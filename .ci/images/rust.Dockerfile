# Stands in for rust:alpine where no registry answers: Debian's Rust, and a musl standard library built from its source.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
# Debian 12's musl is 1.2.3. Rust brings 1.2.5, which is Debian 13's.
RUN echo 'deb http://deb.debian.org/debian trixie main' > /etc/apt/sources.list.d/trixie.list \
 && printf 'Package: *\nPin: release n=trixie\nPin-Priority: 1\n' > /etc/apt/preferences.d/trixie \
 && apt-get update \
 && apt-get install --yes --no-install-recommends cargo-web gcc libc6-dev rust-web-src rustc-web \
      musl/trixie musl-dev/trixie musl-tools/trixie \
 && rm -rf /var/lib/apt/lists/*
COPY musl-library /usr/local/bin/
RUN musl-library "$(uname -m)" gcc
# For the C in ring. (Rust itself links with gcc and what musl-library laid out.)
ENV CC_x86_64_unknown_linux_musl=musl-gcc CC_aarch64_unknown_linux_musl=musl-gcc
