# Debian's busybox for both architectures, as files: what a stand-in for the base of the image with a shell is made of.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
WORKDIR /packages
RUN dpkg --add-architecture arm64 \
 && apt-get update \
 && apt-get download busybox-static:amd64 busybox-static:arm64 \
 && rm -rf /var/lib/apt/lists/* \
 && for architecture in amd64 arm64; do dpkg -x ./*_"$architecture".deb "/$architecture"; done
